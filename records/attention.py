"""What needs attention, by reason: each with how many there are, since when, and the first of them.

A reason is the code of a failure or a question that is open. What a code means, and who acts, is
not known here: codes of QuickBooks' refusals are the keys of `workers.catalogue.CATALOGUE` where
they have a row; the others are ours (`mapping_invalid`, `parent_unknown`, `parked`, ...). A record
whose question has just been answered needs attention until the relay has acted: it stands in a
group of its own, so that the groups sum up to `Standing.ATTENTION`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from coordination.database import Connection
from records.activity import PAGE_MOST, Page
from records.as_shown import AsShown, Ordered, ShownOtherwise
from records.cursors import Cursor
from records.input_text import storable
from records.orders import Kind, Order, order
from records.shown import Shown, show

FIRST_MOST = 20
ORDERS_AT_ONCE = 1_000
ORDERS_MOST = 10_000

GroupKind = Literal["failed", "decision", "answered"]


@dataclass(frozen=True)
class GroupKey:
    """Names a group of a company: the kind, and the code or question."""

    kind: GroupKind
    what: str = ""

    def encode(self) -> str:
        """Write it as text for an address or a form."""
        return f"{self.kind}:{self.what}"

    @classmethod
    def decode(cls, text: str) -> "GroupKey | None":
        """Read what `encode` wrote; None for text that can name no group."""
        kind, _, what = text.partition(":")
        if not storable(what):
            return None
        match kind:
            case "failed" | "decision":
                return cls(kind, what)
            case "answered" if not what:
                return cls(kind)
        return None


@dataclass(frozen=True)
class Group:
    """What needs attention for one reason; `sample` is one record's own sentence.

    `first` are the newest of them, at most `FIRST_MOST`; `as_shown` is what a form about the group
    brings back.
    """

    key: GroupKey
    count: int
    oldest: datetime
    sample: str
    first: tuple[Shown, ...]
    as_shown: AsShown


# A question that was answered is open no more; until the relay has acted the record still waits.
_GROUPS = """
WITH failed AS (
    SELECT 'failed' AS kind, code AS what, count(*) AS counted, min(since) AS oldest,
           max(since) AS newest
    FROM proline_qbo.records
    WHERE company_id = %(company_id)s AND standing = 'attention' AND state = 'failed'
    GROUP BY code
), asked AS MATERIALIZED (
    SELECT CASE WHEN d.id IS NULL THEN 'answered' ELSE 'decision' END AS kind,
           coalesce(d.question, '') AS what, r.since, r.pk
    FROM proline_qbo.records r
    LEFT JOIN proline_qbo.decisions d ON d.record_pk = r.pk AND d.answer IS NULL
    WHERE r.company_id = %(company_id)s AND r.standing = 'attention' AND r.state = 'waiting'
), decisions AS (
    SELECT kind, what, count(*) AS counted, min(since) AS oldest, max(since) AS newest
    FROM asked GROUP BY kind, what
)
SELECT kind, what, counted, oldest, newest, ARRAY(
    SELECT r.pk FROM proline_qbo.records r
    WHERE r.company_id = %(company_id)s AND r.standing = 'attention' AND r.state = 'failed'
      AND r.code = failed.what
    ORDER BY r.since DESC, r.pk DESC LIMIT %(most)s) AS pks
FROM failed
UNION ALL
SELECT kind, what, counted, oldest, newest, ARRAY(
    SELECT a.pk FROM asked a WHERE (a.kind, a.what) = (decisions.kind, decisions.what)
    ORDER BY a.since DESC, a.pk DESC LIMIT %(most)s)
