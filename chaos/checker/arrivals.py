"""Arrivals: once all has settled, each object shows the newest revision of what it stands for.

By the log alone, whatever the comparer compares. A running balance shows one of several records, so
there the comparer has the word; so it has of what is void.
"""

from collections.abc import Iterator

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Revision
from chaos.checker.writes import Thing, Understood


def arrivals(seen: Understood) -> Iterator[Breach]:
    """Say which objects stayed behind."""
    newest = _newest(seen)
    for thing, shown in _shown(seen).items():
        wanted = newest.get(shown.record, shown)
        if wanted.gone or seen.subject_of(shown.record) != shown.record:
            continue
        if shown.number != wanted.number:
            yield seen.breach(
                Kind.LOST,
                f"{' '.join(thing)} shows revision {shown.number} of {' '.join(shown.record)},"
                f" of which {wanted.number} is the newest",
            )


def _newest(seen: Understood) -> dict[tuple[str, str], Revision]:
    newest: dict[tuple[str, str], Revision] = {}
    for revision in seen.facts.revisions.values():
        if revision.company_id == seen.realm.company_id:
            known = newest.setdefault(revision.record, revision)
            if revision.number > known.number:
                newest[revision.record] = revision
    return newest


def _shown(seen: Understood) -> dict[Thing, Revision]:
    return {
        write.thing: write.revision
        for write in seen.writes
        if write.thing is not None and write.revision is not None
    }
