"""Repeats: a create that QuickBooks would carry out twice is not sent again blindly.

Only where a requestid is not known to be replayed: a payment, or an invoice without a number, of
which no answer came, is looked for before it is sent again. So goes on what a worker left that was
killed in the middle of such a call. A refusal is an answer, and so is a full limit.
"""

from collections.abc import Iterator
from http import HTTPStatus

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Call
from chaos.checker.writes import Understood, Write


def blind_repeats(seen: Understood) -> Iterator[Breach]:
    """Say what was sent again although nobody had looked."""
    if seen.facts.proved:
        return
    queries: dict[str, list[int]] = {}
    for call in seen.realm.calls:
        if call.operation == "query":
            queries.setdefault(call.entity, []).append(call.seq)
    unanswered: dict[str | None, Write] = {}
    for write in seen.asked:
        if not _could_be_made_twice(write.call):
            continue
        before = unanswered.pop(write.call.requestid, None)
        if before is not None and not any(
            before.call.seq < seq < write.call.seq for seq in queries.get(write.call.entity, [])
        ):
            yield seen.breach(
                Kind.DUPLICATES, f"{write.name} repeats {before.name}, and nobody had looked for it"
            )
        if _is_open(write.call):
            unanswered[write.call.requestid] = write


def _could_be_made_twice(call: Call) -> bool:
    numbered = call.entity == "Invoice" and "DocNumber" in call.body
    return call.operation == "create" and call.entity != "Customer" and not numbered


def _is_open(call: Call) -> bool:
    return call.status is None or call.status >= HTTPStatus.INTERNAL_SERVER_ERROR
