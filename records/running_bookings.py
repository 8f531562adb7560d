"""How the running-balance invoices of a project are booked, and what each asked for first.

Invariant: a project's way is pinned once, at its first sent running-balance invoice, and what the
office chooses afterwards never touches it. In the way "each" a sent member is booked itself, and
stays so wherever it moves: it never counts in any project's sum. What it is booked with is the
`amount_due` of the first sent version that has come, remembered here, for only the newest snapshot
is kept.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connections.companies import get_many
from coordination.database import Connection
from records.keys import RecordKey

ProjectKey = tuple[str, str]
"""(company, project)."""

_BOOKINGS = """
SELECT company_id, project_id, booking FROM proline_qbo.running_bookings
WHERE (company_id, project_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_PIN = """
INSERT INTO proline_qbo.running_bookings (company_id, project_id, booking)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
"""


def pin(connection: Connection, projects: Collection[ProjectKey]) -> set[ProjectKey]:
    """Pin how these projects are booked, where that is still open; name those booked each.

    Args:
        connection: the relay's open transaction.
        projects: with a sent running-balance invoice that counts.
    """
    if not projects:
        return set()
    ordered = sorted(projects)
    arrays = [[company for company, _ in ordered], [project for _, project in ordered]]
    pinned = {(row[0], row[1]): row[2] for row in connection.execute(_BOOKINGS, arrays)}
    pinned |= _pin_as_chosen(connection, [key for key in ordered if key not in pinned])
    return {key for key, booking in pinned.items() if booking == "each"}


def _pin_as_chosen(connection: Connection, projects: Sequence[ProjectKey]) -> dict[ProjectKey, str]:
    if not projects:
        return {}
    companies = get_many(connection, {company for company, _ in projects})
    chosen = {key: companies[key[0]].settings.running_balance for key in projects}
    arrays = [[each[0] for each in chosen], [each[1] for each in chosen], list(chosen.values())]
    connection.execute(_PIN, arrays)
    return dict(chosen)


_BOOK_ITSELF = """
UPDATE proline_qbo.members SET booked_itself = true WHERE record_pk = ANY(%s) AND NOT booked_itself
"""


def book_themselves(connection: Connection, pks: Sequence[int]) -> None:
    """Note that these members are booked themselves from now on."""
    if pks:
        connection.execute(_BOOK_ITSELF, [list(pks)])


@dataclass(frozen=True)
class AmountDue:
    """What one sent version of a running-balance invoice asks for."""

    key: RecordKey
    version: int
    amount: Decimal


# A fraction of a cent is no sum of money, and never booked: only then may a later version say what
# was meant.
_REMEMBER = """
INSERT INTO proline_qbo.amounts_due AS d (record_pk, amount, version)
SELECT DISTINCT ON (r.pk) r.pk, k.amount, k.version
FROM unnest(%s::text[], %s::text[], %s::numeric[], %s::bigint[])
     AS k (company_id, record_id, amount, version)
JOIN proline_qbo.records r
  ON (r.company_id, r.entity, r.record_id) = (k.company_id, 'invoice', k.record_id)
ORDER BY r.pk, k.amount <> round(k.amount, 2), k.version
ON CONFLICT (record_pk) DO UPDATE SET amount = excluded.amount, version = excluded.version
WHERE d.amount <> round(d.amount, 2)
"""


def remember(connection: Connection, asked: Sequence[AmountDue]) -> None:
    """Remember what these invoices ask for, where no sent version has said so before.

    Args:
        connection: the relay's open transaction, in which the records have been stored.
        asked: every sent version that has come and names an amount, not only the newest.
    """
    if asked:
        connection.execute(
            _REMEMBER,
            [
                [each.key.company_id for each in asked],
                [each.key.record_id for each in asked],
                [each.amount for each in asked],
                [each.version for each in asked],
            ],
        )
