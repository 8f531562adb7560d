"""What QuickBooks must hold for one company, derived from ProLine's tables: pure.

Only what needs no person is expected: a project that entered a trigger stage since the enable, its
contact, what was sent and paid for it since. Whatever waits for a stage, a sending or an answer is
expected to be absent.
"""

from demo.comparer.bills import bills_of
from demo.comparer.books import Books, Customer
from demo.comparer.paying import paid, payments_of
from demo.comparer.proline import Ledger, Office
from demo.comparer.scope import Scope
from demo.comparer.wording import address_of, customer_name, email_of, job_name, phone_of


def expected_books(office: Office, ledger: Ledger) -> Books:
    """Derive what QuickBooks must hold; a company never enabled must hold nothing."""
    if office.enabled_at is None:
        return Books(office.name)
    scope = Scope.of(office, office.enabled_at, ledger)
    bills = bills_of(scope)
    payments = payments_of(scope, bills)
    return Books(
        company=office.name,
        customers=(*_customers(scope), *_jobs(scope)),
        invoices=paid(bills, payments),
        payments=payments,
    )


def _customers(scope: Scope) -> list[Customer]:
    """A contact is a customer from its first transferred project on."""
    needed = {project.contact_id for project in scope.transferred.values()}
    return [
        Customer(
            key=f"C#{contact.number}",
            name=customer_name(contact),
            email=email_of(contact.email),
            phone=phone_of(contact.phone),
            address=address_of(contact),
        )
        for contact in scope.ledger.contacts
        if contact.id in needed
    ]


def _jobs(scope: Scope) -> list[Customer]:
    """Each transferred project is a job, where the office had chosen sub-customers."""
    return [
        Customer(
            key=f"P#{project.number}",
            name=job_name(scope.contact_of(project), project.number),
            parent=f"C#{scope.contact_of(project).number}",
        )
        for project in scope.transferred.values()
        if scope.office.mode_of(project.id) == "sub"
    ]
