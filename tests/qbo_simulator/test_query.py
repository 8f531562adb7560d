"""The select language: what it finds, how it pages, and how it breaks."""

import pytest

from tests.qbo_simulator.driver import Company, payment_body


def _named(company: Company, *names: str) -> None:
    for name in names:
        company.customer(name)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("select * from Customer", ["Ann O'Neil", "Ben", "Cy \\ Co"]),
        ("SELECT * FROM customer WHERE DisplayName = 'Ann O\\'Neil'", ["Ann O'Neil"]),
        ("select * from Customer where DisplayName = 'ann o\\'neil'", ["Ann O'Neil"]),
        ("select * from Customer where DisplayName = 'Cy \\\\ Co'", ["Cy \\ Co"]),
        ("select * from Customer where DisplayName like 'B%'", ["Ben"]),
        ("select * from Customer where DisplayName like '%n%'", ["Ann O'Neil", "Ben"]),
        ("select * from Customer where DisplayName in ('Ben', 'Nobody')", ["Ben"]),
        ("select * from Customer where DisplayName > 'B' and Id < '3'", ["Ben"]),
        ("select * from Customer where Active = false", ["Gone (deleted)"]),
        (
            "select * from Customer where Active in (true, false) orderby DisplayName desc",
            ["Gone (deleted)", "Cy \\ Co", "Ben", "Ann O'Neil"],
        ),
        ("select * from Customer startposition 2 maxresults 1", ["Ben"]),
        ("select * from Customer maxresults 1 startposition 3", ["Cy \\ Co"]),
        ("select * from Customer where Id = '2'", ["Ben"]),
        ("select * from Customer where Balance = 0 order by DisplayName asc maxresults 1", None),
        ("select * from Customer where MetaData.CreateTime > '2026-11-20T09:59:59-08:00'", None),
    ],
)
def test_a_statement_finds_its_rows(statement: str, names: list[str] | None) -> None:
    """Conditions, lists, patterns, order and pages mean what Intuit's page says."""
    company = Company()
    _named(company, "Ann O'Neil", "Ben", "Cy \\ Co", "Gone")
    company.post("customer", {"Id": "4", "SyncToken": "0", "sparse": True, "Active": False})

    found = [row["DisplayName"] for row in company.rows(statement)]

    assert found == names if names is not None else found


def test_the_reply_tells_how_many_rows_it_holds() -> None:
    """`maxResults` is the number returned; without a hit the entity's key is absent."""
    company = Company()
    _named(company, "Ann", "Ben")

    page = company.query("select * from Customer startposition 2 maxresults 50").json
    none = company.query("select * from Customer where DisplayName = 'Nobody'").json
    count = company.query("select count(*) from Customer").json

    assert page["QueryResponse"]["startPosition"] == 2
    assert page["QueryResponse"]["maxResults"] == 1
    assert none["QueryResponse"] == {}
    assert count["QueryResponse"] == {"totalCount": 2}


def test_a_hundred_rows_are_a_page_unless_told() -> None:
    """The default page holds 100 rows, the largest 1,000."""
    company = Company()
    _named(company, *(f"Customer {number}" for number in range(101)))

    assert len(company.rows("select * from Customer")) == 100
    assert len(company.rows("select * from Customer maxresults 1000")) == 101


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("select * from Customer where DisplayName = 'O'Neil'", "4000"),
        ("select * from Customer where DisplayName = 'O\u2019Neil'", "4000"),
        ("select * from Customer where DisplayName = 'a \u2013 b'", "4000"),
        ("select * from Customer where Active = true or Job = true", "4000"),
        ("select from Customer", "4000"),
        ("delete from Customer", "4000"),
        ("", "4000"),
        ("select * from Customer where DisplayName ~ 'a'", "4000"),
        ("select * from Customer startposition 0", "4001"),
        ("select * from Customer maxresults 1001", "4001"),
        ("select * from Customer where Notes = 'a'", "4001"),
        ("select * from Invoice where PrivateNote = 'a'", "4001"),
        ("select * from Invoice where Active = true", "4001"),
        ("select *, from Customer", "4000"),
        ("select * from Payment where PrivateNote = 'a'", "4001"),
        ("select * from Customer orderby Nickname", "4001"),
        ("select * from Nothing", "4001"),
        ("select * from Customer" + " " * 100_000, "4000"),
        ("select * from Invoice where TotalAmt > 'much'", "4001"),
    ],
)
def test_a_statement_that_cannot_be_read_is_refused(statement: str, code: str) -> None:
    """What is not grammar is 4000 (curly quotes too), what names the unfilterable is 4001."""
    company = Company()
    company.invoice(company.customer(), 5)

    reply = company.query(statement)

    assert (reply.status, reply.code) == (400, code)


