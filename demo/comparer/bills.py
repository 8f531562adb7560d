"""The invoices QuickBooks must hold, before anything is paid on them.

A standalone invoice is one of its own. Running-balance invoices each repeat the whole project sum,
so a project has one: the newest living member shows, under the number of the first sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from demo.comparer.books import Invoice, Line
from demo.comparer.proline import InvoiceRow, LineRow
from demo.comparer.scope import Scope
from demo.comparer.wording import MEMO_LENGTH, body_of, line_of

ZERO: Final = Decimal("0.00")
RUNNING: Final = "running_balance"
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bill:
    """An expected invoice, unpaid, with the ids of the ProLine invoices it stands for."""

    shown: Invoice
    project_id: str
    running: bool
    members: frozenset[str]


def bills_of(scope: Scope) -> tuple[Bill, ...]:
    """Derive the invoices: sent since the enable, for a transferred project."""
    sent = [row for row in scope.ledger.invoices if _is_expected(scope, row)]
    alone = [[row] for row in sent if row.kind != RUNNING]
    running = [row for row in sent if row.kind == RUNNING]
    projects = dict.fromkeys(row.project_id for row in running)
    together = [[row for row in running if row.project_id == project] for project in projects]
    return tuple(_bill(scope, members) for members in (*alone, *together))


def _is_expected(scope: Scope, row: InvoiceRow) -> bool:
    sent_since = row.sent_at is not None and row.sent_at >= scope.enabled_at
    return sent_since and row.project_id in scope.transferred


def _bill(scope: Scope, members: Sequence[InvoiceRow]) -> Bill:
    members = sorted(members, key=lambda row: (row.sent_at or _NEVER, row.id))
    living = [row for row in members if not row.gone]
    newest = (living or members)[-1]
    lines = tuple(_lines(scope.lines.get(newest.id, ())))
    discount = newest.discount or ZERO
    total = sum((line.amount for line in lines if line.amount is not None), ZERO) - discount
    shown = Invoice(
        key=f"invoice {members[0].number}",
        customer=scope.billed(newest.project_id),
        issued_on=newest.issued_on,
        due_on=newest.due_on,
        lines=lines,
        discount=discount,
        total=total if living else ZERO,
        balance=total if living else ZERO,
        memo=body_of(newest.memo)[:MEMO_LENGTH],
        city=line_of(scope.transferred[newest.project_id].city),
        voided=not living,
    )
    ids = frozenset(row.id for row in members)
    return Bill(shown, newest.project_id, newest.kind == RUNNING, ids)


def _lines(rows: Iterable[LineRow]) -> Iterator[Line]:
    """Give the lines in ProLine's order, a group's name as a line of its own before it."""
    group = ""
    for row in rows:
        header = line_of(row.group_name)
        if header not in {"", group}:
            yield Line(None, header)
        group = header
        said = filter(None, (line_of(row.name), body_of(row.description)))
        yield Line(row.amount, "\n".join(said))
