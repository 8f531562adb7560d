"""The connection over its life: ended here or in QuickBooks, taken up again, and never mixed up."""

from playwright.sync_api import expect

from qbo_simulator.wire import Request
from tests.browser.accessible import barriers
from tests.browser.clerk import BOOKS, ON, Clerk, taken_in
from tests.browser.conftest import Sit
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office
from tests.support.roofer import new_realm, until

OTHER_BOOKS = "Sample Shingles"
PROBED_ONCE_IN_SECONDS = 61


def refused_everywhere(office: Office, access_token: str) -> bool:
    """Say whether QuickBooks refuses an access token."""
    realm_id = office.roofer.realm.settings.realm_id
    target = f"/v3/company/{realm_id}/companyinfo/{realm_id}"
    asked = Request("GET", target, {"authorization": f"Bearer {access_token}"}, b"")
    return office.roofer.quickbooks.handle(asked).status == 401


def test_disconnecting_ends_our_access_and_reconnecting_goes_on(
    office: Office, clerk: Clerk
) -> None:
    """What changed in between waits, is counted, and goes on by itself once connected again."""
    office.enabled()
    office.roofer.contact().project().invoice().settle()
    realm_id = office.roofer.realm.settings.realm_id
    tokens = office.roofer.system.quickbooks.tokens
    access_token = tokens.access_token(office.roofer.company_id, realm_id)
    assert not refused_everywhere(office, access_token)
    clerk.launches().follows("Disconnect from QuickBooks")
    clerk.reads("Disconnect from QuickBooks?", "What is in QuickBooks stays there.")

    clerk.presses("Disconnect from QuickBooks")
    clerk.is_told("QuickBooks is disconnected, and our access there has ended.")
    assert refused_everywhere(office, access_token)
    expect(clerk.state).to_contain_text("Ready to connect to QuickBooks.")
    expect(clerk.link("Disconnect from QuickBooks")).to_have_count(0)
    office.roofer.invoice("i2", "40.00")
    taken_in(office)
    clerk.page.reload()
    expect(clerk.state).to_contain_text("1 record waits. Nothing is lost.")
    expect(clerk.button("Turn off")).to_be_visible()
    assert barriers(clerk.page) == []

    clerk.connects()
    expect(clerk.state).to_contain_text(ON)
    clerk.sees_arriving("Invoice 502", "Sent")
    assert office.roofer.balances() == {"501": 100, "502": 40}


def test_a_connection_ended_in_quickbooks_is_told_and_mended(office: Office, clerk: Clerk) -> None:
    """Its records wait, counted; one button leads to the consent, and everything goes on."""
    office.enabled()
    office.roofer.contact().project().settle()
    clerk.launches()
    expect(clerk.state).to_contain_text(ON)

    office.roofer.operator("disconnect")
    office.roofer.invoice()
    until(
        lambda: office.roofer.rows("SELECT 1 FROM proline_qbo.companies WHERE connection = 'lost'")
    )
    clerk.page.reload()
    expect(clerk.state).to_contain_text("QuickBooks must be reconnected.")
    expect(clerk.state).to_contain_text("1 record waits. Nothing is lost")

    clerk.connects("Reconnect to QuickBooks")
    expect(clerk.state).to_contain_text(ON)
    clerk.sees_arriving("Invoice 501", "Sent")


def test_who_disconnects_in_quickbooks_lands_on_what_is_true(
    database_clock: DatabaseClock, office: Office, clerk: Clerk
) -> None:
    """Opening the landing page proves nothing: QuickBooks is asked, and what it says is shown."""
    office.enabled()
    clerk.launches()
    clerk.page.goto(f"{office.url}/disconnected")
    expect(clerk.state).to_contain_text(ON)
    office.roofer.operator("disconnect")
    database_clock.advance(PROBED_ONCE_IN_SECONDS)

    clerk.page.goto(f"{office.url}/disconnected")

    expect(clerk.state).to_contain_text("QuickBooks must be reconnected.")
    clerk.page.goto(f"{office.url}/reconnect")
    expect(clerk.button("Reconnect to QuickBooks")).to_be_visible()


