"""A postal address in QuickBooks' words; parts that are empty are left out.

Source: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer
"""

from schemas import Address
from workers.mapping.text import (
    PLACE_LENGTH_MAX,
    POSTAL_CODE_LENGTH_MAX,
    STREET_LENGTH_MAX,
    clean_line,
    cut,
)

ADDRESS_PARTS = ("Line1", "Line2", "City", "CountrySubDivisionCode", "PostalCode", "Country")
"""The parts of an address that we own."""


def address_fields(address: Address | None) -> dict[str, str]:
    """Map an address; an empty result means there is none."""
    if address is None:
        return {}
    parts = {
        "Line1": _part(address.line1, STREET_LENGTH_MAX),
        "Line2": _part(address.line2, STREET_LENGTH_MAX),
        "City": _part(address.city, PLACE_LENGTH_MAX),
        "CountrySubDivisionCode": _part(address.state, PLACE_LENGTH_MAX),
        "PostalCode": _part(address.postal_code, POSTAL_CODE_LENGTH_MAX),
        "Country": _part(address.country, PLACE_LENGTH_MAX),
    }
    return {name: part for name, part in parts.items() if part}


def _part(text: str | None, limit: int) -> str:
    return cut(clean_line(text), "", limit)
