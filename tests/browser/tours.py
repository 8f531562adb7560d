"""Tours through the page: each leads somebody to its stops and yields their names on arrival.

States that time or QuickBooks brings about are set by the functions production uses.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from connections import companies
from connections.companies import UNTIL_RESUMED, PauseReason
from coordination.clock import clock
from tests.browser.clerk import BOOKS, ON, Clerk, show_stages, taken_in
from tests.support.browser import DESK
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office
from tests.support.roofer import new_realm, until

COMPANY_NAME = "Example Roofing"
OTHER_BOOKS = "Sample Shingles"
PEOPLE = (
    ("c1", "1001", "Ada Example", "p1", "2001", "New roof"),
    ("c2", "1002", "Bo Sample", "p2", "2002", "Storm damage"),
    ("c3", "1003", "Cy Placeholder", "p3", "2003", "Gutters and fascia"),
)
DAY_OF_PICTURES = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""When it always is on a tour, so that pictures change only where the page does."""


def as_on_the_day_of_pictures(database_clock: DatabaseClock) -> None:
    """Put the clock to where it stands on every tour; from there it runs."""
    database_clock.advance((DAY_OF_PICTURES - database_clock.now()).total_seconds())


def setting_up(office: Office, clerk: Clerk) -> Iterator[str]:
    """From nothing to on."""
    roofer = office.roofer
    show_stages(office, "Lead", "Estimate", "Closed - Won", "In production", "Complete")
    clerk.launches(company_name=COMPANY_NAME)
    clerk.page.get_by_role("navigation", name="Where you are").get_by_role("link").first.click()
    yield "integrations"
    clerk.follows("QuickBooks")
    yield "not-set-up"
    clerk.follows("Set up")
    clerk.main.get_by_role("radio", name="sub-customer").check()
    yield "settings"
    clerk.presses("Save settings")
    roofer.contact("c9", number="0990", display_name="Di Specimen")
    roofer.project("p9", number="1990", contact_id="c9", name="Skylights")
    clerk.page.goto(f"{office.url}/integrations/quickbooks")
    yield "ready-to-connect"
    clerk.presses("Connect to QuickBooks").consents(BOOKS)
    yield "confirm"
    clerk.presses("Confirm").is_told("QuickBooks is connected.")
    taken_in(office)
    clerk.page.goto(f"{office.url}/integrations/quickbooks")
    yield "off"
    clerk.opens("Settings").presses("Read them again").opens("Settings")
    yield "settings-connected"
    clerk.opens("Overview").presses("Enable Integration")
    expect(clerk.state).to_contain_text(ON)
    _books_a_day(office)
    clerk.page.goto(f"{office.url}/integrations/quickbooks")
    yield "on"
    yield "phone-on"


def at_work(office: Office, clerk: Clerk) -> Iterator[str]:
    """A day on which something needs a person."""
    _needs_a_person(office)
    clerk.launches(company_name=COMPANY_NAME)
    yield "attention"
    clerk.follows("See what needs attention")
    yield "needs-attention"
    clerk.opens("Activity")
    yield "activity"
    clerk.follows("Invoice 503")
    yield "record"
    clerk.opens("Overview").region("Worth knowing").get_by_role("link").click()
    yield "findings"
    clerk.presses("I have seen to it").opens("Overview").region(
        "Projects that could be transferred"
    ).get_by_role("link").click()
    yield "projects"
    clerk.presses("Transfer project 1990").is_told("The project is on its way to QuickBooks.")
    clerk.opens("Settings").main.get_by_role("radio", name="sub-customer").check()
    clerk.presses("Save settings").opens("Activity").follows("Invoice 504")
    clerk.main.get_by_text("Skip it …").click()
    clerk.main.get_by_role("textbox").fill("Booked by hand.")
    clerk.presses("Skip it").opens("History")
    yield "history"
    clerk.opens("Needs attention")
    yield "phone-attention"
    clerk.opens("Overview")
    clerk.page.get_by_role("banner").get_by_text("Menu").click()
    yield "phone-menu"


