"""Places: the right to be in flight.

Invariant: a record holds a place exactly while it is `dispatched`, and the token is that place; a
company holds at most `PLACES_PER_COMPANY`. Leaving `dispatched` is giving the place back; no row
counts places. The leader does, from these rows, in each tick anew (`outbox.in_flight`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coordination.database import Connection
from records.keys import RecordKey

PLACES_PER_COMPANY = 10


@dataclass(frozen=True)
class Place:
    """A dispatched record as its message names it: a claim check, no customer data.

    The fields stand in the order of the columns that are read.
    """

    pk: int
    company_id: str
    entity: str
    epoch: int
    token: UUID


_TAKE = """
UPDATE proline_qbo.records r
SET state = 'dispatched', dispatch_token = gen_random_uuid(),
    dispatched_at = proline_qbo.clock(), since = proline_qbo.clock(),
    reason = NULL, code = NULL, sentence = NULL
FROM proline_qbo.companies c
WHERE r.pk = ANY(%b::bigint[]) AND r.state = 'pending' AND c.id = r.company_id
RETURNING r.pk, r.company_id, r.entity, c.epoch, r.dispatch_token
"""


def take_places(connection: Connection, pks: Sequence[int]) -> list[Place]:
    """Dispatch these pending records, each under a new token; one that moved on is left out."""
    return [Place(*row) for row in connection.execute(_TAKE, [list(pks)]).fetchall()]


_RETURN = """
UPDATE proline_qbo.records
SET state = 'pending', dispatch_token = NULL, dispatched_at = NULL, since = proline_qbo.clock()
WHERE company_id = %s AND state = 'dispatched' AND claimed_by IS NULL
"""


def return_unclaimed(connection: Connection, company_id: str) -> int:
    """Give back every place of a company that nobody claimed: off, disconnected or a new epoch."""
    return connection.execute(_RETURN, [company_id]).rowcount


_RETURN_THESE = """
UPDATE proline_qbo.records
SET state = 'pending', dispatch_token = NULL, dispatched_at = NULL, since = proline_qbo.clock()
WHERE pk = ANY(%b::bigint[]) AND state = 'dispatched' AND claimed_by IS NULL
RETURNING company_id, entity, record_id
"""


def return_these(connection: Connection, pks: Sequence[int]) -> list[RecordKey]:
    """Give back the places of these records that nobody claimed: no worker would any more."""
    if not pks:
        return []
    return [RecordKey(*row) for row in connection.execute(_RETURN_THESE, [list(pks)]).fetchall()]


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A place that is held, and whether a worker has claimed its record."""

    place: Place
    is_claimed: bool


_HELD = """
SELECT r.pk, r.company_id, r.entity, c.epoch, r.dispatch_token, r.claimed_by IS NOT NULL
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
WHERE r.state = 'dispatched' ORDER BY r.dispatched_at, r.pk
"""
# By their keys, never by the index of what is dispatched: see `outbox.in_flight`.
_CHANGED = """
SELECT k.pk, coalesce(r.state = 'dispatched', false)
FROM unnest(%b::bigint[], %b::boolean[]) AS k (pk, is_claimed)
LEFT JOIN LATERAL (
    SELECT state, claimed_by FROM proline_qbo.records WHERE pk = k.pk OFFSET 0) r ON true
WHERE r.state IS DISTINCT FROM 'dispatched' OR (r.claimed_by IS NOT NULL) <> k.is_claimed
"""


def held_places(connection: Connection) -> list[HeldPlace]:
    """Read every place that is held, in the order of their dispatch."""
    rows = connection.execute(_HELD).fetchall()
    return [HeldPlace(Place(*row[:-1]), is_claimed=row[-1]) for row in rows]


def changed_places(connection: Connection, known: Sequence[HeldPlace]) -> dict[int, bool]:
    """Say by key which of these places are no longer as known, and whether each is still held."""
    if not known:
        return {}
    arrays = [[each.place.pk for each in known], [each.is_claimed for each in known]]
    return dict(connection.execute(_CHANGED, arrays).fetchall())
