"""What every write has in common: tokens, sparse and full updates, ids, bad bodies."""

from tests.qbo_simulator.driver import Company


def test_a_stale_sync_token_is_refused() -> None:
    """An update must carry the current SyncToken, else 5010, and nothing changes."""
    company = Company()
    ada = company.customer("Ada")
    update = {"Id": ada, "SyncToken": "0", "sparse": True, "Notes": "one"}
    assert company.post("customer", update).object["SyncToken"] == "1"

    reply = company.post("customer", {**update, "Notes": "two"})

    assert (reply.status, reply.code) == (400, "5010")
    assert company.get(f"customer/{ada}").object["Notes"] == "one"


def test_a_sparse_update_that_changes_nothing_keeps_its_token() -> None:
    """Sending what is there already leaves SyncToken and LastUpdatedTime."""
    company = Company()
    address = {"Line1": "1 Main St", "City": "Denver"}
    ada = company.customer("Ada", BillAddr=address)
    company.clock.advance(60)

    update = {"Id": ada, "SyncToken": "0", "sparse": True, "DisplayName": "Ada"}
    shown = company.post("customer", {**update, "BillAddr": address}).object

    assert shown["SyncToken"] == "0"
    assert shown["MetaData"]["LastUpdatedTime"] == "2026-11-20T10:00:00-08:00"


def test_an_unchanged_invoice_keeps_its_token() -> None:
    """An invoice's own lines sent back, as read, are no change."""
    company = Company()
    made = company.invoice(company.customer(), 10.5, 20)

    update = {name: made[name] for name in ("Id", "SyncToken", "Line", "CustomerRef")}
    shown = company.post("invoice", {**update, "sparse": True}).object

    assert shown == made


def test_a_full_update_clears_what_it_leaves_out_and_a_sparse_one_does_not() -> None:
    """Without `sparse`, a writable field that is not sent is gone."""
    company = Company()
    ada = company.customer("Ada", Notes="keep", GivenName="Ada")

    sparse = company.post(
        "customer", {"Id": ada, "SyncToken": "0", "sparse": True, "GivenName": "A."}
    ).object
    full = company.post("customer", {"Id": ada, "SyncToken": "1", "DisplayName": "Ada"}).object

    assert (sparse["Notes"], sparse["GivenName"]) == ("keep", "A.")
    assert "Notes" not in full
    assert "GivenName" not in full


def test_an_unknown_id_and_no_id_at_all_are_told_apart() -> None:
    """610 for an id nobody has, 2030 for one that is no number, 2020 without SyncToken."""
    company = Company()
    ada = company.customer()

    unknown = company.get("customer/999")
    wordy = company.get("customer/ada")
    tokenless = company.post("customer", {"Id": ada, "sparse": True})

    assert (unknown.code, wordy.code, tokenless.code) == ("610", "2030", "2020")


def test_a_body_that_cannot_be_read_is_refused() -> None:
    """Bytes outside UTF-8 are code 500, broken JSON is 2010; both come with HTTP 400."""
    company = Company()

    bytes_reply = company.post("customer", b'{"DisplayName": "\xff"}')
    json_reply = company.post("customer", b'{"DisplayName": ')
    list_reply = company.post("customer", b"[]")

    assert (bytes_reply.status, bytes_reply.code) == (400, "500")
    assert (json_reply.code, list_reply.code) == ("2010", "2010")


def test_an_unknown_entity_or_operation_is_unsupported() -> None:
    """What does not exist is answered with code 500 on HTTP 400."""
    company = Company()

    entity = company.post("customerz", {})
    operation = company.post("customer", {"Id": "1"}, operation="merge")
    void = company.post("customer", {"Id": "1", "SyncToken": "0"}, operation="void")

    assert (entity.code, operation.code, void.code) == ("500", "500", "500")


def test_vendors_and_items_are_kept_apart_by_kind() -> None:
    """An item needs an income account of the right type; a read finds only its own kind."""
    company = Company()

    made = company.post("item", {"Name": "Roofing", "IncomeAccountRef": {"value": "45"}}).object
    bank = company.post("item", {"Name": "Bank", "IncomeAccountRef": {"value": "35"}})
    none = company.post("item", {"Name": "None"})
    twice = company.post("item", {"Name": "roofing", "IncomeAccountRef": {"value": "45"}})

    assert made["IncomeAccountRef"] == {"value": "45", "name": "Services"}
    assert (bank.code, none.code, twice.code) == ("6430", "6000", "6240")
    assert twice.detail.endswith(f"Id={made['Id']}")


def test_a_payment_method_is_made_once() -> None:
    """A payment method's name holds 31 characters and is unique."""
    company = Company()

    made = company.post("paymentmethod", {"Name": "ProLine"}).object
    twice = company.post("paymentmethod", {"Name": "ProLine"})
    long = company.post("paymentmethod", {"Name": "x" * 32})

    assert made["Type"] == "NON_CREDIT_CARD"
    assert (twice.code, long.code) == ("6240", "2050")


def test_company_and_preferences_follow_the_settings() -> None:
    """CompanyInfo names the company, Preferences show what the realm was made with."""
    company = Company(
        company_name="Example Roofing", custom_txn_numbers=True, book_close_date="2026-06-30"
    )

    info = company.get(f"companyinfo/{company.realm_id}").object
    preferences = company.get("preferences").object

    assert (info["CompanyName"], info["Country"]) == ("Example Roofing", "US")
    assert preferences["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert preferences["AccountingInfoPrefs"]["BookCloseDate"] == "2026-06-30"
    assert preferences["CurrencyPrefs"]["HomeCurrency"] == {"value": "USD"}
