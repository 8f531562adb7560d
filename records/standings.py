"""Where a company's records stand, in the five words of its page: how many, and the ages of them.

Which state is which word is said once, in the schema (`records.standing` is generated from state
and reason): a record stands in exactly one, so what is counted here sums up to all there are.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from coordination.database import Connection
from schemas import Entity


class Standing(StrEnum):
    """Where a record stands for its office; `label` is the word on the page."""

    SENT = "sent"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    ATTENTION = "attention"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        """The word an office reads."""
        return _LABELS[self]


_LABELS = {
    Standing.SENT: "Sent",
    Standing.IN_PROGRESS: "In progress",
    Standing.WAITING: "Waiting",
    Standing.ATTENTION: "Needs attention",
    Standing.SKIPPED: "Skipped",
}
ENTITIES = [entity.value for entity in Entity]

_COUNTED = """
FROM unnest(%(standings)s::text[]) AS s (standing)
CROSS JOIN unnest(%(entities)s::text[]) AS e (entity)
CROSS JOIN LATERAL (
    SELECT count(*) AS counted FROM proline_qbo.records
    WHERE company_id = %(company_id)s AND entity = e.entity AND standing = s.standing
) n
GROUP BY s.standing
"""
# Sent are those that are in no other standing: of a hundred thousand records nearly all. One
# statement, so that both halves are of one moment.
_COUNT = f"""
SELECT s.standing, sum(n.counted)::bigint,
       (SELECT records FROM proline_qbo.record_counts WHERE company_id = %(company_id)s)
{_COUNTED}
"""


def count_standings(connection: Connection, company_id: str) -> Mapping[Standing, int]:
    """Count a company's records by standing; every standing is there, also with none."""
    others = [standing for standing in Standing if standing is not Standing.SENT]
    arguments = {"company_id": company_id, "standings": others, "entities": ENTITIES}
    rows = connection.execute(_COUNT, arguments).fetchall()
    counted = {Standing(standing): int(count) for standing, count, _ in rows}
    return {Standing.SENT: int(rows[0][2] or 0) - sum(counted.values())} | counted


_COUNT_THESE = f"SELECT s.standing, sum(n.counted)::bigint {_COUNTED}"


def count_these(
    connection: Connection, company_id: str, *standings: Standing
) -> Mapping[Standing, int]:
    """Count the records that stand in one of these; it costs what there is of them."""
    arguments = {"company_id": company_id, "standings": list(standings), "entities": ENTITIES}
    rows = connection.execute(_COUNT_THESE, arguments).fetchall()
    return {Standing(standing): int(count) for standing, count in rows}


# It stands in the index, so that finding it costs what counting them does.
_OLDEST = """
SELECT min(o.oldest)
FROM unnest(%s::text[]) AS e (entity) CROSS JOIN LATERAL (
    SELECT min(under_way_since) AS oldest FROM proline_qbo.records
    WHERE company_id = %s AND entity = e.entity AND standing = 'in_progress'
) o
"""


def oldest_unsent(connection: Connection, company_id: str) -> datetime | None:
    """Say since when the oldest of what is in progress is so; None: nothing is.

    No dispatch, no retry and no turning back moves it: it ends when the record comes to stand
    elsewhere, or a version is in QuickBooks and a newer one goes on.
    """
    row = connection.execute(_OLDEST, [ENTITIES, company_id]).fetchone()
    return row[0] if row else None


LOOKED_BACK_MOST = 1_000

# The link is a scalar subquery on purpose: as a join it would be read for every record there is.
_LAST = """
SELECT max(n.since)
FROM proline_qbo.companies c
CROSS JOIN unnest(%(entities)s::text[]) AS e (entity)
CROSS JOIN LATERAL (
    SELECT s.since
    FROM (SELECT pk, since FROM proline_qbo.records
          WHERE company_id = c.id AND entity = e.entity AND standing = 'sent'
          ORDER BY since DESC, pk DESC LIMIT %(most)s) s
    WHERE (SELECT true FROM proline_qbo.links l
           WHERE l.realm_id = c.realm_id AND l.record_pk = s.pk LIMIT 1)
    ORDER BY s.since DESC LIMIT 1
) n
WHERE c.id = %(company_id)s
"""


def last_sent(connection: Connection, company_id: str) -> datetime | None:
    """Say when a record was last found to be in the present books as ProLine has it.

    None: there is none, or none among the last `LOOKED_BACK_MOST` of each kind that need nothing
    there; what was sent later than those stands before them.
    """
    arguments = {"entities": ENTITIES, "company_id": company_id, "most": LOOKED_BACK_MOST}
    row = connection.execute(_LAST, arguments).fetchone()
    return row[0] if row else None
