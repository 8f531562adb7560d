"""Contacts and projects as customers and jobs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workers_mapping.examples import books, contact, project
from workers.mapping import (
    contact_display_name,
    customer_fields,
    job_fields,
    project_display_name,
)
from workers.mapping.customer import EMAIL_LEFT_OUT, PHONE_LEFT_OUT


def test_a_customer_is_named_by_contact_and_number() -> None:
    """The number makes the name unique among customers, vendors and employees."""
    assert contact_display_name(contact()) == "John Doe - C#1001"


def test_a_job_is_named_by_its_contacts_project_and_number() -> None:
    """A project's own name is edited and not unique, so the contact's stands there."""
    assert project_display_name(project(), contact()) == "John Doe's Project - P#2001"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"display_name": " "}, "John Doe - C#1001"),
        ({"display_name": None, "given_name": None, "family_name": None}, "Doe Homes - C#1001"),
        (
            {"display_name": "🏠", "given_name": None, "family_name": ":", "company_name": ""},
            "Customer - C#1001",
        ),
        ({"number": None}, "John Doe - C#contact-1"),
        ({"number": "9" * 65}, "John Doe - C#contact-1"),
    ],
)
def test_a_missing_name_or_number_is_replaced(changes: dict[str, object], name: str) -> None:
    """Every contact has a name and something that makes it unique."""
    assert contact_display_name(contact(**changes)) == name


def test_a_nameless_contacts_project_is_a_customers_project() -> None:
    """The same rule holds for the job."""
    nameless = contact(display_name="", given_name="", family_name="", company_name="")

    assert project_display_name(project(), nameless) == "Customer's Project - P#2001"


def test_a_name_a_vendor_holds_is_distinguished_once() -> None:
    """A vendor or an employee with the name keeps it."""
    name = contact_display_name(contact(), distinguished=True)
    job_name = project_display_name(project(), contact(), distinguished=True)

    assert name == "John Doe - C#1001 (Customer)"
    assert job_name == "John Doe's Project - P#2001 (Customer)"


@given(name=st.text(max_size=600), number=st.text(max_size=80), distinguished=st.booleans())
def test_names_keep_limit_and_suffix(name: str, number: str, *, distinguished: bool) -> None:
    """Whatever is typed, the name fits in 500 characters and ends in what makes it unique."""
    person = contact(display_name=name, number=number)
    job = project(number=number)

    customer_name = contact_display_name(person, distinguished=distinguished)
    job_name = project_display_name(job, person, distinguished=distinguished)

    for made, mark, record in ((customer_name, " - C#", person), (job_name, " - P#", job)):
        start, _, rest = made.rpartition(mark)
        kept = rest.removesuffix(" (Customer)") if distinguished else rest
        assert len(made) <= 500
        assert start
        assert 0 < len(kept) <= 64
        assert kept in {record.id, " ".join(kept.split())}
        assert not set(made) & set(":\t\n\r")


def test_a_customer_carries_what_proline_knows() -> None:
    """Names, e-mail, phone and address go over; never a balance, which would be booked."""
    mapped = customer_fields(contact(), books())

    assert mapped.fields == {
        "DisplayName": "John Doe - C#1001",
        "GivenName": "John",
        "FamilyName": "Doe",
        "CompanyName": "Doe Homes",
        "PrimaryEmailAddr": {"Address": "john@example.com"},
        "PrimaryPhone": {"FreeFormNumber": "(555) 555-0100"},
        "BillAddr": {
            "Line1": "1 Example Street",
            "Line2": "Unit 2",
            "City": "Denver",
            "CountrySubDivisionCode": "CO",
            "PostalCode": "80202",
            "Country": "USA",
        },
        "Taxable": False,
    }
    assert mapped.notes == ()


def test_what_is_missing_is_not_sent() -> None:
    """An empty field says nothing; only the name is always there."""
    bare = contact(
        given_name=None, family_name=None, company_name=None, email=None, phone=None, address={}
    )

    assert customer_fields(bare, books()).fields == {
        "DisplayName": "John Doe - C#1001",
        "Taxable": False,
    }


def test_a_malformed_email_and_an_endless_phone_are_left_out_and_said_so() -> None:
    """QuickBooks would refuse the customer for either; half a phone number is a wrong one."""
    mapped = customer_fields(contact(email="john at example", phone="5" * 31), books())

    assert mapped.fields.keys().isdisjoint({"PrimaryEmailAddr", "PrimaryPhone"})
    assert mapped.notes == (EMAIL_LEFT_OUT, PHONE_LEFT_OUT)


def test_parts_of_a_name_and_address_keep_their_limits() -> None:
    """QuickBooks refuses a longer text with 2050."""
    fields = customer_fields(
        contact(
            given_name="a" * 101,
            family_name="b" * 101,
            company_name="c" * 101,
            address={"line1": "d" * 501, "city": "e" * 256, "postal_code": "f" * 31},
        ),
        books(),
    ).fields

    assert [len(fields[name]) for name in ("GivenName", "FamilyName", "CompanyName")] == [100] * 3
    assert {name: len(part) for name, part in fields["BillAddr"].items()} == {
        "Line1": 500,
        "City": 255,
        "PostalCode": 30,
    }


@pytest.mark.parametrize(
    ("tax_mode", "taxable"), [("none", False), ("line", False), ("amount", True)]
)
def test_only_prolines_amount_on_a_code_makes_customers_taxable(
    tax_mode: str, *, taxable: bool
) -> None:
    """A customer made without a word is taxable, and QuickBooks would add tax of its own."""
    context = books(tax_mode=tax_mode)

    assert customer_fields(contact(), context).fields["Taxable"] is taxable
    assert job_fields(project(), contact(), "9", context).fields["Taxable"] is taxable


def test_outside_the_us_nothing_is_said_of_taxable() -> None:
    """Sales tax by customer is a US matter."""
    assert "Taxable" not in customer_fields(contact(), books(country="CA")).fields


def test_a_job_hangs_under_its_customer_and_is_billed_itself() -> None:
    """Job and ParentRef go together (6150); BillWithParent cannot be changed later (6130)."""
    fields = job_fields(project(address={"city": "Denver"}), contact(), "58", books()).fields

    assert fields == {
        "DisplayName": "John Doe's Project - P#2001",
        "Job": True,
        "ParentRef": {"value": "58"},
        "BillWithParent": False,
        "ShipAddr": {"City": "Denver"},
        "Taxable": False,
    }


def test_a_job_without_address_has_none() -> None:
    """An empty address is not sent."""
    assert "ShipAddr" not in job_fields(project(address=None), contact(), "58", books()).fields
