"""Places: the right to be in flight.

Invariant: a record holds a place exactly while it is `dispatched`, and the token is that place; a
company holds at most `PLACES_PER_COMPANY`. Nothing is counted beside the rows themselves, so no
counter can drift: leaving `dispatched` is giving the place back.
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


_RETURN_QUEUES = """
UPDATE proline_qbo.records
SET state = 'pending', dispatch_token = NULL, dispatched_at = NULL, since = proline_qbo.clock()
WHERE state = 'dispatched' AND claimed_by IS NULL AND entity <> ALL(%s)
RETURNING company_id, entity, record_id
"""


def return_unserved(connection: Connection, served: Sequence[str]) -> list[RecordKey]:
    """Give back the unclaimed places of entities that no living worker consumes any more."""
    rows = connection.execute(_RETURN_QUEUES, [list(served)]).fetchall()
    return [RecordKey(*row) for row in rows]


_UNCLAIMED = """
SELECT entity, count(*) FROM proline_qbo.records
WHERE state = 'dispatched' AND claimed_by IS NULL GROUP BY entity
"""


def count_unclaimed(connection: Connection) -> dict[str, int]:
    """Count dispatched, unclaimed records by entity: what stands in each queue."""
    return dict(connection.execute(_UNCLAIMED).fetchall())


_UNCLAIMED_PLACES = """
SELECT r.pk, r.company_id, r.entity, c.epoch, r.dispatch_token
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
WHERE r.state = 'dispatched' AND r.claimed_by IS NULL
ORDER BY r.dispatched_at, r.pk
"""


def unclaimed_places(connection: Connection) -> list[Place]:
    """Every place whose message may be lost: a new leader publishes them all again."""
    return [Place(*row) for row in connection.execute(_UNCLAIMED_PLACES).fetchall()]
