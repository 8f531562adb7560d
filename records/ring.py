"""The ring of companies: one record a turn, so that nobody's backlog is another's delay.

A company stands in the ring while it may have work to hand out; its position is its turn. One that
had nothing eligible or in flight joins at the head, then takes its turns at the tail. Only the
relay writes here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from coordination.database import Connection
from records.places import PLACES_PER_COMPANY

_JOIN = """
INSERT INTO proline_qbo.ring AS g (company_id, position, not_before)
SELECT w.company_id, CASE WHEN w.idle THEN nextval('proline_qbo.ring_head')
                                      ELSE nextval('proline_qbo.ring_tail') END,
       proline_qbo.clock()
FROM (SELECT k.company_id, NOT EXISTS (
          SELECT FROM proline_qbo.records r
          WHERE r.company_id = k.company_id AND r.state = 'dispatched') AS idle
      FROM unnest(%b::text[]) AS k (company_id)
      JOIN proline_qbo.companies c ON c.id = k.company_id
      LEFT JOIN proline_qbo.ring g ON g.company_id = k.company_id
      WHERE g.position IS NULL
        AND EXISTS (SELECT FROM proline_qbo.records r
                    WHERE r.company_id = k.company_id AND r.state = 'pending')) w
ON CONFLICT (company_id) DO UPDATE
SET position = excluded.position, not_before = greatest(g.not_before, excluded.not_before)
WHERE g.position IS NULL
"""


def join_ring(connection: Connection, company_ids: Collection[str]) -> None:
    """Give each of these companies that has eligible work a turn, unless it has one already."""
    if company_ids:
        connection.execute(_JOIN, [sorted(company_ids)])


_ALL = "SELECT id FROM proline_qbo.companies WHERE enabled"


def rebuild_ring(connection: Connection) -> None:
    """Let every company with eligible work join: what a new leader does before its first turn."""
    join_ring(connection, [company for (company,) in connection.execute(_ALL).fetchall()])


@dataclass(frozen=True)
class Turn:
    """A company whose turn it is, with its first eligible record of a served entity, if any.

    The fields stand in the order of the columns that are read. `open` is false while the company is
    off, not connected or paused; `places` are the free ones: of one in all where QuickBooks has not
    answered lately, until it does.
    """

    company_id: str
    open: bool
    paused: bool
    places: int
    pk: int | None
    entity: str | None


_TURNS = """
SELECT g.company_id,
       c.enabled AND c.connection = 'connected' AS open,
       coalesce(c.paused_until > proline_qbo.clock(), false) AS paused,
       CASE WHEN c.pause_reason = 'unavailable' THEN 1 ELSE %(places)s END
           - (SELECT count(*) FROM proline_qbo.records d
              WHERE d.company_id = g.company_id AND d.state = 'dispatched')::int AS places,
       p.pk, p.entity
FROM (SELECT company_id, position FROM proline_qbo.ring
      WHERE position IS NOT NULL AND not_before <= (SELECT proline_qbo.clock())
      ORDER BY position LIMIT %(most)s) g
JOIN proline_qbo.companies c ON c.id = g.company_id
LEFT JOIN LATERAL (
    SELECT r.pk, r.entity FROM proline_qbo.records r
    WHERE r.company_id = g.company_id AND r.state = 'pending' AND r.entity = ANY(%(served)s)
    ORDER BY r.since, r.pk LIMIT 1) p ON true
ORDER BY g.position
"""


def due_turns(connection: Connection, served: Sequence[str], *, most: int) -> list[Turn]:
    """Read whose turn it is, in order; `served` are the entities that have room in their queue."""
    arguments = {"places": PLACES_PER_COMPANY, "most": most, "served": list(served)}
    return [Turn(*row) for row in connection.execute(_TURNS, arguments).fetchall()]


# The new positions are drawn in the order given, not in the order in which an UPDATE meets rows.
_TO_TAIL = """
WITH tail AS MATERIALIZED (
    SELECT company_id, nextval('proline_qbo.ring_tail') AS position
    FROM (SELECT company_id FROM unnest(%b::text[]) WITH ORDINALITY AS k (company_id, turn)
          ORDER BY turn) ordered
)
UPDATE proline_qbo.ring g
SET position = tail.position,
    not_before = greatest(g.not_before, proline_qbo.clock() - %s) + %s
FROM tail WHERE g.company_id = tail.company_id
"""
_WAIT = """
UPDATE proline_qbo.ring SET not_before = proline_qbo.clock() + %s
WHERE company_id = ANY(%b::text[])
"""
_LEAVE = "UPDATE proline_qbo.ring SET position = NULL WHERE company_id = ANY(%b::text[])"
_REST = """
UPDATE proline_qbo.ring g SET not_before = c.paused_until
FROM proline_qbo.companies c
WHERE c.id = g.company_id AND g.company_id = ANY(%b::text[]) AND c.paused_until IS NOT NULL
"""


_END_REST = """
UPDATE proline_qbo.ring g SET not_before = proline_qbo.clock()
FROM proline_qbo.companies c
WHERE c.id = g.company_id AND g.company_id = ANY(%b::text[]) AND g.not_before > proline_qbo.clock()
  AND (c.paused_until IS NULL OR c.paused_until <= proline_qbo.clock())
"""


MADE_UP_MOST = 4
"""How many late turns a company may make up at once: more, and threads would wait for slots."""


def pass_turn(connection: Connection, company_ids: Sequence[str], pace: timedelta) -> None:
    """Move companies to the tail, in this order; their turns come `pace` apart.

    A turn that came late, because the relay was busy, does not set back those after it: otherwise
    a tick of 50 ms would cost a company a third of its quota.
    """
    if company_ids:
        connection.execute(_TO_TAIL, [list(company_ids), MADE_UP_MOST * pace, pace])


def wait_for_room(connection: Connection, company_ids: Sequence[str], pause: timedelta) -> None:
    """Pass companies over for a while: they keep their place, and have it when there is room."""
    if company_ids:
        connection.execute(_WAIT, [pause, list(company_ids)])


def leave_ring(connection: Connection, company_ids: Collection[str]) -> None:
    """Take companies out that have nothing to hand out; what changes that lets them join again."""
    if company_ids:
        connection.execute(_LEAVE, [sorted(company_ids)])


def rest_until_resumed(connection: Connection, company_ids: Collection[str]) -> None:
    """Let paused companies keep their place in the ring, but not before their pause is over."""
    if company_ids:
        connection.execute(_REST, [sorted(company_ids)])


def end_rest(connection: Connection, company_ids: Collection[str]) -> None:
    """Let companies whose pause was ended before its time take their turn now."""
    if company_ids:
        connection.execute(_END_REST, [sorted(company_ids)])


# A second more than any pace: such a turn was set before the clock went back, or before a pause was
# shortened.
_TURN_BACK = """
UPDATE proline_qbo.ring g SET not_before = coalesce(c.paused_until, '-infinity')
FROM proline_qbo.companies c
WHERE c.id = g.company_id AND g.not_before > (SELECT proline_qbo.clock()) + %s
  AND (c.paused_until IS NULL OR c.paused_until < g.not_before)
"""


def turn_back(connection: Connection, pace: timedelta) -> int:
    """Let no turn lie further ahead than its company's pause and pace; return how many did."""
    return connection.execute(_TURN_BACK, [pace + timedelta(seconds=1)]).rowcount
