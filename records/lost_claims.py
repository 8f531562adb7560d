"""Claims that were lost: taken back by the relay alone, and what they say of their record.

A claim is lost when its process is gone, or has beaten twice after the claim without naming it,
counted in beats and not in seconds: one beat may be slow. Only the first kind is an unfinished
start, and an orderly stop is none: a record that was under way in so many of them is a suspect, and
a suspect runs alone in its process. Invariant: only a record whose process died while nothing else
ran in it is parked, so a killer never parks its neighbours.

A finished start clears all of it (`records.settlement`); a newer version from ProLine is tried once
more (`records.eligibility`).
"""

from collections.abc import Sequence

from coordination.database import Connection
from records.claims import Claim
from records.keys import RecordKey

BEATS_WITHOUT_NAMING = 2
"""The first beat that is committed after a claim may have been composed before it."""
SUSPECT_AFTER_STARTS = 2
PARKED_AFTER_DEATHS = 3

_LOST = """
SELECT r.pk, p.gone_at IS NOT NULL AND NOT p.retired AS died
FROM proline_qbo.records r
LEFT JOIN proline_qbo.processes p ON p.id = r.claimed_by
WHERE r.pk = ANY(%(pks)b::bigint[]) AND r.claimed_by IS NOT NULL
  AND (p.id IS NULL OR p.gone_at IS NOT NULL
       OR (p.beats >= r.claimed_beats + %(beats)s AND r.dispatch_token <> ALL(p.claims)))
FOR UPDATE OF r SKIP LOCKED
"""
_TAKE_BACK = """
UPDATE proline_qbo.records r
SET state = 'retrying', retry_at = proline_qbo.clock(), since = proline_qbo.clock(),
    dispatch_token = NULL, dispatched_at = NULL, claimed_by = NULL, claimed_at = NULL,
    claimed_beats = NULL, alone = false,
    unfinished_starts = r.unfinished_starts + lost.died::integer,
    deaths_alone = r.deaths_alone + (lost.died AND r.alone)::integer,
    parked_version = CASE WHEN lost.died AND r.alone AND r.deaths_alone + 1 >= %(parked_after)s
                          THEN r.version ELSE r.parked_version END
FROM unnest(%(pks)s::bigint[], %(died)s::boolean[]) AS lost (pk, died)
WHERE r.pk = lost.pk AND r.state = 'dispatched'
RETURNING r.company_id, r.entity, r.record_id
"""


def take_back_lost(connection: Connection, pks: Sequence[int]) -> list[RecordKey]:
    """Take back every lost claim among these; name the records, to be looked at again at once.

    Args:
        connection: the leading relay's transaction.
        pks: all records that are dispatched; others may be among them.
    """
    arguments = {"beats": BEATS_WITHOUT_NAMING, "pks": list(pks)}
    lost = connection.execute(_LOST, arguments).fetchall()
    if not lost:
        return []
    rows = connection.execute(
        _TAKE_BACK,
        {
            "pks": [pk for pk, _ in lost],
            "died": [bool(died) for _, died in lost],
            "parked_after": PARKED_AFTER_DEATHS,
        },
    ).fetchall()
    return [RecordKey(*row) for row in rows]


def is_suspect(claim: Claim) -> bool:
    """Whether a claimed record may be what killed its processes, and must run alone."""
    return claim.unfinished_starts >= SUSPECT_AFTER_STARTS


_GO_ALONE = """
UPDATE proline_qbo.records SET alone = true
WHERE pk = %s AND dispatch_token = %s AND claimed_by = %s
"""


def go_alone(connection: Connection, claim: Claim) -> bool:
    """Note that from here on nothing else runs in this process; False: the claim is fenced."""
    holder = [claim.pk, claim.token, claim.process_id]
    return connection.execute(_GO_ALONE, holder).rowcount == 1
