"""Repeats: a create that QuickBooks would carry out twice is not sent again blindly.

Only where a requestid is not known to be replayed: a payment, or an invoice without a number, of
which a send may have been done, is looked for before it is sent again. So goes on what a worker
left that was killed in the middle of such a call. The look is for this very write, it is answered,
and it tells the truth: by then QuickBooks has an answer to every send. A refusal is an answer, and
so is a full limit.
"""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Call
from chaos.checker.writes import Understood, Write

LOOKED_FOR_AFTER: Final = timedelta(seconds=130)
"""From when a send leaves: QuickBooks answers or gives up within 120 s."""
ARRIVES_WITHIN: Final = timedelta(seconds=8)
"""Of the moment that it is said to leave: whoever is frozen just before its first byte, for seven
seconds at most, sends it when it wakes; and a second on the way."""


def blind_repeats(seen: Understood) -> Iterator[Breach]:
    """Say what was sent again although nobody could know that it is not there."""
    if seen.facts.proved:
        return
    looks: dict[str | None, list[Call]] = {}
    for call in seen.realm.calls:
        if call.operation == "query" and call.status == HTTPStatus.OK:
            looks.setdefault(call.query, []).append(call)
    left_open: dict[str | None, Write] = {}
    for write in seen.asked:
        if not _could_be_made_twice(write.call):
            continue
        before = left_open.get(write.call.requestid)
        if before is not None and not any(
            _tells_the_truth(look, before.call, write.call)
            for look in looks.get(_question(write.call), [])
        ):
            yield seen.breach(
                Kind.DUPLICATES, f"{write.name} repeats {before.name}, and nobody had looked for it"
            )
        if _may_be_done(write.call):
            left_open[write.call.requestid] = write


def _could_be_made_twice(call: Call) -> bool:
    numbered = call.entity == "Invoice" and "DocNumber" in call.body
    return call.operation == "create" and call.entity != "Customer" and not numbered


def _may_be_done(call: Call) -> bool:
    """Any answer but a refusal leaves it open; a success may never have reached its client."""
    if call.status is None or call.status == HTTPStatus.REQUEST_TIMEOUT:
        return True
    refused = HTTPStatus.BAD_REQUEST <= call.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return not refused


def _question(create: Call) -> str:
    """Ask for all of its kind of the same customer and day: what it made is among them."""
    customer = (create.body.get("CustomerRef") or {}).get("value")
    return (
        f"SELECT * FROM {create.entity} WHERE CustomerRef = '{customer}'"
        f" AND TxnDate = '{create.body.get('TxnDate')}' STARTPOSITION 1 MAXRESULTS 1000"
    )


def _tells_the_truth(look: Call, sent: Call, again: Call) -> bool:
    is_late = look.received_at >= sent.received_at + LOOKED_FOR_AFTER - ARRIVES_WITHIN
    return is_late and look.ended_at is not None and look.ended_at <= again.received_at
