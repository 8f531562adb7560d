"""Gathers what the checker judges by: from ProLine's tables, the simulator's log and its books."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from chaos.checker import Call, Facts, Realm, Revision
from chaos.ground import Contractor, Ground
from chaos.harm.diary import Diary
from demo.comparer import Books, Ledger, Mode, Office, QuickBooksReader, read_books, read_ledger
from demo.comparer.actual import customer_key

TRIGGERS: Final = Office("", "", "main", None).trigger_stages
TAKEN_IN_WITHIN: Final = timedelta(seconds=20)
"""Longer than a change of leader and a restart of the database take together."""
_REVISIONS: Final = """
SELECT number, company_id, entity, record_id, total, name, gone,
       pg_xact_commit_timestamp(xmin) AS committed_at
  FROM proline.revisions
"""


def gather(ground: Ground, restless: str, diary: Diary, *, proved: bool) -> Facts:
    """Read everything once all has settled.

    Args:
        ground: what the system stood on.
        restless: the company whose customer mode was changed on the way.
        diary: when that was.
        proved: whether the system counts on a requestid being replayed.
    """
    with psycopg.connect(ground.postgres.url) as connection:
        with connection.cursor(row_factory=class_row(Revision)) as cursor:
            revisions = cursor.execute(_REVISIONS).fetchall()
        ledgers = {each: read_ledger(connection, each.company_id) for each in ground.contractors}
    realms = [
        _realm(ground, contractor, ledger, diary if contractor.company_id == restless else Diary())
        for contractor, ledger in ledgers.items()
    ]
    return Facts({each.number: each for each in revisions}, realms, proved=proved)


def _realm(ground: Ground, contractor: Contractor, ledger: Ledger, diary: Diary) -> Realm:
    control = ground.quickbooks
    calls = [call_of(each) for each in control.calls(contractor.realm_id)]
    control.lift_limits(contractor.realm_id)
    token = control.access_token(contractor.realm_id)
    reader = QuickBooksReader(control.base_url, contractor.realm_id, token, pace_seconds=0)
    books = read_books(contractor.name, reader).books
    office = Office(
        contractor.company_id,
        contractor.name,
        contractor.mode,
        contractor.enabled_at,
        modes=modes_of(contractor, ledger, books, diary, calls),
    )
    return Realm(
        contractor.company_id,
        contractor.ceiling,
        calls,
        office,
        ledger,
        books,
    )


def modes_of(
    contractor: Contractor, ledger: Ledger, books: Books, diary: Diary, calls: Sequence[Call] = ()
) -> Mapping[str, Mode]:
    """Say in which mode each project was transferred.

    That is the mode the office had chosen when the change was taken in, some seconds after the
    commit at most. Where it changed its mind about then, only QuickBooks can tell: whose job is
    there, or was asked for, needs one. Of a job that was never even asked for nobody learns; the
    contact's customer must be there in either mode.
    """
    chosen = [(contractor.enabled_at, contractor.mode), *diary.modes]
    jobs = {each.key for each in books.customers if each.parent is not None} | _asked_for(calls)
    number_of = {each.id: each.number for each in ledger.projects}
    modes: dict[str, Mode] = {}
    for move in ledger.moves:
        if move.stage not in TRIGGERS or move.project_id in modes:
            continue
        stood = [mode for at, mode in chosen if at <= move.entered_at][-1]
        changed = any(
            move.entered_at < at <= move.entered_at + TAKEN_IN_WITHIN and mode != stood
            for at, mode in chosen
        )
        there: Mode = "sub" if f"P#{number_of[move.project_id]}" in jobs else "main"
        modes[move.project_id] = there if changed else stood
    return modes


def _asked_for(calls: Sequence[Call]) -> set[str]:
    """Name the jobs that were to be made, whatever became of it."""
    return {
        customer_key({"Id": "", **call.body})
        for call in calls
        if call.entity == "Customer" and call.operation == "create" and "ParentRef" in call.body
    }


def call_of(told: Mapping[str, Any]) -> Call:
    """Read one call of the simulator's log."""
    return Call(
        seq=int(told["seq"]),
        entity=str(told["entity"] or ""),
        operation=str(told["operation"] or ""),
        requestid=told["requestid"],
        received_at=datetime.fromisoformat(told["received_at"]),
        ended_at=_time(told["answered_at"] or told["closed_at"]),
        applied_at=_time(told["applied_at"]),
        status=told["status"],
        object_id=told["object_id"],
        body=_body(told["body"]),
        query=told["query"],
    )


def _body(text: str | None) -> Mapping[str, Any]:
    try:
        body = json.loads(text or "{}", parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
