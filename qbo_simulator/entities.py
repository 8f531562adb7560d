"""Every entity that the simulator serves, by the name in its path."""

from qbo_simulator.company import company_info, preferences
from qbo_simulator.customers import CUSTOMER, EMPLOYEE, VENDOR
from qbo_simulator.deposits import DEPOSIT
from qbo_simulator.invoices import INVOICE
from qbo_simulator.name_lists import ACCOUNT, ITEM, PAYMENT_METHOD, TERM
from qbo_simulator.payments import PAYMENT
from qbo_simulator.tax_lists import TAX_CODE, TAX_RATE

ENTITIES = {
    entity.name.lower(): entity
    for entity in (
        CUSTOMER,
        VENDOR,
        EMPLOYEE,
        INVOICE,
        PAYMENT,
        DEPOSIT,
        ITEM,
        ACCOUNT,
        PAYMENT_METHOD,
        TERM,
        TAX_CODE,
        TAX_RATE,
    )
}
SINGLE = {"companyinfo": company_info, "preferences": preferences}
"""Entities of which a company has one, which is made from its settings."""
SINGLE_NAMES = {"companyinfo": "CompanyInfo", "preferences": "Preferences"}


def entity_name(word: str) -> str:
    """The proper name of an entity that a path or statement names in any case."""
    name = word.lower()
    return ENTITIES[name].name if name in ENTITIES else SINGLE_NAMES.get(name, word)
