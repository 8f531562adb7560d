"""Tax codes and tax rates: lists that are only read, and what a code comes to.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/taxcode
In the United States TAX and NON are tax codes too, with these words for their ids, and stand on
lines; the others stand in TxnTaxDetail. Elsewhere a line names one of the others.
"""

from decimal import Decimal

from qbo_simulator.entity import Entity
from qbo_simulator.name_lists import META
from qbo_simulator.properties import EVERY_ENTITY
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

AUTOMATED_CODE = "2"
"""The code that stands for what automated sales tax has chosen."""

Seed = tuple[str, str, tuple[tuple[str, str, Decimal], ...]]
"""Id and name of a code, and of each of its rates id, name and percentage."""
US_CODES: tuple[Seed, ...] = (
    ("2", "California", (("3", "California", Decimal(8)),)),
    ("3", "Tucson", (("1", "AZ State tax", Decimal("7.1")), ("2", "Tucson City", Decimal(2)))),
)
OTHER_CODES: tuple[Seed, ...] = (
    ("2", "GST", (("3", "GST", Decimal(5)),)),
    ("3", "Zero-rated", (("4", "Zero-rated", Decimal(0)),)),
)
LINE_CODES = ("TAX", "NON")


def seed_taxes(realm: Realm) -> None:
    """Put in the codes and rates of the company's country."""
    in_us = realm.settings.country == "US"
    for name in LINE_CODES if in_us else ():
        realm.add("TaxCode", _code(name, rates=(), taxable=name == "TAX", group=False), name)
    for code_id, name, rates in US_CODES if in_us else OTHER_CODES:
        for rate_id, rate_name, percent in rates:
            realm.add("TaxRate", _rate(rate_name, percent), rate_id)
        realm.add("TaxCode", _code(name, rates, taxable=True, group=True), code_id)


def rates_of(realm: Realm, code_id: str) -> list[tuple[str, Decimal]]:
    """The rates of a code, each with its id and percentage; none for an unknown code."""
    code = realm.find("TaxCode", code_id) or {}
    details = code.get("SalesTaxRateList", {}).get("TaxRateDetail", [])
    named = [detail["TaxRateRef"]["value"] for detail in details]
    return [(each, realm.objects["TaxRate"][each]["RateValue"]) for each in named]


def _code(
    name: str, rates: tuple[tuple[str, str, Decimal], ...], *, taxable: bool, group: bool
) -> Json:
    code: Json = {
        "Name": name,
        "Description": name,
        "Active": True,
        "Hidden": False,
        "Taxable": taxable,
        "TaxGroup": group,
    }
    if not group:
        return code
    details = [
        {
            "TaxRateRef": {"value": rate_id, "name": rate_name},
            "TaxTypeApplicable": "TaxOnAmount",
            "TaxOrder": 0,
        }
        for rate_id, rate_name, _ in rates
    ]
    return {
        **code,
        "SalesTaxRateList": {"TaxRateDetail": details},
        "PurchaseTaxRateList": {"TaxRateDetail": []},
    }


def _rate(name: str, percent: Decimal) -> Json:
    return {
        "Name": name,
        "Description": "Sales Tax",
        "Active": True,
        "RateValue": percent,
        "AgencyRef": {"value": "1"},
        "SpecialTaxType": "NONE",
        "EffectiveTaxRate": [
            {"RateValue": percent, "EffectiveDate": "2015-01-01T00:00:00-08:00"},
        ],
        "DisplayType": "ReadOnly",
    }


TAX_CODE, TAX_RATE = (
    Entity(name=name, properties=EVERY_ENTITY, complete=None, queryable=META, active=True)
    for name in ("TaxCode", "TaxRate")
)
