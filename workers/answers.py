"""Reading QuickBooks' answers: the object inside, and the link it makes; pure."""

from collections.abc import Mapping
from typing import Any

from qbo_client import OutcomeUnknown, Response
from records.claims import OpenAttempt
from records.facts import Link
from records.links import Linked
from workers.mapping import owned_fields
from workers.mapping.values import number
from workers.wanted import Kind


def object_in(response: Response, kind: str) -> dict[str, Any]:
    """Return the object an answer carries.

    Raises:
        OutcomeUnknown: the answer does not hold it.
    """
    found = response.body.get(kind)
    if not isinstance(found, dict):
        raise OutcomeUnknown(status=response.status, intuit_tid=response.intuit_tid)
    return found


def objects_in(response: Response, kind: str) -> list[dict[str, Any]]:
    """Return the objects a query found; none is an empty reply."""
    reply = response.body.get("QueryResponse")
    found = reply.get(kind, []) if isinstance(reply, dict) else []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def linked_by(attempt: OpenAttempt, found: Mapping[str, Any], before: Link | None) -> Linked:
    """Compose the link after `attempt` was applied and QuickBooks returned `found`."""
    if attempt.operation == "void":
        owned = before.owned if before else {}
        return linked(attempt.kind, found, owned, voided=True, part=attempt.part)
    owned = owned_fields(attempt.kind, found, attempt.wanted)
    return linked(attempt.kind, found, owned, part=attempt.part)


def linked(  # by name
    kind: str,
    found: Mapping[str, Any],
    owned: dict[str, Any],
    *,
    adopted: bool = False,
    voided: bool = False,
    part: str = "",
) -> Linked:
    """Compose the link to an object QuickBooks returned."""
    return Linked(
        kind=_KINDS[kind],
        qbo_id=str(found["Id"]),
        sync_token=str(found.get("SyncToken", "0")),
        owned=owned,
        customer_id=(found.get("CustomerRef") or {}).get("value"),
        total=number(found.get("TotalAmt")),
        adopted=adopted,
        voided=voided,
        part=part,
    )


_KINDS: dict[str, Kind] = {"Customer": "Customer", "Invoice": "Invoice", "Payment": "Payment"}
