"""Reading QuickBooks' answers: the object inside, and the link it makes; pure.

An answer that does not hold what was asked for, in the types it must have, says nothing: a write
may have been done, and "not found" may be wrong. Both are an unknown outcome.
"""

from collections.abc import Mapping
from typing import Any

from qbo_client import OutcomeUnknown, Response
from records.claims import OpenAttempt
from records.facts import Link
from records.links import Linked
from workers.answer_shapes import is_sound
from workers.mapping import owned_fields
from workers.mapping.values import number
from workers.wanted import Kind


def object_in(response: Response, kind: str) -> dict[str, Any]:
    """Return the object an answer carries.

    Args:
        response: a success.
        kind: Customer, Invoice or Payment.

    Raises:
        OutcomeUnknown: the answer does not hold it, or a field of it has the wrong type.
    """
    found = response.body.get(kind)
    if not isinstance(found, dict) or not is_sound(kind, found):
        raise _unreadable(response, kind)
    return found


def objects_in(response: Response, kind: str) -> list[dict[str, Any]]:
    """Return the objects a query found; none is an empty reply.

    Args:
        response: a success.
        kind: Customer, Invoice or Payment.

    Raises:
        OutcomeUnknown: the answer is no reply to a query, or an object has the wrong shape; it
            might be the very one that is looked for.
    """
    reply = response.body.get("QueryResponse")
    found = reply.get(kind, []) if isinstance(reply, dict) else None
    if not isinstance(found, list) or not all(is_sound(kind, each) for each in found):
        raise _unreadable(response, kind)
    return found


def _unreadable(response: Response, kind: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        entity=kind.lower(),
        status=response.status,
        intuit_tid=response.intuit_tid,
        detail="The answer does not have the shape of what was asked for.",
    )


def linked_by(attempt: OpenAttempt, found: Mapping[str, Any], before: Link | None) -> Linked:
    """Compose the link after `attempt` was applied and QuickBooks returned `found`."""
    if attempt.operation == "void":
        owned = before.owned if before else {}
        return linked(attempt.kind, found, owned, voided=True, part=attempt.part)
    owned = owned_fields(attempt.kind, found, attempt.wanted)
    kept = before.kept if before else None
    return linked(attempt.kind, found, owned, part=attempt.part, kept=kept)


def linked(  # by name
    kind: str,
    found: Mapping[str, Any],
    owned: dict[str, Any],
    *,
    adopted: bool = False,
    voided: bool = False,
    part: str = "",
    kept: dict[str, Any] | None = None,
) -> Linked:
    """Compose the link to an object QuickBooks returned, as `object_in` or `objects_in` gave it."""
    return Linked(
        kind=_KINDS[kind],
        qbo_id=found["Id"],
        sync_token=found["SyncToken"],
        owned=owned,
        customer_id=(found.get("CustomerRef") or {}).get("value"),
        total=number(found.get("TotalAmt")),
        adopted=adopted,
        voided=voided,
        part=part,
        doc_number=found.get("DocNumber"),
        currency=(found.get("CurrencyRef") or {}).get("value"),
        kept=kept or {},
        tax=number((found.get("TxnTaxDetail") or {}).get("TotalTax")),
    )


_KINDS: dict[str, Kind] = {"Customer": "Customer", "Invoice": "Invoice", "Payment": "Payment"}
