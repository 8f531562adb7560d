"""Order: what is written was committed before, each object only goes forwards, parents come first.

And removal flows up: an invoice is voided only once nothing living pays it.
"""

from collections.abc import Iterator
from itertools import pairwise

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import Thing, Understood, Write

_PARENTS = ("CustomerRef", "ParentRef")


def inversions(seen: Understood) -> Iterator[Breach]:
    """Say what was out of order in one company's books."""
    yield from _before_its_commit(seen)
    yield from _backwards(seen)
    yield from _before_its_parent(seen)
    yield from _voided_while_paid(seen)


def _before_its_commit(seen: Understood) -> Iterator[Breach]:
    for write in seen.asked:
        revision = write.revision
        if revision is not None and write.call.received_at < revision.committed_at:
            early = revision.committed_at - write.call.received_at
            yield seen.breach(
                Kind.INVERSIONS,
                f"{write.name} arrived {early.total_seconds():.3f} s before its commit",
            )


def _backwards(seen: Understood) -> Iterator[Breach]:
    """Compare each write with the one before it of the same record in the same object.

    A running-balance invoice shows several records, one after the other: each goes forwards.
    """
    of_record: dict[tuple[Thing, tuple[str, str]], list[Write]] = {}
    for write in seen.writes:
        if write.revision is not None and write.thing is not None:
            of_record.setdefault((write.thing, write.revision.record), []).append(write)
    for writes in of_record.values():
        for earlier, later in pairwise(writes):
            if _number(later) < _number(earlier):
                yield seen.breach(Kind.INVERSIONS, f"{later.name} came after {earlier.name}")


def _before_its_parent(seen: Understood) -> Iterator[Breach]:
    """Whatever a create refers to was made by an earlier one; a payment names all it pays."""
    made: set[Thing] = set()
    records: dict[Thing, set[str]] = {}
    allocated: dict[str, set[str]] = {}
    for each in seen.realm.ledger.allocations:
        allocated.setdefault(each.payment_id, set()).add(each.invoice_id)
    for write in seen.writes:
        if write.call.operation == "create":
            for thing in _referred(write):
                if thing not in made:
                    yield seen.breach(Kind.INVERSIONS, f"{write.name} refers to {thing} before it")
            yield from _pays_less(seen, write, allocated, records)
        if write.thing is not None:
            made.add(write.thing)
            if write.revision is not None:
                records.setdefault(write.thing, set()).add(write.revision.record_id)


def _pays_less(
    seen: Understood, write: Write, allocated: dict[str, set[str]], records: dict[Thing, set[str]]
) -> Iterator[Breach]:
    if write.call.entity != "Payment" or write.revision is None:
        return
    wanted = allocated.get(write.revision.record_id, set())
    paid = {record for thing in _paid(write) for record in records.get(thing, set())}
    if missing := wanted - paid:
        yield seen.breach(Kind.INVERSIONS, f"{write.name} leaves out {', '.join(sorted(missing))}")


def _voided_while_paid(seen: Understood) -> Iterator[Breach]:
    pays: dict[Thing, set[Thing]] = {}
    for write in seen.writes:
        if write.thing is None:
            continue
        if write.call.entity == "Payment":
            if write.call.operation == "void":
                pays[write.thing] = set()
            elif "Line" in write.call.body:  # a sparse update leaves out what stays as it is
                pays[write.thing] = set(_paid(write))
        elif write.call.entity == "Invoice" and write.call.operation == "void":
            payers = [f"payment {each[1]}" for each, of in pays.items() if write.thing in of]
            if payers:
                yield seen.breach(
                    Kind.INVERSIONS, f"{write.name} while it was paid by {', '.join(payers)}"
                )


def _referred(write: Write) -> Iterator[Thing]:
    for name in _PARENTS:
        reference = write.call.body.get(name) or {}
        if reference.get("value"):
            yield "Customer", str(reference["value"])
    yield from _paid(write)


def _paid(write: Write) -> Iterator[Thing]:
    for line in write.call.body.get("Line") or ():
        for linked in line.get("LinkedTxn") or ():
            yield str(linked["TxnType"]), str(linked["TxnId"])


def _number(write: Write) -> int:
    return write.revision.number if write.revision else 0