def held(office: Office, clerk: Clerk) -> Iterator[str]:
    """What keeps a company from going on, and the questions on the way back."""
    roofer = office.roofer
    office.enabled()
    _books_a_day(office)
    clerk.launches(company_name=COMPANY_NAME)
    pauses: tuple[PauseReason, ...] = ("limit", "unavailable", "subscription", "person")
    for reason in pauses:
        _pause(office, reason)
        roofer.invoice("i7", "730.00", memo=f"While {reason}")
        taken_in(office)
        clerk.opens("Overview")
        yield "paused" if reason == "person" else reason
        _resume(office)
        roofer.settle()
    roofer.operator("disconnect")
    roofer.invoice("i8", "815.00")
    until(lambda: _connection(office) == "lost")
    clerk.opens("Overview")
    yield "reconnect"
    clerk.presses("Reconnect to QuickBooks").consents(BOOKS).presses("Confirm")
    clerk.presses("Turn off")
    roofer.settle().invoice("i1", "1450.00", memo="Back door").invoice("i9", "940.00")
    taken_in(office)
    clerk.presses("Enable Integration")
    yield "changed-while-off"
    clerk.follows("Leave it off").follows("Disconnect from QuickBooks")
    yield "disconnect"
    new_realm(roofer.quickbooks, {"company_name": OTHER_BOOKS})
    clerk.presses("Disconnect from QuickBooks")
    clerk.presses("Connect to QuickBooks").consents(OTHER_BOOKS)
    yield "other-books"
    clerk.presses("Cancel")
    taken = roofer.another("other", books={"company_name": "Taken Tiles"})
    clerk.presses("Connect to QuickBooks").consents(taken.realm.settings.company_name)
    yield "taken-books"
    clerk.launches(company_id="other", company_name="Other Roofing", user_name="Bo Example")
    yield "another-company"
    clerk.presses("Stay").page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    clerk.page.get_by_role("banner").get_by_text("Menu").click()
    clerk.page.get_by_role("button", name="Sign out").click()
    yield "signed-out"


def _books_a_day(office: Office) -> None:
    """Have the office's customers, projects, invoices and payments arrive in QuickBooks."""
    roofer = office.roofer
    for contact_id, number, name, project_id, project_number, project in PEOPLE:
        roofer.contact(contact_id, number=number, display_name=name, email=None)
        roofer.project(project_id, number=project_number, name=project, contact_id=contact_id)
        roofer.settle()  # one after the other, so that QuickBooks numbers them alike each time
    roofer.invoice("i1", "1250.00").payment("1250.00", {"i1": "1250.00"}).settle()
    roofer.invoice("i2", "8400.00", project_id="p2", contact_id="c2", memo="As agreed")
    roofer.settle()


def _needs_a_person(office: Office) -> None:
    """Have failures, a question, a finding and a project from before."""
    roofer = office.roofer
    with roofer.system.pool.connection() as connection:
        companies.open_company(connection, roofer.company_id, COMPANY_NAME)
    roofer.contact("c9", number="0990", display_name="Di Specimen")
    roofer.project("p9", number="1990", contact_id="c9", name="Skylights").settle()
    office.enabled()
    _books_a_day(office)
    refund = {"id": "r1", "kind": "refund", "amount": "200.00", "on": "2026-11-19"}
    roofer.payment("1250.00", {"i1": "1250.00"}, returns=[refund])
    (two,) = [each for each in roofer.held("Invoice") if each["DocNumber"] == "502"]
    roofer.hand("update", "Invoice", Id=two["Id"], CustomerMemo={"value": "Call before you come"})
    roofer.invoice("i2", "8400.00", memo="As agreed on site").settle()
    roofer.fault(
        {"entity": "invoice", "operation": "create", "times": None}, status=400, fault="6000"
    )
    roofer.invoice("i3", "2150.00", project_id="p3", contact_id="c3").settle()
    roofer.invoice("i4", "380.00", project_id="p3", contact_id="c3").settle()
    roofer.payment("500.00", {"i3": "500.00"}, "y3", project_id="p3", contact_id="c3").settle()


def _pause(office: Office, reason: PauseReason) -> None:
    with office.roofer.system.pool.connection() as connection:
        until_when = clock(connection) + timedelta(minutes=12)
        companies.pause(
            connection,
            office.roofer.company_id,
            UNTIL_RESUMED if reason == "person" else until_when,
            reason,
        )


def _resume(office: Office) -> None:
    with office.roofer.system.pool.connection() as connection:
        companies.resume(connection, office.roofer.company_id)


def _connection(office: Office) -> str:
    with office.roofer.system.pool.connection() as connection:
        company = companies.get(connection, office.roofer.company_id)
    assert company is not None
    return company.connection
