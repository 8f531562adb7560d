"""What an office looks up and chooses once it is connected: records, projects, settings."""

import csv
import io

from playwright.sync_api import expect

from tests.browser.clerk import Clerk
from tests.support.office import Office

STATUS = "Status"


def test_activity_is_searched_filtered_and_taken_away(office: Office, clerk: Clerk) -> None:
    """A record is found by what people know of it, and a file holds what the page shows.

    A cell that a spreadsheet would take for a formula is quoted, whoever wrote it.
    """
    office.enabled()
    formula = '=HYPERLINK("https://example.com","Ada")'
    office.roofer.contact(display_name=formula).contact("c2", number="1002", display_name="@Bo")
    office.roofer.project().project("p2", number="2002", contact_id="c2", name="-Old roof")
    office.roofer.invoice("i1", "100.00").invoice("i2", "40.00", project_id="p2", contact_id="c2")
    office.roofer.settle()
    clerk.launches().opens("Activity")
    search = clerk.main.get_by_role("search")

    search.get_by_label("Search").fill("501")
    search.get_by_role("button", name="Show").click()
    expect(clerk.link("Invoice 501")).to_be_visible()
    expect(clerk.link("Invoice 502")).to_have_count(0)

    search.get_by_label("Search").fill("")
    search.get_by_label("Kind").select_option(label="Invoices")
    search.get_by_label(STATUS).select_option(label="Sent")
    search.get_by_role("button", name="Show").click()
    expect(clerk.main.get_by_role("row")).to_have_count(3)
    search.get_by_label(STATUS).select_option(label="Skipped")
    search.get_by_role("button", name="Show").click()
    clerk.reads("No record fits that.")

    clerk.opens("Activity")
    rows = list(csv.DictReader(io.StringIO(clerk.downloads("Download as CSV"))))
    assert len(rows) == 6
    assert not [cell for row in rows for cell in row.values() if cell.startswith(tuple("=+-@"))]
    assert f"'{formula}" in {row["Name"] for row in rows}


def test_a_record_explains_itself(office: Office, clerk: Clerk) -> None:
    """Where it stands, why, what it hangs from, and what was sent with which answer."""
    office.enabled()
    office.roofer.contact().project().invoice().settle()
    clerk.launches().opens("Activity").follows("Invoice 501")

    clerk.reads("Invoice 501", "Sent", "What is known of it", "number 501", "Belongs to")
    sent = clerk.main.get_by_role("table", name="What was sent").get_by_role("row")
    expect(sent.filter(has_text="Create invoice")).to_contain_text("Done")

    clerk.follows("Project 2001").reads("Project 2001", "Belongs to it").follows("Invoice 501")
    clerk.reads("What was sent")


def test_a_project_that_was_there_before_is_transferred_by_hand(
    office: Office, clerk: Clerk
) -> None:
    """What was won before nobody sends by itself: it is counted, listed, and sent one by one."""
    clerk.launches().chooses_settings()
    office.roofer.contact().project().settle()
    office.enabled()
    clerk.page.reload()
    ready = clerk.region("Projects that could be transferred")
    expect(ready).to_contain_text("1 project")

    ready.get_by_role("link", name="Look at it").click()
    clerk.presses("Transfer project 2001").is_told("The project is on its way to QuickBooks.")

    clerk.reads("There is none.")
    clerk.sees_arriving("Project 2001", "Sent")
    assert [each["DisplayName"] for each in office.roofer.held("Customer")][:1] == [
        "Ada Example - C#1001"
    ]


def test_settings_offer_what_quickbooks_has_once_connected(office: Office, clerk: Clerk) -> None:
    """Accounts, items and tax codes come from QuickBooks' own lists, read again when asked."""
    clerk.sets_up().opens("Settings")
    account = clerk.main.get_by_label("Account payments are deposited to")
    expect(account.get_by_role("option", name="Example Savings")).to_have_count(0)

    office.roofer.hand("create", "Account", Name="Example Savings", AccountType="Bank")
    clerk.presses("Read them again").is_told("The lists were read from QuickBooks.")
    account.select_option(label="Example Savings")
    clerk.presses("Save settings").is_told("The settings are saved.")
    clerk.opens("Settings")
    expect(account.locator("option:checked")).to_have_text("Example Savings")

    office.roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    chosen = account.input_value()
    assert office.roofer.the("Payment")["DepositToAccountRef"]["value"] == chosen


def test_a_setting_that_cannot_be_is_refused_in_a_sentence(clerk: Clerk) -> None:
    """Nothing is saved by halves: the page says what is missing, and keeps what was chosen."""
    clerk.sets_up().opens("Settings")

    clerk.main.get_by_role("radio", name="ProLine's tax amount, on a tax code").check()
    clerk.main.get_by_label("Tax code", exact=True).select_option(label="None")
    clerk.presses("Save settings")

    alert = clerk.main.get_by_role("alert")
    expect(alert).to_contain_text("Nothing was saved.")
    expect(alert).to_contain_text("Choose the tax code that ProLine's tax amount is booked on.")
    expect(
        clerk.main.get_by_role("radio", name="ProLine's tax amount, on a tax code")
    ).to_be_checked()
