"""Order: what is written was committed before, each object only goes forwards, parents come first.

And removal flows up: an invoice is voided only once nothing living pays it.
"""

from collections.abc import Iterator, Mapping

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import NEVER, Thing, Understood, Write

_PARENTS = ("CustomerRef", "ParentRef")


def inversions(seen: Understood) -> Iterator[Breach]:
    """Say what was out of order in one company's books."""
    yield from _before_its_commit(seen)
    yield from _backwards(seen)
    yield from _back_to_an_older_member(seen)
    yield from _before_its_parent(seen)
    yield from _voided_while_paid(seen)


def _before_its_commit(seen: Understood) -> Iterator[Breach]:
    for write in seen.asked:
        for revision in write.carried:
            if write.call.received_at < revision.committed_at:
                early = revision.committed_at - write.call.received_at
                yield seen.breach(
                    Kind.INVERSIONS,
                    f"{write.name} arrived {early.total_seconds():.3f} s before the commit of"
                    f" revision {revision.number}",
                )


def _backwards(seen: Understood) -> Iterator[Breach]:
    """Compare each write with the one before it of the same record in the same object.

    A running-balance invoice shows several records, one after the other: each goes forwards. So
    does the project whose job site an invoice shows.
    """
    last: dict[tuple[Thing, tuple[str, str]], tuple[int, Write]] = {}
    for write in seen.writes:
        for revision in write.carried:
            if write.thing is None:
                continue
            place = write.thing, revision.record
            number, earlier = last.get(place, (revision.number, write))
            last[place] = revision.number, write
            if revision.number < number:
                yield seen.breach(
                    Kind.INVERSIONS,
                    f"{write.name} carries {revision.number} after {number} of {earlier.name}",
                )


def _back_to_an_older_member(seen: Understood) -> Iterator[Breach]:
    """A running balance goes back from a member only once that one is void.

    It shows the newest that lives, by the time of sending and the id, and in this load a member is
    neither deleted nor moved to another project. One that was shown before was known: as long as it
    lives, nothing older is newest.
    """
    turns = {
        ("invoice", each.id): (each.sent_at, each.id)
        for each in seen.realm.ledger.invoices
        if each.id in seen.running and each.sent_at is not None
    }
    void_since = seen.void_since()
    shown: dict[Thing, set[tuple[str, str]]] = {}
    for write in seen.writes:
        member = None if write.revision is None else write.revision.record
        if write.thing is None or member not in turns:
            continue
        before = shown.setdefault(write.thing, set())
        newer = [
            " ".join(each)
            for each in sorted(before, key=turns.__getitem__)
            if turns[each] > turns[member] and void_since.get(each, NEVER) > write.call.received_at
        ]
        if newer:
            yield seen.breach(
                Kind.INVERSIONS,
                f"{write.name} goes back to {' '.join(member)} while {', '.join(newer)} lives",
            )
        before.add(member)


def _before_its_parent(seen: Understood) -> Iterator[Breach]:
    """Whatever a create refers to was made before it arrived; a payment names all it pays.

    Also of one that is refused, as QuickBooks refuses what refers to nothing.
    """
    records: dict[Thing, set[str]] = {}
    allocated: dict[str, set[str]] = {}
    for each in seen.realm.ledger.allocations:
        allocated.setdefault(each.payment_id, set()).add(each.invoice_id)
    for write, done in seen.in_turn():
        for earlier in done:
            if earlier.thing is not None:
                shows = records.setdefault(earlier.thing, set())
                if earlier.revision is not None:
                    shows.add(earlier.revision.record_id)
        if write.call.operation == "create":
            for thing in _referred(write):
                if thing not in records:
                    yield seen.breach(Kind.INVERSIONS, f"{write.name} refers to {thing} before it")
            yield from _pays_less(seen, write, allocated, records)


def _pays_less(
    seen: Understood,
    write: Write,
    allocated: Mapping[str, set[str]],
    records: Mapping[Thing, set[str]],
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
