"""A contact as a QuickBooks customer and a project as its sub-customer (job).

The number in a DisplayName makes it unique among customers, vendors and employees, which QuickBooks
demands, so a name is cut and its suffix never
(https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/customer).
"""

from schemas import Contact, Project
from workers.mapping.address import address_fields
from workers.mapping.context import BookContext, Fields, Mapped
from workers.mapping.text import (
    COMPANY_NAME_LENGTH_MAX,
    DISPLAY_NAME_LENGTH_MAX,
    PERSON_NAME_LENGTH_MAX,
    PHONE_LENGTH_MAX,
    clean_line,
    clean_name,
    cut,
    valid_email,
)

NAMELESS = "Customer"
DISTINCTION = " (Customer)"
"""Added once when a vendor or an employee holds the name."""
INACTIVE = " (deleted)"
"""What QuickBooks puts behind the name of a customer that is inactive; it is no part of ours."""
CONTACT_MARK = " - C#"
PROJECT_MARK = "'s Project - P#"

EMAIL_LEFT_OUT = "The e-mail address is not one QuickBooks accepts, so it was left out."
PHONE_LEFT_OUT = "The phone number is over 30 characters, so it was left out."

_NUMBER_LENGTH_MAX = 64


def contact_name(contact: Contact) -> str:
    """Return the contact's own name, cleaned, without number: display name, parts or company."""
    parts = clean_name(f"{contact.given_name or ''} {contact.family_name or ''}")
    company = clean_name(contact.company_name)
    return clean_name(contact.display_name) or parts or company or NAMELESS


def contact_display_name(
    contact: Contact, *, distinguished: bool = False, booked_as: str | None = None
) -> str:
    """Name the customer: `John Doe - C#1001`.

    Args:
        contact: Without a number (or with an endless one) its id stands for it.
        distinguished: A vendor or an employee holds the name: `John Doe - C#1001 (Customer)`.
        booked_as: The name we gave it before: its number never changes.
    """
    number = _booked_number(booked_as, CONTACT_MARK) or _number(contact)
    suffix = f"{CONTACT_MARK}{number}{DISTINCTION if distinguished else ''}"
    return cut(contact_name(contact), suffix, DISPLAY_NAME_LENGTH_MAX)


def project_display_name(
    project: Project,
    contact: Contact,
    *,
    distinguished: bool = False,
    booked_as: str | None = None,
) -> str:
    """Name the job: `John Doe's Project - P#1001`; arguments as for the contact."""
    number = _booked_number(booked_as, PROJECT_MARK) or _number(project)
    suffix = f"{PROJECT_MARK}{number}{DISTINCTION if distinguished else ''}"
    return cut(contact_name(contact), suffix, DISPLAY_NAME_LENGTH_MAX)


def customer_fields(
    contact: Contact,
    context: BookContext,
    *,
    distinguished: bool = False,
    booked_as: str | None = None,
) -> Mapped:
    """Map a contact to its main customer; never Balance, which would book an opening balance."""
    email, phone = valid_email(contact.email), _phone(contact)
    fields: Fields = {
        "DisplayName": contact_display_name(
            contact, distinguished=distinguished, booked_as=booked_as
        ),
        "GivenName": cut(clean_name(contact.given_name), "", PERSON_NAME_LENGTH_MAX),
        "FamilyName": cut(clean_name(contact.family_name), "", PERSON_NAME_LENGTH_MAX),
        "CompanyName": cut(clean_name(contact.company_name), "", COMPANY_NAME_LENGTH_MAX),
        "PrimaryEmailAddr": {"Address": email} if email else None,
        "PrimaryPhone": {"FreeFormNumber": phone} if phone else None,
        "BillAddr": address_fields(contact.address),
    }
    present = {name: value for name, value in fields.items() if value}
    return Mapped(present | _taxable(context), _left_out(contact, email, phone))


def job_fields(
    project: Project,
    contact: Contact,
    parent_id: str,
    context: BookContext,
    *,
    distinguished: bool = False,
    booked_as: str | None = None,
) -> Mapped:
    """Map a project to the sub-customer of its contact's customer; Job and ParentRef go together.

    BillWithParent is false from the start: it cannot be changed once invoices exist.
    """
    fields: Fields = {
        "DisplayName": project_display_name(
            project, contact, distinguished=distinguished, booked_as=booked_as
        ),
        "Job": True,
        "ParentRef": {"value": parent_id},
        "BillWithParent": False,
    }
    site = address_fields(project.address)
    return Mapped(fields | ({"ShipAddr": site} if site else {}) | _taxable(context))


def _booked_number(booked_as: str | None, mark: str) -> str | None:
    ours = (booked_as or "").removesuffix(INACTIVE).removesuffix(DISTINCTION)
    _, found, number = ours.rpartition(mark)
    return number if found and number else None


def _number(record: Contact | Project) -> str:
    number = clean_name(record.number)
    return number if 0 < len(number) <= _NUMBER_LENGTH_MAX else clean_name(record.id)


def _phone(contact: Contact) -> str | None:
    phone = clean_line(contact.phone)
    return phone if 0 < len(phone) <= PHONE_LENGTH_MAX else None


def _taxable(context: BookContext) -> Fields:
    """Say it outright in the US: a customer made without a word is taxable."""
    return {"Taxable": context.tax_mode == "amount"} if context.in_us else {}


def _left_out(contact: Contact, email: str | None, phone: str | None) -> tuple[str, ...]:
    left_out = {
        EMAIL_LEFT_OUT: contact.email and not email,
        PHONE_LEFT_OUT: contact.phone and not phone,
    }
    return tuple(sentence for sentence, is_so in left_out.items() if is_so)
