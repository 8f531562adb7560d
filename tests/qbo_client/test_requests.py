"""Requests as values: complete, canonical, and equal when they ask for the same."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import ApiRequest, requests

BASE = "https://books.example.com"
ID = "6f1c0a52-8d0e-5d5c-9f9b-000000000001"


def test_a_create_carries_requestid_and_minorversion() -> None:
    """Every write can be replayed, and the vendor's version is pinned."""
    request = requests.create("Invoice", {"CustomerRef": {"value": "64"}}, ID)

    assert request.method == "POST"
    assert request.path == "invoice"
    assert dict(request.params) == {"requestid": ID, "minorversion": "75"}
    assert request.body == b'{"CustomerRef":{"value":"64"}}'
    assert request.content_type == "application/json"


def test_a_create_with_an_id_is_refused() -> None:
    """With an Id it would overwrite an object."""
    with pytest.raises(ValueError, match="sparse_update"):
        requests.create("Customer", {"Id": "7"}, ID)


def test_an_update_is_sparse() -> None:
    """A full update would set everything left out to nothing."""
    request = requests.sparse_update("Customer", {"Id": "7", "SyncToken": "0"}, ID)

    assert request.body == b'{"Id":"7","SyncToken":"0","sparse":true}'


@pytest.mark.parametrize("fields", [{"Id": "7"}, {"SyncToken": "0"}, {"Id": "", "SyncToken": "0"}])
def test_an_update_without_id_or_token_is_refused(fields: dict[str, str]) -> None:
    """QuickBooks would take it for a create and make a second object."""
    with pytest.raises(ValueError, match="would be a create"):
        requests.sparse_update("Customer", fields, ID)


def test_an_invoice_is_voided_by_operation() -> None:
    """The invoice's words for a void."""
    request = requests.void("Invoice", "12", "3", ID)

    assert request.path == "invoice"
    assert ("operation", "void") in request.params
    assert request.body == b'{"Id":"12","SyncToken":"3"}'


def test_a_payment_is_voided_by_a_sparse_update_that_includes_it() -> None:
    """The payment's words for a void."""
    request = requests.void("Payment", "12", "3", ID)

    assert request.path == "payment"
    assert {("operation", "update"), ("include", "void")} <= set(request.params)
    assert request.body == b'{"Id":"12","SyncToken":"3","sparse":true}'


def test_nothing_else_is_voided() -> None:
    """A customer cannot be voided; saying so here is better than a fault."""
    with pytest.raises(ValueError, match="Only an invoice or a payment"):
        requests.void("Customer", "1", "0", ID)


@pytest.mark.parametrize("request_id", ["", "x" * 51, "a b", "é", "a\n"])
def test_a_requestid_quickbooks_would_refuse_is_not_built(request_id: str) -> None:
    """At most 50 printable characters, else 2130 after the fact."""
    with pytest.raises(ValueError, match="requestid"):
        requests.create("Invoice", {}, request_id)


@pytest.mark.parametrize("entity", ["", "Invoice/1", "../x", "In voice", "invoice?x"])
def test_an_entity_that_is_no_word_is_refused(entity: str) -> None:
    """An entity becomes part of the path."""
    with pytest.raises(ValueError, match="one word"):
        requests.read(entity, "1")


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    """Ids come from the wire and are escaped."""
    request = requests.read("Customer", "../7?x")

    assert request.url(BASE, "123").startswith(f"{BASE}/v3/company/123/customer/..%2F7%3Fx?")


@pytest.mark.parametrize("realm_id", ["", "12/34", "abc", "1?x", "١٢"])
def test_a_realm_that_is_not_digits_is_refused(realm_id: str) -> None:
    """A call never reaches an address made of something else than a company id."""
    with pytest.raises(ValueError, match="digits"):
        requests.preferences().url(BASE, realm_id)


def test_company_info_is_asked_for_by_the_realm() -> None:
    """The path repeats the company's id."""
    url = requests.company_info().url(BASE + "/", "123")

    assert url == f"{BASE}/v3/company/123/companyinfo/123?minorversion=75"


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100))
def test_a_statement_arrives_as_it_was_written(statement: str) -> None:
    """No character of a query is lost in the address, and none cuts it short."""
    request = requests.query(statement)

    query = urlsplit(request.url(BASE, "123")).query
    assert dict(parse_qsl(query, keep_blank_values=True)).get("query") == (
        statement if request.method == "GET" else None
    )
    assert "+" not in query
    assert request.body == (None if request.method == "GET" else statement.encode())


def test_a_long_statement_travels_as_a_body() -> None:
    """Proxies cut long addresses."""
    statement = f"SELECT * FROM Customer WHERE DisplayName = '{'x' * 3000}'"

    request = requests.query(statement)

    assert (request.method, request.path) == ("POST", "query")
    assert request.body == statement.encode()
    assert request.content_type == "application/text"
    assert request.params == (("minorversion", "75"),)


@pytest.mark.parametrize(
    ("request_", "operation", "entity", "writes"),
    [
        (requests.create("Invoice", {"Memo": '"sparse":true'}, ID), "create", "invoice", True),
        (requests.sparse_update("Item", {"Id": "1", "SyncToken": "0"}, ID), "update", "item", True),
        (requests.void("Invoice", "1", "0", ID), "void", "invoice", True),
        (requests.void("Payment", "1", "0", ID), "void", "payment", True),
        (requests.read("Invoice", "1"), "read", "invoice", False),
        (requests.query("select"), "query", "query", False),
        (requests.query("x" * 3000), "query", "query", False),
        (requests.company_info(), "read", "companyinfo", False),
        (requests.preferences(), "read", "preferences", False),
    ],
)
def test_a_request_says_what_it_does(
    request_: ApiRequest, operation: str, entity: str, *, writes: bool
) -> None:
    """Errors, metrics and the read quota go by these words, also for one read back from storage."""
    stored = ApiRequest(
        request_.method, request_.path, request_.params, request_.body, request_.content_type
    )

    assert (stored.operation, stored.entity, stored.writes) == (operation, entity, writes)


def test_a_requests_repr_shows_no_customer() -> None:
    """A request may be logged by its repr."""
    request = requests.create("Customer", {"DisplayName": "Ann Smith"}, ID)

    assert "Ann" not in repr(request)
    assert "Ann" not in repr(requests.query("select 'Ann'"))


def test_amounts_reach_the_bytes_exactly() -> None:
    """One tenth is one tenth."""
    request = requests.create("Payment", {"TotalAmt": Decimal("0.10")}, ID)

    assert request.body == b'{"TotalAmt":0.10}'
