"""The tax of an invoice: what was sent, or what its lines' codes come to.

https://developer.intuit.com/app/developer/qbo/docs/workflows/manage-sales-tax-for-us-locales
Without sales tax TxnTaxDetail is ignored, and not shown. In the United States the taxable lines are
those marked TAX: automated sales tax chooses code and rate itself and takes an explicit TotalTax as
an override; otherwise the code in TxnTaxDetail makes the tax. Elsewhere each line's own code makes
it, and GlobalTaxCalculation is required (2020); with NotApplicable a tax is refused (6170).
Assumed, for no source says it: an override is spread over the rates of a code by their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbo_simulator.faults import FaultError, missing
from qbo_simulator.money import to_cents
from qbo_simulator.properties import reference
from qbo_simulator.realm import Realm
from qbo_simulator.tax_lists import AUTOMATED_CODE, rates_of
from qbo_simulator.wire import Json

ZERO = Decimal(0)
NOT_APPLICABLE = "NotApplicable"
INCLUSIVE = "TaxInclusive"
HUNDRED = Decimal(100)
Rates = Sequence[tuple[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Base:
    """What an invoice's tax is computed on: per tax code what its lines come to, and the rest."""

    taxable: dict[str, Decimal]
    subtotal: Decimal
    discount: Decimal
    discount_first: bool

    def of(self, code: str) -> Decimal:
        """The taxable sum of one line code, less its share of a discount that comes first."""
        amount = self.taxable.get(code, ZERO)
        if not self.discount_first or not self.subtotal:
            return amount
        return amount - self.discount * amount / self.subtotal


def is_out_of_scope(realm: Realm, fields: Json) -> bool:
    """Whether lines need no tax code: no tax is charged, or it does not apply to this invoice."""
    return not realm.settings.using_sales_tax or (
        realm.settings.country != "US" and fields.get("GlobalTaxCalculation") == NOT_APPLICABLE
    )


def check_tax_calculation(realm: Realm, fields: Json) -> None:
    """Refuse what does not go together outside the United States; there it is ignored."""
    if realm.settings.country == "US" or not realm.settings.using_sales_tax:
        return
    how = fields.get("GlobalTaxCalculation")
    if how is None:
        raise missing("GlobalTaxCalculation")
    if how == NOT_APPLICABLE and (fields.get("TxnTaxDetail") or {}).get("TotalTax"):
        raise FaultError("6170", "TxnTaxDetail not allowed : GlobalTaxCalculation is NotApplicable")


def complete_tax(realm: Realm, fields: Json, base: Base) -> Json:
    """Give TxnTaxDetail as QuickBooks keeps it."""
    if is_out_of_scope(realm, fields):
        return {"TotalTax": ZERO}
    sent = {name: v for name, v in (fields.get("TxnTaxDetail") or {}).items() if v is not None}
    taxed = _in_us(realm, sent, base) if realm.settings.country == "US" else _abroad(realm, base)
    total = to_cents(sent["TotalTax"]) if "TotalTax" in sent else taxed.total
    if not total:
        return {"TotalTax": ZERO}
    code = {"TxnTaxCodeRef": {"value": taxed.code}} if taxed.code else {}
    lines = [_tax_line(rate, amount) for rate, amount in taxed.spread(total)]
    return {**code, "TotalTax": total, **({"TaxLine": lines} if lines else {})}


@dataclass(frozen=True, slots=True)
class _Rate:
    """One rate on what it is charged on."""

    rate_id: str
    percent: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class _Taxed:
    """The rates that apply to an invoice, and the code they come from, in the United States."""

    code: str | None
    rates: tuple[_Rate, ...]

    @property
    def total(self) -> Decimal:
        return sum((to_cents(each.net * each.percent / HUNDRED) for each in self.rates), ZERO)

    def spread(self, total: Decimal) -> list[tuple[_Rate, Decimal]]:
        """Divide a total among the rates; the last takes what rounding leaves."""
        whole = sum((each.percent for each in self.rates), ZERO)
        shares = [to_cents(total * each.percent / whole) if whole else ZERO for each in self.rates]
        if shares:
            shares[-1] += total - sum(shares, ZERO)
        return list(zip(self.rates, shares, strict=True))


def _in_us(realm: Realm, sent: Json, base: Base) -> _Taxed:
    code, rates = _us_rates(realm, sent)
    net = base.of("TAX")
    return _Taxed(code, tuple(_Rate(rate_id, percent, net) for rate_id, percent in rates))


def _us_rates(realm: Realm, sent: Json) -> tuple[str | None, Rates]:
    """The code that applies and its rates; a set rate stands for what automated tax finds."""
    code = reference(sent, "TxnTaxCodeRef")
    set_rate = realm.settings.tax_rate_percent
    if realm.settings.partner_tax_enabled or code is None:
        found = rates_of(realm, AUTOMATED_CODE)[0][0]
        return AUTOMATED_CODE, [(found, ZERO if set_rate is None else set_rate)]
    if realm.find("TaxCode", code) is None:
        raise FaultError("2500", f"Invalid Reference Id : TaxCode element id {code} not found")
    return code, rates_of(realm, code)


def _abroad(realm: Realm, base: Base) -> _Taxed:
    rates = [
        _Rate(rate_id, percent, base.of(code))
        for code in base.taxable
        for rate_id, percent in rates_of(realm, code)
    ]
    return _Taxed(None, tuple(rates))


def _tax_line(rate: _Rate, amount: Decimal) -> Json:
    return {
        "Amount": amount,
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate.rate_id},
            "PercentBased": True,
            "TaxPercent": rate.percent,
            "NetAmountTaxable": to_cents(rate.net),
        },
    }