FROM decisions
ORDER BY kind, counted DESC, what
"""


def groups(connection: Connection, company_id: str) -> list[Group]:
    """Group what needs attention of a company by its reason; the largest of each kind first."""
    arguments = {"company_id": company_id, "most": FIRST_MOST}
    rows = connection.execute(_GROUPS, arguments).fetchall()
    every = show(connection, company_id, [pk for *_, pks in rows for pk in pks])
    shown = {each.pk: each for each in every}
    return [
        _group(
            GroupKey(kind, what),
            oldest,
            AsShown(count, Cursor(newest, pks[0])),
            [shown[pk] for pk in pks if pk in shown],
        )
        for kind, what, count, oldest, newest, pks in rows
    ]


def _group(key: GroupKey, oldest: datetime, as_shown: AsShown, first: Sequence[Shown]) -> Group:
    sample = next((each.explained.sentence for each in first if each.explained.sentence), "")
    return Group(key, as_shown.count, oldest, sample or "", tuple(first), as_shown)


# An end of each condition stands in a partial index; one of them is never true for a given kind.
_OF_FAILED = """
FROM proline_qbo.records r
WHERE r.company_id = %(company_id)s AND r.standing = 'attention' AND r.state = 'failed'
  AND r.code = %(what)s
"""
_OF_DECISION = """
FROM proline_qbo.records r
JOIN proline_qbo.decisions d ON d.record_pk = r.pk AND d.answer IS NULL
WHERE r.company_id = %(company_id)s AND r.standing = 'attention' AND r.state = 'waiting'
  AND d.question = %(what)s
"""
_OF_ANSWERED = """
FROM proline_qbo.records r
WHERE r.company_id = %(company_id)s AND r.standing = 'attention' AND r.state = 'waiting'
  AND NOT EXISTS (SELECT FROM proline_qbo.decisions d
                  WHERE d.record_pk = r.pk AND d.answer IS NULL)
"""
_OF = {"failed": _OF_FAILED, "decision": _OF_DECISION, "answered": _OF_ANSWERED}


def in_group(
    connection: Connection,
    company_id: str,
    key: GroupKey,
    *,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """List a group's records, newest first, behind the last of the page before."""
    most = max(1, min(limit, PAGE_MOST))
    statement = f"""SELECT r.pk, r.since {_OF[key.kind]}
        AND (r.since, r.pk) < (%(since)s::timestamptz, %(pk)s)
        ORDER BY r.since DESC, r.pk DESC LIMIT %(most)s"""
    arguments = {
        "company_id": company_id,
        "what": key.what,
        "since": after.since if after else "infinity",
        "pk": after.pk if after else 0,
        "most": most + 1,
    }
    found = connection.execute(statement, arguments).fetchall()
    rows = show(connection, company_id, [pk for pk, _ in found[:most]])
    goes_on = Cursor(found[most - 1][1], found[most - 1][0]) if len(found) > most else None
    return Page(tuple(rows), goes_on)


def retry_group(
    connection: Connection, company_id: str, key: GroupKey, as_shown: AsShown, *, by: str
) -> Ordered:
    """Have every record of a group of failures that was shown tried again.

    What is ordered already is not ordered again, so that a second click orders nothing. At most
    `ORDERS_MOST` at a time, the oldest first: if as many were ordered, there may be more.

    Raises:
        ShownOtherwise: others stand among those that were shown; the caller's transaction has to be
            given up.
    """
    if key.kind != "failed":
        return Ordered(0)
    return _order_group(connection, company_id, key, as_shown, Order(0, "send", by))


def skip_group(  # what a person says of a group as it was shown
    connection: Connection, company_id: str, key: GroupKey, as_shown: AsShown, *, by: str, why: str
) -> Ordered:
    """Leave every record of a group that was shown out, for a reason.

    What hangs from a contact or project that is left out so has it sent when it needs it. At most
    `ORDERS_MOST` at a time, as in `retry_group`.

    Raises:
        ValueError: no reason is given.
        ShownOtherwise: as `retry_group`.
    """
    _check_reason(why)
    if key.kind == "answered":
        return Ordered(0)
    like = Order(0, "skip", by, why, in_bulk=True)
    return _order_group(connection, company_id, key, as_shown, like)


_NEXT = """
  AND (r.since, r.pk) > (%(since)s::timestamptz, %(pk)s)
  AND (r.since, r.pk) <= (%(newest_since)s, %(newest_pk)s)
  AND NOT EXISTS (SELECT FROM proline_qbo.orders o
                  WHERE o.record_pk = r.pk AND o.carried_out_at IS NULL AND o.kind = %(kind)s)
ORDER BY r.since, r.pk LIMIT %(most)s
"""


