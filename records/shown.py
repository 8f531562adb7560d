"""A record as its office knows it: by number, name and amount, with where it stands.

What is read here of a snapshot stands in columns beside it (migration 0009), so that a page of
fifty records costs fifty small rows, however large an invoice is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg.rows import class_row

from coordination.database import Connection
from records.explaining import Explained, explain_each
from records.keys import RUNNING_PREFIX
from records.link_columns import BOOKS
from records.standings import Standing
from schemas.values import read_decimal


@dataclass(frozen=True)
class Shown:
    """A record for the page: customers' data, for its own office only.

    `name` is a contact's or a project's own; of an invoice or a payment its contact's, and its own
    behind that. `amount` is an invoice's total or a payment's amount, None where there is none that
    can be read; `currency` None: the company's own.
    """

    explained: Explained
    standing: Standing
    number: str | None
    name: str | None
    amount: Decimal | None
    currency: str | None
    doc_number: str | None

    @property
    def pk(self) -> int:
        """Our own key of it, for a cursor; not for an office."""
        return self.explained.pk

    @property
    def entity(self) -> str:
        """Contact, project, invoice or payment."""
        return self.explained.entity

    @property
    def record_id(self) -> str:
        """ProLine's id; of what stands for a project's invoices, the id we gave it."""
        return self.explained.record_id

    @property
    def state(self) -> str:
        """The state of `records.states`, for support."""
        return self.explained.state

    @property
    def since(self) -> datetime:
        """When it came to stand where it is."""
        return self.explained.since

    @property
    def retry_at(self) -> datetime | None:
        """When it goes on, while it retries."""
        return self.explained.retry_at

    @property
    def qbo_id(self) -> str | None:
        """Its id in the present books."""
        return self.explained.qbo_id

    @property
    def stands_for_project(self) -> str | None:
        """The project for whose running-balance invoices it stands; its id is then not shown."""
        if self.entity == "invoice" and self.record_id.startswith(RUNNING_PREFIX):
            return self.record_id.removeprefix(RUNNING_PREFIX)
        return None

    def because(self, company_waits: str | None, consumed: Collection[str]) -> str:
        """Say why it is not in QuickBooks now; the arguments are those of `Explained.because`."""
        return self.explained.because(company_waits, consumed)


_NAMES = f"""
SELECT r.pk, r.standing, s.number,
       nullif(concat_ws(', ', w.name, s.name), '') AS name, s.amount, s.currency, l.doc_number
FROM proline_qbo.records r
JOIN proline_qbo.companies c ON c.id = r.company_id
LEFT JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
LEFT JOIN proline_qbo.records k
       ON (k.company_id, k.entity, k.record_id) = (r.company_id, 'contact', s.contact_id)
      AND r.entity IN ('invoice', 'payment')
LEFT JOIN proline_qbo.snapshots w ON w.record_pk = k.pk
LEFT JOIN proline_qbo.links l ON l.realm_id = {BOOKS} AND l.record_pk = r.pk AND l.part = ''
WHERE r.company_id = %s AND r.pk = ANY(%s)
"""


@dataclass(frozen=True)
class _Names:
    pk: int
    standing: str
    number: str | None
    name: str | None
    amount: str | None
    currency: str | None
    doc_number: str | None


def show(connection: Connection, company_id: str, pks: Sequence[int]) -> list[Shown]:
    """Show these records of a company in the order given; of another company's, none."""
    if not pks:
        return []
    explained = explain_each(connection, company_id, pks)
    with connection.cursor(row_factory=class_row(_Names)) as cursor:
        rows = cursor.execute(_NAMES, [company_id, list(pks)]).fetchall()
    named = {row.pk: row for row in rows}
    return [_shown(explained[pk], named[pk]) for pk in pks if pk in explained and pk in named]


def _shown(explained: Explained, names: _Names) -> Shown:
    return Shown(
        explained=explained,
        standing=Standing(names.standing),
        number=names.number,
        name=names.name,
        amount=_amount(names.amount),
        currency=names.currency,
        doc_number=names.doc_number,
    )


def _amount(said: str | None) -> Decimal | None:
    try:
        return None if said is None else read_decimal(said)
    except ValueError:
        return None  # a misfit, which its own sentence tells
