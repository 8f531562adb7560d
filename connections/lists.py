"""What the page's drop-downs offer: accounts, items and tax codes of the connected books.

Read when connecting and when a person asks for it, one page each, because reads are metered; a
thousand of a kind are kept, and an office that has more names the rest by its id on the command
line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from coordination.database import Connection
from qbo_client import query, requests
from qbo_client.client import QuickBooksClient

Kind = Literal["income_account", "deposit_account", "item", "tax_code"]
KINDS: Final[tuple[Kind, ...]] = ("income_account", "deposit_account", "item", "tax_code")

NAME_MOST_CHARACTERS: Final = 500
LISTED_MOST: Final = query.PAGE_LIMIT_ROWS
"""Of a kind; as many as this may be all there are, or the first of more."""

# What an invoice's line may name: bundles and categories are no such thing.
SELLABLE: Final = ("Service", "NonInventory", "Inventory")
# What lowers income, and what QuickBooks books by itself.
NO_INCOME: Final = frozenset({"DiscountsRefundsGiven", "UnappliedCashPaymentIncome"})
# A payment that lay there would be no money any more: stock, claims, and what is paid ahead.
NO_DEPOSIT: Final = frozenset(
    {
        "AllowanceForBadDebts",
        "DevelopmentCosts",
        "EmployeeCashAdvances",
        "Inventory",
        "LoansToOfficers",
        "LoansToOthers",
        "LoansToStockholders",
        "PrepaidExpenses",
        "Retainage",
    }
)

_FORGET = "DELETE FROM proline_qbo.book_lists WHERE realm_id = %s"
_STORE = """
INSERT INTO proline_qbo.book_lists (realm_id, kind, qbo_id, name)
SELECT %(realm_id)s, kind, qbo_id, name
  FROM unnest(%(kinds)s::text[], %(ids)s::text[], %(names)s::text[]) AS l (kind, qbo_id, name)
ON CONFLICT DO NOTHING
"""
_NOTE_READ = """
UPDATE proline_qbo.books SET lists_read_at = proline_qbo.clock() WHERE realm_id = %s
"""
_GET = """
SELECT kind, qbo_id, name FROM proline_qbo.book_lists WHERE realm_id = %s
 ORDER BY lower(name), qbo_id
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a drop-down."""

    qbo_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Every drop-down of one realm, each by name."""

    income_accounts: tuple[Choice, ...] = ()
    deposit_accounts: tuple[Choice, ...] = ()
    items: tuple[Choice, ...] = ()
    tax_codes: tuple[Choice, ...] = ()

    def by_kind(self) -> Mapping[Kind, Sequence[Choice]]:
        """Return them under the names they are stored with."""
        every = (self.income_accounts, self.deposit_accounts, self.items, self.tax_codes)
        return dict(zip(KINDS, every, strict=True))


def read_lists(client: QuickBooksClient, realm_id: str) -> Lists:
    """Read what is active in the books: four reads.

    Raises:
        QuickBooksError: as the client says.
    """
    income = [query.equal("AccountType", "Income")]
    deposit = [query.one_of("AccountType", ("Bank", "Other Current Asset"))]
    # Asked for by type, so that a full page is known to be cut.
    sellable = [query.one_of("Type", SELLABLE)]
    return Lists(
        income_accounts=_choices(_but(NO_INCOME, _rows(client, realm_id, "Account", income))),
        deposit_accounts=_choices(_but(NO_DEPOSIT, _rows(client, realm_id, "Account", deposit))),
        items=_choices(_rows(client, realm_id, "Item", sellable)),
        tax_codes=_choices(_rows(client, realm_id, "TaxCode", [])),
    )


def store_lists(c: Connection, realm_id: str, lists: Lists) -> None:
    """Keep what was read in place of what was read before; the books are stored before this."""
    rows = [(kind, each) for kind, choices in lists.by_kind().items() for each in choices]
    c.execute(_FORGET, [realm_id])
    values = {
        "realm_id": realm_id,
        "kinds": [kind for kind, _ in rows],
        "ids": [each.qbo_id for _, each in rows],
        "names": [each.name for _, each in rows],
    }
    c.execute(_STORE, values)
    c.execute(_NOTE_READ, [realm_id])


def lists_of(c: Connection, realm_id: str) -> Lists:
    """Return what was read last; nothing, if nothing was."""
    rows = c.execute(_GET, [realm_id]).fetchall()
    return Lists(*(tuple(Choice(i, name) for k, i, name in rows if k == kind) for kind in KINDS))


def _rows(
    client: QuickBooksClient, realm_id: str, entity: str, where: list[str]
) -> list[Mapping[str, Any]]:
    statement = query.select(entity, where, limit=LISTED_MOST)
    answer = client.send(realm_id, requests.query(statement)).body.get("QueryResponse", {})
    return [row for row in answer.get(entity, ()) if row.get("Active", True)]


def _but(kinds: Collection[str], accounts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [each for each in accounts if each.get("AccountSubType") not in kinds]


def _choices(rows: Sequence[Mapping[str, Any]]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            str(row["Id"]),
            str(row.get("FullyQualifiedName") or row.get("Name", ""))[:NAME_MOST_CHARACTERS],
        )
        for row in rows
        if row.get("Id")
    )