def test_who_comes_to_reconnect_a_living_connection_can(office: Office, clerk: Clerk) -> None:
    """QuickBooks leads there; whoever leaves the question finds it again, and all goes on."""
    office.enabled()
    office.roofer.contact().project().settle()
    clerk.launches()
    clerk.page.goto(f"{office.url}/reconnect")
    expect(clerk.state).to_contain_text(ON)
    assert barriers(clerk.page) == []

    clerk.presses("Reconnect to QuickBooks").consents()
    clerk.reads("Connect these two?")
    clerk.page.goto(f"{office.url}/integrations/quickbooks")
    clerk.reads(f"QuickBooks has let ProLine into {BOOKS}, and waits for your word")
    clerk.follows("confirm or cancel").presses("Confirm").is_told("QuickBooks is connected.")

    expect(clerk.state).to_contain_text(ON)
    expect(clerk.button("Reconnect to QuickBooks")).to_have_count(0)
    office.roofer.invoice()
    clerk.sees_arriving("Invoice 501", "Sent")


def test_turning_on_again_asks_what_becomes_of_what_changed(office: Office, clerk: Clerk) -> None:
    """Off holds changes, the newest of each; on asks for one word, to send or to skip them."""
    office.enabled()
    office.roofer.contact().project().invoice().settle()
    clerk.launches().presses("Turn off")
    expect(clerk.state).to_contain_text("Integration is currently off.")
    office.roofer.invoice(memo="Back door").invoice("i2", "40.00")
    taken_in(office)

    clerk.presses("Enable Integration")
    clerk.reads("2 records changed while it was off: send or skip?")
    clerk.page.reload()
    clerk.reads("2 records changed while it was off: send or skip?")
    clerk.follows("Leave it off")
    expect(clerk.state).to_contain_text("Integration is currently off.")
    clerk.presses("Enable Integration").presses("Enable and skip them")

    clerk.is_told("Records left out: 2.")
    expect(clerk.state).to_contain_text(ON)
    assert office.roofer.balances() == {"501": 100}
    clerk.presses("Turn off")
    office.roofer.invoice("i3", "30.00")
    taken_in(office)
    clerk.presses("Enable Integration").presses("Enable and send it")
    clerk.sees_arriving("Invoice 503", "Sent")


def test_books_of_another_proline_company_cannot_be_taken(office: Office, sit: Sit) -> None:
    """The wrong company is told before anything is stored, and another can be picked at once."""
    other = office.roofer.another("other", books={"company_name": OTHER_BOOKS})
    clerk = sit().launches().chooses_settings()

    clerk.presses("Connect to QuickBooks").consents(OTHER_BOOKS)

    expect(clerk.state).to_contain_text("You picked another QuickBooks company.")
    clerk.reads("Another ProLine company writes into it", "These two cannot be connected")
    expect(clerk.button("Confirm")).to_have_count(0)
    clerk.presses("Choose another QuickBooks company").consents().presses("Confirm")
    expect(clerk.state).to_contain_text(f"Connected to {BOOKS}.")
    assert other.realm.settings.company_name == OTHER_BOOKS


def test_other_books_than_before_are_confirmed_by_their_name(office: Office, clerk: Clerk) -> None:
    """A click too many must not send an office's invoices into other books."""
    office.enabled()
    office.roofer.contact().project().invoice().settle()
    other = new_realm(office.roofer.quickbooks, {"company_name": OTHER_BOOKS})
    clerk.launches().follows("Disconnect from QuickBooks").presses("Disconnect from QuickBooks")

    clerk.presses("Connect to QuickBooks").consents(OTHER_BOOKS)
    expect(clerk.state).to_contain_text("You picked another QuickBooks company.")
    typed = clerk.main.get_by_label("To change the books, type the name")
    typed.fill(BOOKS)
    clerk.presses("Change the books")
    refused = clerk.main.get_by_role("alert").filter(has_text="type their name as shown")
    expect(refused).to_be_visible()
    assert barriers(clerk.page) == []
    typed.fill(OTHER_BOOKS)
    clerk.presses("Change the books")

    clerk.is_told("QuickBooks is connected.")
    office.roofer.invoice("i2", "40.00").settle()
    assert len(other.objects["Invoice"]) == 1
    assert office.roofer.balances() == {"501": 100}


def test_a_link_for_another_company_asks_before_it_leads_there(office: Office, sit: Sit) -> None:
    """Whoever follows somebody else's link must not go on in that company without seeing it."""
    office.enabled()
    clerk = sit().launches()

    clerk.launches(company_id="other", company_name="Other Roofing", user_name="Bo Example")
    clerk.reads("Go over to Other Roofing?", "If you did not choose this in ProLine yourself")
    clerk.presses("Stay").is_told("You stayed with this company.")
    expect(clerk.state).to_contain_text(ON)

    clerk.launches(company_id="other", company_name="Other Roofing", user_name="Bo Example")
    clerk.presses("Open Other Roofing")
    expect(clerk.state).to_contain_text("QuickBooks is not set up yet.")
