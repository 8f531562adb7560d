"""The connected books: what a QuickBooks company is and prefers, read once and kept.

Read when connecting and on faults that dispute it, because reads are metered. What every invoice
and payment of ours needs there, an income item and a payment method, is found or created. All
calls go through `QuickBooksClient.send`, so each takes a slot; none runs inside a transaction.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from psycopg.rows import class_row

from connections.errors import BooksUnusable
from coordination.database import Connection
from qbo_client import DuplicateName, OutcomeUnknown, query, requests
from qbo_client.client import QuickBooksClient

INCOME_ITEM: Final = "ProLine Sales"
PAYMENT_METHOD: Final = "ProLine"
# What a contractor sells; the first kind that the books have is taken.
INCOME_KINDS: Final = ("SalesOfProductIncome", "ServiceFeeIncome")

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Books:
    """One QuickBooks company; `book_close_date` is the last closed day.

    `deposit_account_id` None: QuickBooks books payments to Undeposited Funds by itself.
    `income_account_id` is where the income item books to, as far as it is known. `read_at` and
    `lists_read_at` are given by the database when books and lists are stored.
    """

    realm_id: str
    company_name: str
    country: str
    home_currency: str
    custom_txn_numbers: bool
    using_sales_tax: bool
    book_close_date: date | None
    income_item_id: str | None
    payment_method_id: str | None
    deposit_account_id: str | None
    read_at: datetime | None = None
    income_account_id: str | None = None
    lists_read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CompanyInfo:
    """Which books they are: read first, with the token that a consent gave."""

    realm_id: str
    company_name: str
    country: str


_GIVEN = ("read_at", "lists_read_at")
_FACTS = tuple(field.name for field in fields(Books) if field.name not in _GIVEN)
_STORE = f"""
INSERT INTO proline_qbo.books ({", ".join(_FACTS)}, read_at)
VALUES ({", ".join(f"%({name})s" for name in _FACTS)}, proline_qbo.clock())
ON CONFLICT (realm_id) DO UPDATE
   SET {", ".join(f"{name} = excluded.{name}" for name in (*_FACTS, "read_at"))}
"""
_GET = f"SELECT {', '.join((*_FACTS, *_GIVEN))} FROM proline_qbo.books WHERE realm_id = %s"
_NOTE_INCOME_ACCOUNT = """
UPDATE proline_qbo.books SET income_account_id = %s WHERE realm_id = %s
"""


def store(c: Connection, books: Books) -> None:
    """Keep what was read, in place of what was read before."""
    c.execute(_STORE, asdict(books))


def get(c: Connection, realm_id: str) -> Books | None:
    """Return what was read of a realm, None if nothing was."""
    with c.cursor(row_factory=class_row(Books)) as cursor:
        return cursor.execute(_GET, [realm_id]).fetchone()


def from_json(row: Json) -> Books:
    """Return the books of a row that came as JSON, with another statement's answer."""
    facts: dict[str, Any] = {name: row[name] for name in (*_FACTS, *_GIVEN)}
    close_date = facts["book_close_date"]
    facts["book_close_date"] = close_date and date.fromisoformat(close_date)
    for name in _GIVEN:
        facts[name] = facts[name] and datetime.fromisoformat(facts[name])
    return Books(**facts)


# A read always counts, a close date only where it differs: it says whether anything has moved.
_NOTE_CLOSE_DATE = """
WITH before AS (
    SELECT realm_id, book_close_date FROM proline_qbo.books WHERE realm_id = %(realm_id)s FOR UPDATE
), noted AS (
    UPDATE proline_qbo.books b SET book_close_date = %(day)s, read_at = proline_qbo.clock()
    FROM before WHERE b.realm_id = before.realm_id
)
SELECT book_close_date IS DISTINCT FROM %(day)s::date FROM before
"""


def note_close_date(c: Connection, realm_id: str, day: date | None) -> bool:
    """Keep the last closed day as just read; True when it has moved."""
    row = c.execute(_NOTE_CLOSE_DATE, {"realm_id": realm_id, "day": day}).fetchone()
    return row is not None and bool(row[0])


def note_income_account(c: Connection, realm_id: str, account_id: str) -> None:
    """Keep where the income item books to now."""
    c.execute(_NOTE_INCOME_ACCOUNT, [account_id, realm_id])


def read_info(client: QuickBooksClient, realm_id: str) -> CompanyInfo:
    """Read which company this realm is.

    Raises:
        QuickBooksError: as the client says; among it that its tokens are not good for the realm.
    """
    info = _part(client.send(realm_id, requests.company_info()).body, "CompanyInfo")
    return CompanyInfo(realm_id, str(info.get("CompanyName", "")), str(info.get("Country", "")))


