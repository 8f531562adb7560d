"""Gathers what the checker judges by: from ProLine's tables, the simulator's log and its books."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from chaos.checker import Call, Facts, Realm, Revision
from chaos.ground import Contractor, Ground
from demo.comparer import Books, Ledger, Office, QuickBooksReader, read_books, read_ledger
from demo.simulator_control import SimulatorControl

_REVISIONS: Final = """
SELECT number, company_id, entity, record_id, total, name,
       pg_xact_commit_timestamp(xmin) AS committed_at
  FROM proline.revisions
"""


def gather(ground: Ground, restless: str) -> Facts:
    """Read everything once all has settled.

    Args:
        ground: what the system stood on.
        restless: the company whose customer mode was changed on the way.
    """
    with psycopg.connect(ground.postgres.url) as connection:
        with connection.cursor(row_factory=class_row(Revision)) as cursor:
            revisions = cursor.execute(_REVISIONS).fetchall()
        ledgers = {each: read_ledger(connection, each.company_id) for each in ground.contractors}
    realms = [
        _realm(ground, contractor, ledger, restless=contractor.company_id == restless)
        for contractor, ledger in ledgers.items()
    ]
    return Facts({each.number: each for each in revisions}, realms)


def _realm(ground: Ground, contractor: Contractor, ledger: Ledger, *, restless: bool) -> Realm:
    calls = [call_of(each) for each in ground.quickbooks.calls(contractor.realm_id)]
    control = SimulatorControl(ground.quickbooks.base_url)
    control.lift_limits(contractor.realm_id)
    token = control.access_token(contractor.realm_id)
    reader = QuickBooksReader(
        ground.quickbooks.base_url, contractor.realm_id, token, pace_seconds=0
    )
    books = read_books(contractor.name, reader).books
    office = Office(
        contractor.company_id,
        contractor.name,
        contractor.mode,
        contractor.enabled_at,
        modes=_modes(ledger, books) if restless else {},
    )
    return Realm(
        contractor.realm_id,
        contractor.company_id,
        contractor.ceiling,
        calls,
        office,
        ledger,
        books,
    )


def _modes(ledger: Ledger, books: Books) -> Mapping[str, Any]:
    """Say in which mode each project was transferred, where only the books can tell."""
    jobs = {each.key for each in books.customers if each.parent is not None}
    return {each.id: "sub" if f"P#{each.number}" in jobs else "main" for each in ledger.projects}


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
        status=None if told["status"] is None else int(told["status"]),
        object_id=told["object_id"],
        body=_body(told["body"]),
    )


def _body(text: str | None) -> Mapping[str, Any]:
    try:
        body = json.loads(text or "{}", parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
