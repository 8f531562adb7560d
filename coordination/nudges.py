"""Nudges: "look again at who waits for this", left in the transaction that changed it.

Whoever changes what others may wait for leaves a nudge in the same transaction; only the leading
relay takes them, in the transaction that evaluates them. So the waiter was committed before, or
sees the change after: two plain transactions side by side would lose the wake-up.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from operator import itemgetter

from coordination.database import Connection

TAKE_LIMIT = 1_000

_INSERT = "INSERT INTO proline_qbo.nudges (company_id, entity, record_id) VALUES (%s, %s, %s)"
_TAKE = """
DELETE FROM proline_qbo.nudges
 WHERE id = ANY (ARRAY(SELECT id FROM proline_qbo.nudges WHERE id > %s ORDER BY id LIMIT %s))
RETURNING id, company_id, entity, record_id
"""


@dataclass(frozen=True, slots=True)
class About:
    """What changed: one record, or the whole company when no record is named."""

    company_id: str
    entity: str | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class Nudge:
    """One nudge as it was left; ids ascend."""

    id: int
    company_id: str
    entity: str | None
    record_id: str | None


def nudge(
    c: Connection, company_id: str, entity: str | None = None, record_id: str | None = None
) -> None:
    """Leave one nudge about a record, or about the whole company."""
    nudge_many(c, [About(company_id, entity, record_id)])


def nudge_many(c: Connection, abouts: Iterable[About]) -> None:
    """Leave several nudges in one round trip."""
    with c.cursor() as cursor:
        cursor.executemany(_INSERT, [astuple(about) for about in abouts])


def take(c: Connection, limit: int = TAKE_LIMIT, *, above: int = 0) -> list[Nudge]:
    """Remove and return the oldest nudges, by ascending id; they are back if the caller fails.

    Args:
        c: the leading relay's transaction.
        limit: the most to take.
        above: an id below which nothing is looked for this time.
    """
    rows = c.execute(_TAKE, [above, limit]).fetchall()
    return [Nudge(*row) for row in sorted(rows, key=itemgetter(0))]
