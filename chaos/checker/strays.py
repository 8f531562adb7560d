"""Strays: writes that do not belong where they are.

Of what was never committed, of another company, of another record than the object was made for, or
a void of what is not void in ProLine.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import Subject, Thing, Understood, Write

ENTITIES: Final = {
    "Customer": frozenset({"contact", "project"}),
    "Invoice": frozenset({"invoice"}),
    "Payment": frozenset({"payment"}),
}


def strays(seen: Understood) -> Iterator[Breach]:
    """Say which writes do not belong."""
    for write in seen.asked:
        if sentence := _does_not_belong(seen, write):
            yield seen.breach(Kind.STRAYS, f"{write.name} {sentence}")
    made_for: dict[Thing, Subject] = {}
    void_since = _void_since(seen)
    for write in seen.writes:
        subject = seen.subject(write)
        if write.thing is not None and subject is not None:
            its = made_for.setdefault(write.thing, subject)
            if its != subject:
                yield seen.breach(Kind.STRAYS, f"{write.name} writes {subject} over {its}")
        its_own = None if write.thing is None else made_for.get(write.thing)
        since = None if its_own is None else void_since.get(its_own)
        is_void = since is not None and since <= write.call.received_at
        if write.call.operation == "void" and not is_void:
            yield seen.breach(Kind.STRAYS, f"{write.name} voids what is not void in ProLine")


def _does_not_belong(seen: Understood, write: Write) -> str | None:
    if write.number is None:
        return "carries no revision" if write.call.operation == "create" else None
    revision = write.revision
    if revision is None:
        return "carries what was never committed"
    if revision.company_id != seen.realm.company_id:
        return f"carries a change of {revision.company_id}"
    if revision.entity not in ENTITIES[write.call.entity]:
        return f"carries a change of a {revision.entity}"
    return None


def _void_since(seen: Understood) -> dict[Subject, datetime]:
    """When a void of each was committed first; a running balance has several members."""
    since: dict[Subject, datetime] = {}
    for revision in seen.facts.revisions.values():
        if revision.gone and revision.company_id == seen.realm.company_id:
            subject = seen.subject_of(revision.record)
            since[subject] = min(since.get(subject, revision.committed_at), revision.committed_at)
    return since
