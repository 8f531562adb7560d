"""Activity: every record with where it stands; searched, filtered, by page, and as a file."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from starlette.responses import Response, StreamingResponse

from app.web import addresses
from app.web.asked import Asked
from app.web.pages import NAMED, render
from app.web.situation import stands
from app.web.telling import Teller, teller
from records.activity import every, list_activity
from records.cursors import Cursor
from records.shown import Shown
from records.standings import Standing

PAGE_ROWS: Final = 50
ROWS_AT_ONCE: Final = 100
# Without it Excel takes UTF-8 for the encoding of the machine, and garbles every accent.
BYTE_ORDER_MARK: Final = "\ufeff"
# A spreadsheet takes a cell that begins so for a formula, whoever wrote it.
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = (
    "Kind",
    "Number",
    "Name",
    "Amount",
    "Currency",
    "Status",
    "Explanation",
    "QuickBooks id",
    "QuickBooks number",
    "Since (UTC)",
    "ProLine id",
)


def show(asked: Asked) -> Response:
    """Show a page of what was asked for, the newest first."""
    standing, entity, text = _asked_for(asked)
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
        found = list_activity(
            connection,
            asked.company_id,
            standing=standing,
            entity=entity,
            text=text,
            after=Cursor.decode(asked.query.get("after")),
            limit=PAGE_ROWS,
        )
        tell = teller(connection, situation).about(connection, asked.company_id, found.rows)
    chosen = {"standing": standing, "entity": entity, "text": text}
    return render(
        asked,
        "activity.html",
        situation=situation,
        rows=found.rows,
        tell=tell,
        more_match=found.more_match,
        chosen=chosen,
        standings=list(Standing),
        first_page=not asked.query.get("after"),
        address_first=addresses.with_query(addresses.ACTIVITY, **chosen),
        address_next=addresses.with_query(addresses.ACTIVITY, **chosen, after=found.after.encode())
        if found.after
        else None,
        address_csv=addresses.with_query(addresses.ACTIVITY_CSV, **chosen),
    )


def as_csv(asked: Asked) -> Response:
    """Give what was asked for as a file that spreadsheets read; at most `every`'s rows."""
    standing, entity, text = _asked_for(asked)
    with asked.web.pool.connection() as connection:
        tell = teller(connection, stands(connection, asked.company_id))
    rows = every(asked.web.pool, asked.company_id, standing=standing, entity=entity, text=text)
    return StreamingResponse(
        _lines(asked, rows, tell),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="quickbooks-activity.csv"'},
    )


def _asked_for(asked: Asked) -> tuple[Standing | None, str | None, str | None]:
    standing = asked.query.get("standing")
    entity = asked.query.get("entity")
    return (
        Standing(standing) if standing in list(Standing) else None,
        entity if entity in NAMED else None,
        asked.query.get("text").strip() or None,
    )


def _lines(asked: Asked, rows: Iterator[Shown], tell: Teller) -> Iterator[str]:
    yield BYTE_ORDER_MARK
    yield _line(COLUMNS)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        with asked.web.pool.connection() as connection:
            telling = tell.about(connection, asked.company_id, some)
        yield "".join(_line(_cells(row, telling)) for row in some)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def _cells(row: Shown, tell: Teller) -> tuple[str, ...]:
    amount = "" if row.amount is None else f"{row.amount:.2f}"
    return (
        NAMED[row.entity],
        row.number or "",
        row.name or "",
        amount,
        row.currency or "",
        row.standing.label,
        tell(row),
        row.qbo_id or "",
        row.doc_number or "",
        f"{row.since:%Y-%m-%d %H:%M:%S}",
        "" if row.stands_for_project else row.record_id,
    )


def harmless(cell: str) -> str:
    """Quote a cell that a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
