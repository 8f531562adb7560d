"""Audit: who changed what of a company, from what to what. Append only: nothing here changes a row.

It is written in the transaction of the change, so that neither is there without the other. `before`
and `after` hold settings and states; never what ProLine's customers are or owe, never a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from coordination.database import Connection

Via = Literal["page", "command_line", "program"]

LIST_MOST: Final = 200
_MISSING: Final = object()

_NOTE = """
INSERT INTO proline_qbo.audit (company_id, user_id, user_name, via, action, entity, record_id,
                               before, after, intuit_tid)
VALUES (%(company_id)s, %(user_id)s, %(user_name)s, %(via)s, %(action)s, %(entity)s, %(record_id)s,
        %(before)s, %(after)s, %(intuit_tid)s)
"""
_LIST = """
SELECT id, at, user_id, user_name, via, action, entity, record_id, before, after, intuit_tid
  FROM proline_qbo.audit
 WHERE company_id = %(company_id)s AND id < coalesce(%(before_id)s, 9223372036854775807)
 ORDER BY id DESC LIMIT %(limit)s
"""

_LAST = """
SELECT at FROM proline_qbo.audit WHERE company_id = %s AND action = ANY(%s)
 ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, and on what way.

    Attributes:
        user_name: as the office knows them; for a program, what it is.
        via: the page, the command line, or a program by itself.
        user_id: ProLine's id of them, where they came from there.
    """

    user_name: str
    via: Via
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One change as it was noted; ids ascend.

    Attributes:
        id: to go on from.
        at: on the database's clock.
        actor: who.
        action: what, as `noun.verb`.
        entity: of the record it was about, if about one.
        record_id: that record's.
        before: what differed, as it was; None where there is nothing to compare.
        after: the same as it is since.
        intuit_tid: of the call to QuickBooks it took, for Intuit's support.
    """

    id: int
    at: datetime
    actor: Actor
    action: str
    entity: str | None
    record_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    intuit_tid: str | None


def note(  # noqa: PLR0913  # all but the first four are named, and mostly left out
    c: Connection,
    company_id: str,
    actor: Actor,
    action: str,
    *,
    entity: str | None = None,
    record_id: str | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    intuit_tid: str | None = None,
) -> None:
    """Note one change in the transaction that makes it.

    Args:
        c: the caller's transaction.
        company_id: a known company.
        actor: who makes it.
        action: `noun.verb`, 1 to 64 characters: `settings.change`, `record.skip`.
        entity: of the record it is about.
        record_id: that record's.
        before: settings or states that JSON can hold, as `changed` gives them.
        after: the same as they are from now on.
        intuit_tid: of the call to QuickBooks it took.
    """
    arguments = {
        "company_id": company_id,
        "user_id": actor.user_id,
        "user_name": actor.user_name,
        "via": actor.via,
        "action": action,
        "entity": entity,
        "record_id": record_id,
        "before": None if before is None else Jsonb(dict(before)),
        "after": None if after is None else Jsonb(dict(after)),
        "intuit_tid": intuit_tid,
    }
    c.execute(_NOTE, arguments)


def list_entries(
    c: Connection, company_id: str, *, before_id: int | None = None, limit: int = 50
) -> list[Entry]:
    """Return a page of one company's changes, newest first; go on before the last one's id."""
    arguments = {
        "company_id": company_id,
        "before_id": before_id,
        "limit": min(limit, LIST_MOST),
    }
    with c.cursor(row_factory=dict_row) as cursor:
        return [_entry(row) for row in cursor.execute(_LIST, arguments)]


_OF_RECORD = """
SELECT id, at, user_id, user_name, via, action, entity, record_id, before, after, intuit_tid
  FROM proline_qbo.audit
 WHERE company_id = %s AND entity = %s AND record_id = %s ORDER BY id DESC LIMIT %s
"""


def entries_of_record(
    c: Connection, company_id: str, entity: str, record_id: str, *, limit: int = 50
) -> list[Entry]:
    """Return what was done to one record by itself, newest first; not what was done in bulk."""
    arguments = [company_id, entity, record_id, min(limit, LIST_MOST)]
    with c.cursor(row_factory=dict_row) as cursor:
        return [_entry(row) for row in cursor.execute(_OF_RECORD, arguments)]


def last_at(c: Connection, company_id: str, *actions: str) -> datetime | None:
    """Say when one of these was last done to a company; None: never."""
    row = c.execute(_LAST, [company_id, list(actions)]).fetchone()
    return row[0] if row else None


def changed(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return of two mappings only what differs, each as it was and as it is."""
    names = [*before, *(name for name in after if name not in before)]
    differing = [name for name in names if before.get(name, _MISSING) != after.get(name, _MISSING)]
    return (
        {name: before[name] for name in differing if name in before},
        {name: after[name] for name in differing if name in after},
    )


def _entry(row: dict[str, Any]) -> Entry:
    actor = Actor(row.pop("user_name"), row.pop("via"), row.pop("user_id"))
    return Entry(actor=actor, **row)