def read_books(
    client: QuickBooksClient, info: CompanyInfo, *, income_account_id: str | None = None
) -> Books:
    """Read a QuickBooks company's preferences and make what it lacks for us.

    Args:
        client: its tokens must be good for the realm.
        info: the QuickBooks company, as `read_info` has it.
        income_account_id: where "ProLine Sales" books to, if it must be made; None: the first
            active income account of a kind in `INCOME_KINDS`.

    Raises:
        BooksUnusable: no such income account, or what we need is inactive in QuickBooks.
        QuickBooksError: as the client says; asking again is harmless, since names are unique.
    """
    realm_id = info.realm_id
    preferences = client.send(realm_id, requests.preferences()).body["Preferences"]
    item = _income_item(client, realm_id, income_account_id)
    return Books(
        realm_id=realm_id,
        company_name=info.company_name,
        country=info.country,
        home_currency=_home_currency(preferences, info.country),
        custom_txn_numbers=_part(preferences, "SalesFormsPrefs").get("CustomTxnNumbers") is True,
        using_sales_tax=_part(preferences, "TaxPrefs").get("UsingSalesTax") is True,
        book_close_date=book_close_date(preferences),
        income_item_id=str(item["Id"]),
        payment_method_id=_payment_method(client, realm_id),
        deposit_account_id=None,
        income_account_id=_part(item, "IncomeAccountRef").get("value"),
    )


def book_income_to(client: QuickBooksClient, books: Books, account_id: str) -> None:
    """Have the income item book to another account in QuickBooks: one read, one write.

    Raises:
        BooksUnusable: the books have no such item of ours.
        QuickBooksError: as the client says; QuickBooks refuses an account that takes no income.
    """
    if books.income_item_id is None:
        raise BooksUnusable("These books have no income item of ours: reconnect QuickBooks.")
    request = requests.read("Item", books.income_item_id)
    item = client.send(books.realm_id, request).body["Item"]
    changed = {
        "Id": item["Id"],
        "SyncToken": item["SyncToken"],
        "Name": item["Name"],
        "IncomeAccountRef": {"value": account_id},
    }
    client.send(books.realm_id, requests.sparse_update("Item", changed, str(uuid4())))


def _home_currency(preferences: Json, country: str) -> str:
    told = _part(_part(preferences, "CurrencyPrefs"), "HomeCurrency").get("value")
    if told is None and country not in {"", "US"}:
        raise BooksUnusable("QuickBooks does not say which currency these books are kept in.")
    return str(told or "USD")


def book_close_date(preferences: object) -> date | None:
    """Return the last closed day of a company's preferences; None: no day is closed.

    Raises:
        OutcomeUnknown: these are no preferences, or what stands there is no day.
    """
    if not isinstance(preferences, Mapping) or not preferences:
        raise _unreadable()
    told = _part(preferences, "AccountingInfoPrefs").get("BookCloseDate")
    if told is None or told == "":
        return None
    try:
        return date.fromisoformat(str(told))
    except ValueError as error:
        raise _unreadable() from error


def _unreadable() -> OutcomeUnknown:
    return OutcomeUnknown(
        operation="read",
        entity="preferences",
        writes=False,
        detail="QuickBooks' answer does not hold the company's preferences.",
    )


def _income_item(client: QuickBooksClient, realm_id: str, account_id: str | None) -> Json:
    found = _found(client, realm_id, "Item", INCOME_ITEM)
    if found is not None:
        return found
    account = account_id or _income_account(client, realm_id)
    item = {"Name": INCOME_ITEM, "Type": "Service", "IncomeAccountRef": {"value": account}}
    return _made_by_one(client, realm_id, "Item", item)


def _payment_method(client: QuickBooksClient, realm_id: str) -> str:
    found = _found(client, realm_id, "PaymentMethod", PAYMENT_METHOD)
    if found is None:
        method = {"Name": PAYMENT_METHOD, "Type": "NON_CREDIT_CARD"}
        found = _made_by_one(client, realm_id, "PaymentMethod", method)
    return str(found["Id"])


def _made_by_one(client: QuickBooksClient, realm_id: str, entity: str, fields: Json) -> Json:
    """Make it, or find what another request made since we looked: a button is pressed twice."""
    try:
        return _made(client, realm_id, entity, fields)
    except DuplicateName:
        found = _found(client, realm_id, entity, str(fields["Name"]))
        if found is None:
            raise
        return found


def _income_account(client: QuickBooksClient, realm_id: str) -> str:
    where = [query.equal("AccountType", "Income")]
    rows = _rows(client, realm_id, "Account", where)
    kinds = {row.get("AccountSubType"): str(row["Id"]) for row in reversed(rows)}
    for kind in INCOME_KINDS:
        if kind in kinds:
            return kinds[kind]
    raise BooksUnusable(
        "These books have no account for sales or service income: choose an income account."
    )


def _found(client: QuickBooksClient, realm_id: str, entity: str, name: str) -> Json | None:
    rows = _rows(client, realm_id, entity, [query.equal("Name", name), query.ACTIVE_OR_NOT])
    active = [row for row in rows if row.get("Active", True)]
    if rows and not active:
        raise BooksUnusable(
            f'"{name}" is inactive in QuickBooks: make it active there, then try again.'
        )
    return active[0] if active else None


def _rows(client: QuickBooksClient, realm_id: str, entity: str, where: list[str]) -> list[Json]:
    statement = query.select(entity, where, limit=query.PAGE_LIMIT_ROWS)
    answer = client.send(realm_id, requests.query(statement)).body["QueryResponse"]
    return list(answer.get(entity, ()))


def _made(client: QuickBooksClient, realm_id: str, entity: str, fields: Json) -> Json:
    # A new request id each time: after a lost answer the row is found by its unique name instead.
    request = requests.create(entity.lower(), fields, str(uuid4()))
    made: Json = client.send(realm_id, request).body[entity]
    return made


def _part(whole: Json, name: str) -> Json:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}
