"""Activity: a company's records, newest first, by page; chosen by standing, kind and text.

The order is (since, pk), and each page goes on behind the last record of the one before, so a page
costs the same wherever it is. Any input is safe: what cannot be is an empty page, never an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from coordination.database import Connection, Pool
from records.cursors import Cursor
from records.searching import FOUND, Search, read_search
from records.shown import Shown, show
from records.standings import ENTITIES, Standing

PAGE_MOST = 250
EVERY_MOST = 50_000


@dataclass(frozen=True)
class Page:
    """Some records, and where the list goes on; `after` is None at its end.

    `more_match` says that more matched a search than were looked at.
    """

    rows: tuple[Shown, ...] = ()
    after: Cursor | None = None
    more_match: bool = False


NEWEST = """
SELECT n.pk, n.since
FROM unnest(%(entities)s::text[]) AS e (entity)
CROSS JOIN unnest(%(standings)s::text[]) AS s (standing)
CROSS JOIN LATERAL (
    SELECT r.pk, r.since FROM proline_qbo.records r
    WHERE r.company_id = %(company_id)s AND r.entity = e.entity AND r.standing = s.standing
      AND (r.since, r.pk) < (%(since)s::timestamptz, %(pk)s)
    ORDER BY r.since DESC, r.pk DESC LIMIT %(most)s
) n
ORDER BY n.since DESC, n.pk DESC LIMIT %(most)s
"""
# OFFSET 0 on purpose: the records are looked up one by one, however many a plan expects to match;
# joined, those of the whole company would be read for one.
MATCHING = f"""
WITH {FOUND}
SELECT m.pk, m.since, l.more
FROM (SELECT count(*) > %(looked_at)s AS more FROM named) l
LEFT JOIN LATERAL (
    SELECT r.pk, r.since FROM found CROSS JOIN LATERAL (
        SELECT pk, since, company_id, entity, standing FROM proline_qbo.records
        WHERE pk = found.pk OFFSET 0
    ) r
    WHERE r.company_id = %(company_id)s AND r.entity = ANY(%(entities)s)
      AND r.standing = ANY(%(standings)s) AND (r.since, r.pk) < (%(since)s::timestamptz, %(pk)s)
    ORDER BY r.since DESC, r.pk DESC LIMIT %(most)s
) m ON true
ORDER BY m.since DESC, m.pk DESC
"""
_FROM_THE_NEWEST = {"since": "infinity", "pk": 0}


def list_activity(  # each is one control of the page
    connection: Connection,
    company_id: str,
    *,
    standing: Standing | None = None,
    entity: str | None = None,
    text: str | None = None,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """List a company's records, newest first.

    Args:
        connection: any transaction.
        company_id: whose records.
        standing: only those that stand so.
        entity: only contacts, projects, invoices or payments; any other word gives an empty page.
        text: what was typed to search by; see `records.searching`.
        after: the last record of the page before.
        limit: how many, at most `PAGE_MOST`.
    """
    entities = ENTITIES if entity is None else [each for each in ENTITIES if each == entity]
    search = None
    if text is not None and text.strip():
        search = read_search(company_id, text, entities)
        if search is None:
            return Page()
        entities = list(search.entities)
    most = max(1, min(limit, PAGE_MOST))
    arguments = {
        "company_id": company_id,
        "entities": entities,
        "standings": [standing] if standing else list(Standing),
        "most": most + 1,
        **({"since": after.since, "pk": after.pk} if after else _FROM_THE_NEWEST),
    }
    found, more_match = _find(connection, arguments, search)
    rows = show(connection, company_id, [pk for pk, _ in found[:most]])
    goes_on = Cursor(found[most - 1][1], found[most - 1][0]) if len(found) > most else None
    return Page(tuple(rows), goes_on, more_match)


def _find(
    connection: Connection, arguments: dict[str, object], search: Search | None
) -> tuple[list[tuple[int, datetime]], bool]:
    if search is None:
        return connection.execute(NEWEST, arguments).fetchall(), False
    rows = connection.execute(MATCHING, {**arguments, **search.arguments()}).fetchall()
    return [(pk, since) for pk, since, _ in rows if pk is not None], bool(rows[0][2])


def every(
    pool: Pool,
    company_id: str,
    *,
    standing: Standing | None = None,
    entity: str | None = None,
    text: str | None = None,
    most: int = EVERY_MOST,
) -> Iterator[Shown]:
    """Give every record of a list, for a file; at most `most`, in pages of `PAGE_MOST`.

    Each page is a transaction of its own: whoever reads the file may be slow. What moves meanwhile
    comes to stand in front, and is then in the file once, as it stood, or not at all.
    """
    given, after = 0, None
    while given < most:
        with pool.connection() as connection:
            page = list_activity(
                connection,
                company_id,
                standing=standing,
                entity=entity,
                text=text,
                after=after,
                limit=min(PAGE_MOST, most - given),
            )
        yield from page.rows
        given += len(page.rows)
        after = page.after
        if after is None:
            return
