"""Whatever stands in a body, the answer is the object or a fault, and never a broken connection."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.qbo_simulator.driver import Company, item_line, payment_body

ODD: list[Any] = [
    None,
    5,
    "x",
    "",
    [],
    {},
    True,
    [1],
    {"value": None},
    {"value": []},
    [None],
    -3.5,
    10**20,
]
ADDRESS = {"Line1": "1 Main St", "Lat": "INVALID"}
DISCOUNT = {
    "DetailType": "DiscountLineDetail",
    "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
}
BODIES: dict[str, dict[str, Any]] = {
    "customer": {
        "DisplayName": "Ada",
        "BillAddr": ADDRESS,
        "PrimaryPhone": {"FreeFormNumber": "5550100"},
        "Active": True,
        "Job": False,
        "CurrencyRef": {"value": "USD"},
    },
    "invoice": {
        "CustomerRef": {"value": "1"},
        "TxnDate": "2026-01-05",
        "CustomField": [{"DefinitionId": "1", "StringValue": "Crew"}],
        "TxnTaxDetail": {"TotalTax": 1, "TxnTaxCodeRef": {"value": "2"}},
        "SalesTermRef": {"value": "2"},
        "Line": [item_line(10), DISCOUNT],
    },
    "payment": payment_body("1", 5, {"1": 2}, PaymentMethodRef={"value": "1"}),
    "deposit": {
        "DepositToAccountRef": {"value": "35"},
        "Line": [{"LinkedTxn": [{"TxnId": "2", "TxnType": "Payment"}]}],
    },
    "item": {"Name": "Roofing", "Type": "Service", "IncomeAccountRef": {"value": "45"}},
    "batch": {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {}}]},
}


def _places(document: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a document."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield (*above, name)
            yield from _places(value, (*above, name))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield (*above, place)
            yield from _places(value, (*above, place))


@pytest.mark.parametrize("entity", BODIES)
def test_an_odd_value_in_any_place_is_taken_or_refused(entity: str) -> None:
    """Every value of a sound body in turn is replaced by every odd one."""
    company = Company()
    invoice = {"CustomerRef": {"value": company.customer("Ben")}, "Line": [item_line(100)]}
    company.post("invoice", invoice)
    company.post("payment", payment_body("1", 5))

    for path in _places(BODIES[entity]):
        for odd in ODD:
            body = copy.deepcopy(BODIES[entity])
            holder: Any = body
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = odd
            assert company.post(entity, body).status in {200, 400}, (path, odd)
    for kind in ("Customer", "Invoice", "Payment", "Deposit", "Item"):
        assert company.query(f"select * from {kind}").status == 200
