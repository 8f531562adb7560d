"""What the rows say of a company whose turn it is, and of one that may want a turn.

Invariant: a company has a turn to take while a record of it is `pending`; only the relay makes one
so, or is told of it by a nudge.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.database import Connection
from records.places import PLACES_PER_COMPANY

# The longest waiting comes first. A time from which on to look is one before which nothing waits.
_WITH_WORK = """
SELECT c.id FROM unnest(%b::text[], %b::float8[]) AS k (id, since)
JOIN proline_qbo.companies c ON c.id = k.id
CROSS JOIN LATERAL (SELECT r.since FROM proline_qbo.records r
                    WHERE r.company_id = c.id AND r.state = 'pending'
                      AND r.since >= to_timestamp(k.since)
                    ORDER BY r.since LIMIT 1) p
ORDER BY p.since, c.id
"""
_PIECE = """
SELECT c.id, p.since FROM (SELECT id FROM proline_qbo.companies
                           WHERE enabled AND id > %s ORDER BY id LIMIT %s) c
LEFT JOIN LATERAL (SELECT r.since FROM proline_qbo.records r
                   WHERE r.company_id = c.id AND r.state = 'pending'
                   ORDER BY r.since LIMIT 1) p ON true
"""


def with_work(
    connection: Connection, company_ids: Sequence[str], since: Sequence[float]
) -> list[str]:
    """Say which of these companies have eligible work, the longest waiting first.

    Args:
        connection: the leading relay's transaction.
        company_ids: whom to ask for.
        since: for each the time before which it has none, in seconds of the database's clock.
    """
    rows = connection.execute(_WITH_WORK, [list(company_ids), list(since)]).fetchall()
    return [company_id for (company_id,) in rows]


@dataclass(frozen=True)
class Piece:
    """Those of a piece of the companies that have work, and up to which it was read.

    `read_to` is empty when there are no more.
    """

    with_work: tuple[str, ...]
    read_to: str


def piece_with_work(connection: Connection, *, after: str, most: int) -> Piece:
    """Read the next companies that are on; say who has eligible work, the longest waiting first.

    Args:
        connection: the leading relay's transaction.
        after: `read_to` of the piece before; empty begins anew.
        most: companies to ask, whatever is found of them.
    """
    rows = connection.execute(_PIECE, [after, most]).fetchall()
    waiting = sorted((since, company_id) for company_id, since in rows if since is not None)
    with_work = tuple(company_id for _, company_id in waiting)
    return Piece(with_work, rows[-1][0] if len(rows) == most else "")


@dataclass(frozen=True)
class Turn:
    """A company whose turn it is, with its first eligible record of a served entity, if any.

    The fields stand in the order of the columns that are read. `open` is false while the company is
    off, not connected or paused; `paused_until` is in seconds of the database's clock, None while
    it is not paused; `places` are the free ones: of one in all where QuickBooks has not answered
    lately, until it does. `since` says when that record became eligible, in the same seconds.
    """

    company_id: str
    open: bool
    paused_until: float | None
    places: int
    pk: int | None
    entity: str | None
    since: float | None = None


_TURNS = """
SELECT c.id,
       c.enabled AND c.connection = 'connected' AS open,
       CASE WHEN c.paused_until > proline_qbo.clock()
            THEN extract(epoch FROM c.paused_until)::float8 END AS paused_until,
       CASE WHEN c.pause_reason = 'unavailable' THEN 1 ELSE %(places)s END - k.held AS places,
       p.pk, p.entity, extract(epoch FROM p.since)::float8 AS since
FROM unnest(%(companies)b::text[], %(held)b::int[], %(since)b::float8[])
     WITH ORDINALITY AS k (id, held, since, turn)
JOIN proline_qbo.companies c ON c.id = k.id
LEFT JOIN LATERAL (
    SELECT r.pk, r.entity, r.since FROM proline_qbo.records r
    WHERE r.company_id = c.id AND r.state = 'pending' AND r.since >= to_timestamp(k.since)
      AND r.entity = ANY(%(served)b::text[])
    ORDER BY r.since, r.pk LIMIT 1) p ON true
ORDER BY k.turn
"""


def read_turns(
    connection: Connection,
    company_ids: Sequence[str],
    *,
    held: Sequence[int],
    since: Sequence[float],
    served: Sequence[str],
) -> list[Turn]:
    """Read what these companies have to hand out, in this order; one that is unknown is left out.

    Args:
        connection: the leading relay's transaction.
        company_ids: whose turn it is.
        held: how many places each of them holds.
        since: for each the time before which nothing of it waits.
        served: the entities that have room in their queue.
    """
    arguments = {
        "places": PLACES_PER_COMPANY,
        "companies": list(company_ids),
        "held": list(held),
        "since": list(since),
        "served": list(served),
    }
    return [Turn(*row) for row in connection.execute(_TURNS, arguments).fetchall()]