def test_an_accent_does_not_break_a_statement() -> None:
    """Only curly punctuation breaks the parser; letters outside ASCII do not."""
    company = Company()
    company.customer("José Nuñez")

    assert len(company.rows("select * from Customer where DisplayName = 'José Nuñez'")) == 1


def test_a_long_statement_is_posted_as_text() -> None:
    """POST query takes the statement as its body."""
    company = Company()
    company.customer("Ada")

    reply = company.post("query", b"select Id, DisplayName from Customer")

    assert reply.json["QueryResponse"]["Customer"] == [
        {"DisplayName": "Ada", "domain": "QBO", "sparse": False, "Id": "1"}
    ]


def test_transactions_are_found_by_customer_number_date_and_reference() -> None:
    """References compare by id, amounts by value, dates by day."""
    company = Company(custom_txn_numbers=True)
    ada, ben = company.customer("Ada"), company.customer("Ben")
    mine = company.invoice(ada, 12.5, DocNumber="7", TxnDate="2026-11-01")["Id"]
    company.invoice(ben, 99, DocNumber="8", TxnDate="2026-11-02")
    paid = company.post("payment", payment_body(ada, 5, {mine: 5}, PaymentRefNum="P-1")).object

    statements = [
        "select * from Invoice where DocNumber = '7'",
        f"select * from Invoice where CustomerRef = '{ada}' and TxnDate = '2026-11-01'",
        "select * from Invoice where Balance < '10'",
        "select * from Invoice where TotalAmt <= 12.50",
    ]

    assert [[row["Id"] for row in company.rows(each)] for each in statements] == [[mine]] * 4
    assert company.rows("select * from Payment where PaymentRefNum = 'P-1'")[0]["Id"] == paid["Id"]


def test_lists_every_company_has_can_be_asked_for() -> None:
    """Accounts, items, methods, terms, tax codes and the company itself answer a select."""
    company = Company()

    income = company.rows("select * from Account where AccountType = 'Income' orderby Name")

    assert [row["Id"] for row in income] == ["86", "79", "45"]
    for kind in ("Item", "PaymentMethod", "Term", "TaxCode", "CompanyInfo", "Preferences"):
        assert company.rows(f"select * from {kind}"), kind


def test_rows_come_by_name_and_transactions_newest_first() -> None:
    """As recorded replies have them where nothing is said of order."""
    company = Company()
    _named(company, "Cy", "Ann", "Ben")
    for day in ("2026-11-02", "2026-11-05", "2026-11-02"):
        company.invoice("1", 5, TxnDate=day)

    names = [row["DisplayName"] for row in company.rows("select * from Customer")]
    invoices = [row["Id"] for row in company.rows("select * from Invoice")]

    assert names == ["Ann", "Ben", "Cy"]
    assert invoices == ["2", "3", "1"]


def test_more_columns_may_be_named_beside_the_star() -> None:
    """A public client library asks for `*, Sku`."""
    assert Company().rows("select *, Sku from Item")[0]["Name"] == "Services"
