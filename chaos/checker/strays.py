"""Strays: writes that do not belong where they are.

Of what was never committed, of another company, of another record than the object was made for, of
another project's job site, or a void of what is not void in ProLine.
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
    yield from _at_another_site(seen)
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


def _at_another_site(seen: Understood) -> Iterator[Breach]:
    """An invoice says where the job of its own project is, as it was committed at some time.

    Not as it is now: a project that is changed has no invoice written anew.
    """
    project_of = {each.id: each.project_id for each in seen.realm.ledger.invoices}
    for write in seen.asked:
        if write.site_number is None:
            continue
        own = None if write.revision is None else project_of.get(write.revision.record_id)
        site = write.site
        if site is None or (site.company_id, site.entity) != (seen.realm.company_id, "project"):
            yield seen.breach(
                Kind.STRAYS,
                f"{write.name} carries job site {write.site_number}, of no project of the company",
            )
        elif own is not None and own != site.record_id:
            yield seen.breach(
                Kind.STRAYS, f"{write.name} of {own} carries the job site of {site.record_id}"
            )


def _void_since(seen: Understood) -> dict[Subject, datetime]:
    """When a void of each was committed first; a running balance has several members."""
    since: dict[Subject, datetime] = {}
    for record, at in seen.void_since().items():
        subject = seen.subject_of(record)
        since[subject] = min(since.get(subject, at), at)
    return since
