"""Invented people: seeded, realistic, and with every awkward name sure to occur.

E-mails end in example.com and telephone numbers hold 555, so that nobody real is ever named or
reached.
"""

from dataclasses import dataclass
from typing import Final

from faker import Faker

PLAIN_EVERY: Final = 2
"""Every second person has an awkward name until those are used up; the others are Faker's."""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address in the United States."""

    line1: str
    line2: str | None
    city: str
    state: str
    postal_code: str
    country: str = "USA"


@dataclass(frozen=True, slots=True)
class Person:
    """A homeowner or a business's contact, as typed into ProLine."""

    display_name: str
    given_name: str | None
    family_name: str | None
    company_name: str | None
    customer_type: str
    email: str | None
    phone: str
    address: Address


@dataclass(frozen=True, slots=True)
class _Name:
    display: str
    given: str | None = None
    family: str | None = None
    company: str | None = None


_LONG: Final = "The Honourable Maximiliana Wilhelmina Featherstonehaugh-Cholmondeley of Upper "
AWKWARD: Final = (
    _Name("Siobhan O'Brien-D'Angelo", "Siobhan", "O'Brien-D'Angelo"),
    _Name("José Ángel Muñoz Nuñez", "José Ángel", "Muñoz Nuñez"),
    _Name("Acme Rentals: East Side", "Pat", "Doe", "Acme Rentals: East Side"),
    _Name("Jay 🏠 Miller", "Jay 🏠", "Miller"),
    _Name((_LONG + "Lower Middle Slaughter-on-the-Water").ljust(120, "x")[:120]),
    _Name("Zoë Łukasiewicz", "Zoë", "Łukasiewicz"),
    _Name("O\u2019Neil “Buddy” McCoy", "O\u2019Neil", "McCoy"),
    _Name("Tab\tTyped Twice", "Tab\tTyped", "Twice"),
    _Name("  Spaces   Everywhere  ", "Spaces", "Everywhere"),
    _Name("John Smith", "John", "Smith"),
    _Name("JOHN SMITH", "JOHN", "SMITH"),
    _Name("Smith & Sons <Roofing> #1 100%", None, None, "Smith & Sons <Roofing>"),
    _Name("Nguyễn Thị Hồng Ánh", "Hồng Ánh", "Nguyễn"),
    _Name('Robert "Bob" \\ Backslash', "Robert", "Backslash"),
)
MALFORMED_EMAIL: Final = "call me instead"


def people(seed: int, count: int) -> tuple[Person, ...]:
    """Invent people; the same seed gives the same people.

    Args:
        seed: Any whole number.
        count: How many; from twice the number of awkward names on, each awkward name occurs.
    """
    faker = Faker("en_US")
    faker.seed_instance(seed)
    return tuple(_person(faker, index) for index in range(count))


def address(faker: Faker) -> Address:
    """Invent one address."""
    line2 = faker.secondary_address() if faker.boolean(chance_of_getting_true=25) else None
    return Address(
        faker.street_address(), line2, faker.city(), faker.state_abbr(), faker.postcode()
    )


def _person(faker: Faker, index: int) -> Person:
    name = _name(faker, index)
    return Person(
        display_name=name.display,
        given_name=name.given,
        family_name=name.family,
        company_name=name.company,
        customer_type="business" if name.company else "homeowner",
        email=_email(index),
        phone=f"({faker.random_int(201, 989)}) 555-{index:04d}",
        address=address(faker),
    )


def _name(faker: Faker, index: int) -> _Name:
    awkward, plain = divmod(index, PLAIN_EVERY)
    if not plain and awkward < len(AWKWARD):
        return AWKWARD[awkward]
    given, family = faker.first_name(), faker.last_name()
    company = faker.company() if faker.boolean(chance_of_getting_true=20) else None
    return _Name(f"{given} {family}", given, family, company)


def _email(index: int) -> str | None:
    """Give most people an e-mail, one none, and one something that is no e-mail."""
    return {5: None, 6: MALFORMED_EMAIL}.get(index, f"customer.{index + 1}@example.com")
