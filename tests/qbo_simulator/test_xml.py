"""The same API in XML, as old client libraries speak it."""

from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from qbo_simulator import Request
from qbo_simulator.xml_format import read_xml
from tests.qbo_simulator.driver import Company, Reply, invoice_body, payment_body

SPACE = "{http://schema.intuit.com/finance/v3}"


def _send(company: Company, method: str, path: str, body: str = "", **parameters: str) -> Reply:
    headers = {**company.headers(), "accept": "application/xml", "content-type": "application/xml"}
    target = company.target(path, parameters)
    return company.send(Request(method, target, headers, body.encode()))


def _root(reply: Reply) -> Element:
    assert reply.response.content_type == "application/xml"
    parsed: Element = fromstring(reply.response.body)
    return parsed


def test_an_invoice_is_made_and_read_in_xml() -> None:
    """References carry their name as an attribute; lines repeat; flags and amounts are text."""
    company = Company()
    ada = company.customer("Ada & Co")
    body = f"""<Invoice xmlns="http://schema.intuit.com/finance/v3">
      <CustomerRef>{ada}</CustomerRef><PrivateNote>a &lt; b</PrivateNote>
      <Line><Amount>10.50</Amount><DetailType>SalesItemLineDetail</DetailType>
        <SalesItemLineDetail><ItemRef>1</ItemRef><Qty>1</Qty><UnitPrice>10.50</UnitPrice>
        </SalesItemLineDetail></Line></Invoice>"""

    made = _root(_send(company, "POST", "invoice", body))
    read = _root(_send(company, "GET", "invoice/1"))

    for root in (made, read):
        invoice = root.find(f"{SPACE}Invoice")
        assert invoice is not None
        assert (invoice.get("domain"), invoice.get("sparse")) == ("QBO", "false")
        customer = invoice.find(f"{SPACE}CustomerRef")
        assert customer is not None
        assert (customer.text, customer.get("name")) == (ada, "Ada & Co")
        assert len(invoice.findall(f"{SPACE}Line")) == 2
        assert invoice.findtext(f"{SPACE}TotalAmt") == "10.5"
        assert invoice.findtext(f"{SPACE}PrivateNote") == "a < b"
    assert root.get("time")


def test_a_sparse_update_in_xml_says_so_by_an_attribute() -> None:
    """What is not sent stays."""
    company = Company()
    company.customer("Ada", Notes="keep")
    body = (
        '<Customer sparse="true"><Id>1</Id><SyncToken>0</SyncToken>'
        "<GivenName>A.</GivenName></Customer>"
    )

    _send(company, "POST", "customer", body)

    assert company.get("customer/1").object["Notes"] == "keep"
    assert company.get("customer/1").object["GivenName"] == "A."


def test_queries_batches_and_payments_are_answered_in_xml() -> None:
    """A query counts by attributes, a part of a batch is named by one, LineEx is plain names."""
    company = Company()
    company.invoice(company.customer(), 100)
    company.post("payment", payment_body("1", 60, {"1": 60}))
    batch = (
        '<IntuitBatchRequest><BatchItemRequest bId="a" operation="create">'
        "<Vendor><DisplayName>Supplies</DisplayName></Vendor></BatchItemRequest>"
        '<BatchItemRequest bId="b"><Query>select * from Item</Query></BatchItemRequest>'
        "</IntuitBatchRequest>"
    )

    query = _root(_send(company, "GET", "query", query="select * from Customer"))
    parts = _root(_send(company, "POST", "batch", batch))
    payment = _root(_send(company, "GET", "payment/2"))

    response = query.find(f"{SPACE}QueryResponse")
    assert response is not None
    assert response.get("maxResults") == "1"
    assert [part.get("bId") for part in parts] == ["a", "b"]
    assert parts.find(f".//{SPACE}Vendor") is not None
    names = [each.text for each in payment.iterfind(f".//{SPACE}NameValue/{SPACE}Name")]
    assert names == ["txnId", "txnOpenBalance", "txnReferenceNumber"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<Customer><Mood>good</Mood></Customer>", "2010"),
        ("<Customer>", "2010"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><Customer/>", "2010"),
        ("<Customer></Customer>", "6080"),
    ],
)
def test_a_refusal_is_in_xml_too(body: str, code: str) -> None:
    """With the code as an attribute; a document type is never read."""
    error = _root(_send(Company(), "POST", "customer", body)).find(f".//{SPACE}Error")

    assert error is not None
    assert error.get("code") == code


def test_a_gateways_refusal_is_in_xml_where_xml_is_asked_for() -> None:
    """401 with 3200, its message in an element."""
    company = Company()
    company.token = "expired"

    root = _root(_send(company, "GET", "customer/1"))

    assert root.findtext(f".//{SPACE}Message")
    assert root.find(f"{SPACE}Fault") is not None


def test_what_is_written_is_read_back() -> None:
    """A reply in XML holds what the same reply in JSON holds."""
    company = Company()
    company.customer("Ada", BillAddr={"Line1": "1 Main St"})
    company.post("invoice", invoice_body("1", 100, CustomerMemo={"value": "Thanks"}))

    in_xml = read_xml(_send(company, "GET", "invoice/1").response.body)
    in_json = company.get("invoice/1").json

    assert set(in_xml["Invoice"]) == set(in_json["Invoice"]) - {"LinkedTxn"}
    assert in_xml["Invoice"]["CustomerMemo"] == {"value": "Thanks"}
    assert in_xml["Invoice"]["BillAddr"] == in_json["Invoice"]["BillAddr"]