def _order_group(
    connection: Connection, company_id: str, key: GroupKey, as_shown: AsShown, like: Order
) -> Ordered:
    ordered = 0
    arguments = {
        "company_id": company_id,
        "what": key.what,
        "newest_since": as_shown.newest.since,
        "newest_pk": as_shown.newest.pk,
        "kind": like.kind,
        "most": ORDERS_AT_ONCE,
        "since": "-infinity",
        "pk": 0,
    }
    while ordered < ORDERS_MOST:
        statement = f"SELECT r.pk, r.since {_OF[key.kind]} {_NEXT}"
        found = connection.execute(statement, arguments).fetchall()
        order(connection, [replace(like, record_pk=pk) for pk, _ in found])
        ordered += len(found)
        if len(found) < ORDERS_AT_ONCE:
            break
        arguments |= {"pk": found[-1][0], "since": found[-1][1]}
    return Ordered(ordered, _came_later(connection, key, as_shown, arguments))


_COMPARED = """
SELECT count(*) FILTER (WHERE (r.since, r.pk) <= (%(newest_since)s, %(newest_pk)s)),
       count(*) FILTER (WHERE (r.since, r.pk) > (%(newest_since)s, %(newest_pk)s))
"""


# Looked at behind the orders, so that it sees what they saw. A record whose transaction was under
# way when the page was read may stand before the newest that was shown.
def _came_later(
    connection: Connection, key: GroupKey, as_shown: AsShown, arguments: Mapping[str, object]
) -> int:
    statement = f"{_COMPARED} {_OF[key.kind]}"
    row = connection.execute(statement, arguments).fetchone()
    among, later = row or (0, 0)
    if among > as_shown.count:
        raise ShownOtherwise
    return int(later)


_ONE = """
SELECT r.pk FROM proline_qbo.records r
WHERE (r.company_id, r.entity, r.record_id) = (%s, %s, %s) AND r.state = ANY(%s)
  AND NOT EXISTS (SELECT FROM proline_qbo.orders o
                  WHERE o.record_pk = r.pk AND o.carried_out_at IS NULL AND o.kind = %s)
"""
SENT_AGAIN_FROM = ("failed", "skipped", "retrying")
SKIPPED_FROM = ("pending", "dispatched", "waiting", "retrying", "failed")


def send_record(
    connection: Connection, company_id: str, entity: str, record_id: str, *, by: str
) -> bool:
    """Have a record that failed tried again, or one that was left out sent all the same.

    False: nothing was ordered, since it is not the company's, stands elsewhere, or is ordered so
    already.
    """
    return _order_one(connection, company_id, entity, record_id, Order(0, "send", by))


def skip_record(  # what a person says of one record
    connection: Connection, company_id: str, entity: str, record_id: str, *, by: str, why: str
) -> bool:
    """Leave a record out, for a reason. False: nothing was ordered, as in `send_record`.

    Raises:
        ValueError: no reason is given.
    """
    _check_reason(why)
    return _order_one(connection, company_id, entity, record_id, Order(0, "skip", by, why))


def _order_one(
    connection: Connection, company_id: str, entity: str, record_id: str, like: Order
) -> bool:
    if not (storable(entity) and storable(record_id)):
        return False
    states = _STATES[like.kind]
    arguments = [company_id, entity, record_id, list(states), like.kind]
    row = connection.execute(_ONE, arguments).fetchone()
    if row is None:
        return False
    order(connection, [replace(like, record_pk=row[0])])
    return True


_STATES: dict[Kind, tuple[str, ...]] = {"send": SENT_AGAIN_FROM, "skip": SKIPPED_FROM}
WHY_LENGTH_MAX = 200


def _check_reason(why: str) -> None:
    if not why.strip() or not storable(why):
        raise ValueError(f"A skip has a reason, of at most {WHY_LENGTH_MAX} letters.")
