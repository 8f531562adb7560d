"""An office sets the integration up alone, in a real browser, whatever it does on the way."""

import sys
import time
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.clerk import BOOKS, ON, Clerk, show_stages
from tests.browser.conftest import Sit
from tests.support.office import Office
from tests.support.roofer import until

THREE_MINUTES_SECONDS = 180
WHOLE_WAY_SECONDS = 60


def test_an_office_sets_up_alone_and_its_first_invoice_arrives(
    office: Office, clerk: Clerk, record_property: Callable[[str, object], None]
) -> None:
    """From ProLine's link through the consent on another site to on, and an invoice within seconds.

    A person needs less than three minutes for it: the page takes next to nothing of these.
    """
    show_stages(office, "Lead", "Estimate", "Closed - Won")
    clerk.launches()
    began = time.monotonic()
    expect(clerk.state).to_contain_text("QuickBooks is not set up yet.")

    clerk.follows("Set up")
    expect(clerk.main.get_by_role("checkbox", name="Closed - Won")).to_be_checked()
    expect(clerk.main.get_by_role("checkbox", name="Estimate")).not_to_be_checked()
    clerk.main.get_by_role("radio", name="sub-customer").check()
    clerk.reads("'s Project - P#").presses("Save settings")
    expect(clerk.state).to_contain_text("Ready to connect to QuickBooks.")

    clerk.presses("Connect to QuickBooks")
    assert clerk.page.url.startswith("http://localhost:")
    clerk.consents()
    clerk.reads("ProLine Acme Roofing", "QuickBooks Example Books", "Nothing has been stored yet")
    clerk.presses("Confirm")
    expect(clerk.state).to_contain_text("Connected to Example Books.")
    checklist = clerk.region("Before you enable")
    for item in ("Invoice numbers", "Sales tax", "Currency", "Item on invoice lines", "Projects"):
        expect(checklist).to_contain_text(item)
    expect(clerk.button("Connect to QuickBooks")).to_have_count(0)
    expect(clerk.link("Disconnect from QuickBooks")).to_be_visible()

    clerk.presses("Enable Integration")
    expect(clerk.state).to_contain_text(ON)
    took = time.monotonic() - began
    record_property("page_seconds", round(took, 1))
    sys.stdout.write(f"The page's part of the set-up: {took:.1f} s\n")
    assert took < WHOLE_WAY_SECONDS < THREE_MINUTES_SECONDS

    office.roofer.contact().project().invoice(total="1250.00").payment("250.00", {"i1": "250.00"})
    clerk.sees_arriving("Invoice 501", "1,250.00", "Sent").sees_arriving("Payment", "Sent")
    until(lambda: office.roofer.balances() == {"501": 1000})
    assert [each["DisplayName"] for each in office.roofer.held("Customer")] == [
        "Ada Example - C#1001",
        "Ada Example's Project - P#2001",
    ]


def test_a_declined_consent_connects_nothing_and_says_so(office: Office, clerk: Clerk) -> None:
    """Who declines in QuickBooks comes back to a sentence, and may connect at any time."""
    clerk.launches().chooses_settings().presses("Connect to QuickBooks").consents(answer="Cancel")
    clerk.reads("Nothing was connected", "You declined in QuickBooks.")

    clerk.page.reload()
    clerk.follows("Back")

    expect(clerk.state).to_contain_text("Ready to connect to QuickBooks.")
    clerk.connects()


def test_cancelling_the_confirmation_gives_the_consent_back(office: Office, clerk: Clerk) -> None:
    """Until it is confirmed nothing is stored, and Cancel ends what QuickBooks allowed."""
    clerk.launches().chooses_settings().presses("Connect to QuickBooks").consents()

    clerk.presses("Cancel")

    clerk.is_told("Nothing was connected.")
    expect(clerk.state).to_contain_text("Ready to connect to QuickBooks.")
    assert (
        office.roofer.rows("SELECT 1 FROM proline_qbo.companies WHERE realm_id IS NOT NULL") == []
    )


def test_double_clicks_the_back_button_and_reloads_change_nothing_twice(
    office: Office, clerk: Clerk
) -> None:
    """People click twice, go back and reload: each step is taken once, and no page breaks."""
    clerk.launches().chooses_settings()
    clerk.page.reload()
    clerk.button("Connect to QuickBooks").dblclick()
    clerk.page.wait_for_url("http://localhost:*/**")
    clerk.page.go_back()
    expect(clerk.state).to_contain_text("Ready to connect to QuickBooks.")
    clerk.presses("Connect to QuickBooks").consents()
    clerk.reads("Connect these two?")
    clerk.page.reload()
    clerk.button("Confirm").dblclick()
    expect(clerk.state).to_contain_text(f"Connected to {BOOKS}.")
    clerk.page.reload()

    clerk.page.go_back()
    expect(clerk.main).not_to_contain_text("went wrong")
    clerk.page.goto(f"{office.url}/integrations/quickbooks")
    clerk.button("Enable Integration").dblclick()
    expect(clerk.state).to_contain_text(ON)
    clerk.page.reload()

    expect(clerk.state).to_contain_text(ON)
    entries = office.roofer.rows("SELECT action FROM proline_qbo.audit ORDER BY id")
    actions = [each.action for each in entries]
    assert actions.count("connection.connect") == 1
    assert actions.count("company.enable") == 1


def test_the_whole_set_up_works_without_scripts(office: Office, sit: Sit) -> None:
    """What scripts do is only help: every form and link does its work without."""
    clerk = sit(scripts=False)

    clerk.sets_up()

    office.roofer.contact().project().invoice()
    clerk.sees_arriving("Invoice 501", "Sent")
    expect(clerk.main.get_by_role("row").filter(has_text="Invoice 501")).to_contain_text("UTC")
    clerk.opens("Overview").presses("Turn off")
    clerk.is_told("Integration is off: changes are held, the newest version of each.")


def test_the_pages_script_helps_where_it_runs(clerk: Clerk) -> None:
    """The preview follows what is typed and chosen, and only what counts is shown."""
    clerk.launches().follows("Set up")

    clerk.main.get_by_label("Try it with a name").fill("Bo Example")
    clerk.main.get_by_role("radio", name="sub-customer").check()
    clerk.reads("Bo Example - C#", "Bo Example's Project - P#")
    clerk.main.get_by_role("radio", name="Main customers One customer").check()

    expect(clerk.main.get_by_text("Bo Example's Project")).to_be_hidden()
    clerk.main.get_by_role("radio", name="Entering a status").check()
    expect(clerk.main.get_by_role("group", name="Stages")).to_be_hidden()
    expect(clerk.main.get_by_role("checkbox", name="Won", exact=True)).to_be_visible()
