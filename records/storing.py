"""Taking snapshots in: the newest version of each record wins, in any order of arrival.

Invariant: `records.version` never falls, and `snapshots.version` equals it. A record taken in is
`pending` until the evaluation that follows in the same transaction says where it belongs; one that
is in flight keeps its place, and its settle sees that a newer version has come. `taken_in_at` is
when the newest version came.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from coordination.database import Connection
from records.keys import RecordKey


@dataclass(frozen=True)
class Incoming:
    """A snapshot to store: its record, its version (the outbox event's id) and what it hangs from.

    `snapshot` is the text of its JSON, stored as it came. `depends_on` is None when the snapshot is
    a misfit: what it hung from before still holds, and what it is a member of. `member_of` is the
    project id of a running-balance invoice.
    """

    key: RecordKey
    version: int
    snapshot: str
    depends_on: tuple[tuple[str, str], ...] | None = ()
    member_of: str | None = None


@dataclass(frozen=True)
class Stored:
    """A record whose newest version was just stored; `first` when it had not been seen before."""

    pk: int
    key: RecordKey
    first: bool


def store(connection: Connection, incoming: Sequence[Incoming]) -> list[Stored]:
    """Store the newest version of each record; older ones than the record's own are left out.

    Args:
        connection: the relay's open transaction.
        incoming: in any order; of several versions of one record only the newest is written.
    """
    newest: dict[RecordKey, Incoming] = {}
    for each in sorted(incoming, key=lambda each: each.version):
        newest[each.key] = each
    ordered = sorted(newest.values(), key=_lock_order)
    if not ordered:
        return []
    stored = _upsert_records(connection, ordered)
    fresh = [(each, newest[each.key]) for each in stored]
    _write_snapshots(connection, fresh)
    _replace_dependencies(connection, fresh)
    _write_members(connection, fresh)
    return stored


def _lock_order(incoming: Incoming) -> tuple[str, str, str]:
    key = incoming.key
    return key.company_id, key.entity, key.record_id


# A first sight is told from an update by xmax: zero on a row no transaction has updated yet. What
# is pending now is judged in this version before the transaction ends, and most of it stays so: it
# is written once. Arrays travel in binary form: as text, each element is searched for quotes.
_UPSERT = """
INSERT INTO proline_qbo.records AS r
    (company_id, entity, record_id, version, judged_version, state)
SELECT k.company_id, k.entity, k.record_id, k.version, k.version, 'pending'
FROM unnest(%(companies)b::text[], %(entities)b::text[], %(ids)b::text[], %(versions)b::bigint[])
     AS k (company_id, entity, record_id, version)
ON CONFLICT ON CONSTRAINT one_row_per_record DO UPDATE
SET version = excluded.version, taken_in_at = proline_qbo.clock(),
    judged_version = CASE WHEN r.state IN ('done', 'pending') THEN excluded.version
                          ELSE r.judged_version END,
    state = CASE WHEN r.state = 'done' THEN 'pending' ELSE r.state END,
    since = CASE WHEN r.state = 'done' THEN proline_qbo.clock() ELSE r.since END
WHERE r.version < excluded.version
RETURNING pk, company_id, entity, record_id, xmax = 0
"""


def _upsert_records(connection: Connection, ordered: Sequence[Incoming]) -> list[Stored]:
    rows = connection.execute(
        _UPSERT,
        {
            "companies": [each.key.company_id for each in ordered],
            "entities": [each.key.entity for each in ordered],
            "ids": [each.key.record_id for each in ordered],
            "versions": [each.version for each in ordered],
        },
    ).fetchall()
    return [
        Stored(pk, RecordKey(company_id, entity, record_id), first)
        for pk, company_id, entity, record_id, first in rows
    ]


_SNAPSHOTS = """
INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot)
SELECT k.pk, k.company_id, k.version, k.snapshot::jsonb
FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::text[])
     AS k (pk, company_id, version, snapshot)
ON CONFLICT (record_pk) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot
"""


def _write_snapshots(connection: Connection, fresh: Sequence[tuple[Stored, Incoming]]) -> None:
    connection.execute(
        _SNAPSHOTS,
        [
            [stored.pk for stored, _ in fresh],
            [each.key.company_id for _, each in fresh],
            [each.version for _, each in fresh],
            [each.snapshot for _, each in fresh],
        ],
    )


# Kept rows are left as they are, so that an edit that moves nothing writes nothing here.
_DEPENDENCIES = """
WITH wanted AS (
    SELECT * FROM unnest(%(pks)b::bigint[], %(companies)b::text[],
                         %(entities)b::text[], %(ids)b::text[])
             AS w (record_pk, company_id, on_entity, on_record_id)
), removed AS (
    DELETE FROM proline_qbo.dependencies d
    USING (SELECT record_pk, on_entity, on_record_id FROM proline_qbo.dependencies
           WHERE record_pk = ANY(%(all)b::bigint[])
           EXCEPT SELECT record_pk, on_entity, on_record_id FROM wanted) gone
    WHERE (d.record_pk, d.on_entity, d.on_record_id)
        = (gone.record_pk, gone.on_entity, gone.on_record_id)
)
INSERT INTO proline_qbo.dependencies (record_pk, company_id, on_entity, on_record_id)
SELECT record_pk, company_id, on_entity, on_record_id FROM wanted
ON CONFLICT DO NOTHING
"""


def _replace_dependencies(connection: Connection, fresh: Sequence[tuple[Stored, Incoming]]) -> None:
    # A contact hangs from nothing, ever.
    known = [
        (stored, each)
        for stored, each in fresh
        if each.depends_on is not None and each.key.entity != "contact"
    ]
    if not known:
        return
    edges = [
        (stored.pk, each.key.company_id, *edge)
        for stored, each in known
        for edge in each.depends_on or ()
    ]
    connection.execute(
        _DEPENDENCIES,
        {
            "all": [stored.pk for stored, _ in known if not stored.first],
            "pks": [edge[0] for edge in edges],
            "companies": [edge[1] for edge in edges],
            "entities": [edge[2] for edge in edges],
            "ids": [edge[3] for edge in edges],
        },
    )


_MEMBERS = """
INSERT INTO proline_qbo.members (record_pk, company_id, project_id)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[])
ON CONFLICT (record_pk) DO UPDATE SET project_id = excluded.project_id
WHERE members.project_id <> excluded.project_id
"""


_NO_MEMBERS = "DELETE FROM proline_qbo.members WHERE record_pk = ANY(%b::bigint[])"


def _write_members(connection: Connection, fresh: Sequence[tuple[Stored, Incoming]]) -> None:
    known = [
        (stored, each)
        for stored, each in fresh
        if each.depends_on is not None and each.key.entity == "invoice"
    ]
    left = [stored.pk for stored, each in known if each.member_of is None and not stored.first]
    members = [(stored.pk, each) for stored, each in known if each.member_of is not None]
    if left:
        connection.execute(_NO_MEMBERS, [left])
    if members:
        connection.execute(
            _MEMBERS,
            [
                [pk for pk, _ in members],
                [each.key.company_id for _, each in members],
                [each.member_of for _, each in members],
            ],
        )
