"""What needs a person is seen, understood and mended on the page, by who works in the office."""

from playwright.sync_api import Locator, expect

from tests.browser.clerk import ON, Clerk, taken_in
from tests.browser.conftest import Sit
from tests.support.office import Office

RULE = "QuickBooks refused this by one of its own rules"


def refuse_invoices(office: Office) -> None:
    """Have QuickBooks refuse every new invoice by a rule of its own, until it is told otherwise."""
    match = {"entity": "invoice", "operation": "create", "times": None}
    office.roofer.fault(match, status=400, fault="6000")


def accept_invoices(office: Office) -> None:
    """Have QuickBooks take invoices again."""
    office.roofer.quickbooks.faults.clear()


def group(clerk: Clerk, title: str) -> Locator:
    """Return the records that need attention for one reason."""
    return clerk.main.get_by_role("region", name=title)


def test_a_failure_is_seen_explained_and_sent_again(office: Office, sit: Sit) -> None:
    """Refused invoices stand together with a sentence and who acts; mended, they are sent."""
    office.enabled()
    refuse_invoices(office)
    office.roofer.contact().project().invoice("i1").invoice("i2", "40.00").settle()
    clerk = sit().launches(role="office")
    expect(clerk.state).to_contain_text(f"{ON} 2 records need attention.")

    clerk.follows("See what needs attention")
    refused = group(clerk, "QuickBooks refuses them by a rule of its own (code 6000)")
    expect(refused).to_contain_text(RULE)
    expect(refused).to_contain_text("You act: here or in QuickBooks")
    expect(refused.get_by_role("link", name="Invoice 501")).to_be_visible()
    expect(refused.get_by_role("link", name="Invoice 502")).to_be_visible()

    accept_invoices(office)
    refused.get_by_role("button", name="Retry these").click()
    clerk.is_told("Records on their way again: 2.")

    clerk.sees_arriving("Invoice 501", "Sent").sees_arriving("Invoice 502", "Sent")
    clerk.opens("Needs attention").reads("Nothing needs attention.")
    assert office.roofer.balances() == {"501": 100, "502": 40}


def test_a_decision_is_taken_with_both_values_side_by_side(office: Office, clerk: Clerk) -> None:
    """What somebody changed in QuickBooks is not written over before a person says so."""
    office.enabled()
    office.roofer.contact().project().invoice(memo="As agreed").settle()
    office.roofer.hand("update", "Invoice", CustomerMemo={"value": "Call first"})
    office.roofer.invoice(memo="As agreed on site").settle()
    clerk.launches(role="office").follows("See what needs attention")

    asked = group(clerk, "Changed in QuickBooks as well")
    sides = asked.get_by_role("row").filter(has_text="Call first")
    expect(sides).to_contain_text("As agreed on site")
    asked.get_by_role("button", name="Write what ProLine says over it", exact=True).click()
    clerk.is_told("Your answer is stored: the record goes on by itself.")

    clerk.sees_arriving("Invoice 501", "Sent")
    assert office.roofer.the("Invoice")["CustomerMemo"]["value"] == "As agreed on site"
    clerk.opens("History").reads("Jane Example", "Answered a question about")


def test_which_invoice_was_paid_is_chosen_by_number_and_amount(
    office: Office, clerk: Clerk
) -> None:
    """Nobody guesses by an id: each invoice stands there with what it is over, and what is left."""
    office.enabled()
    roofer = office.roofer.contact(display_name="Ada Example").project()
    roofer.invoice("i1", "1250.00").invoice("i2", "300.00")
    roofer.payment("50.00", {"i1": "50.00"}, "y0").settle().payment("75.00").settle()
    clerk.launches(role="office").follows("See what needs attention")

    asked = group(clerk, "Which invoice was paid?")
    expect(asked).to_contain_text("it may be for invoice 501 or invoice 502.")
    row = asked.get_by_role("row").filter(has=clerk.page.get_by_role("link", name="501"))
    expect(row).to_contain_text("1,250.00")
    expect(row).to_contain_text("1,200.00")
    choice = asked.get_by_role("combobox", name="Invoice")
    expect(choice).to_have_value("")
    asked.get_by_role("button", name="It pays this invoice").click()
    expect(choice).to_be_visible()  # nothing was chosen, and nothing was sent
    choice.select_option(label="501, Ada Example, 1,250.00, 1,200.00 not paid")
    asked.get_by_role("button", name="It pays this invoice").click()
    clerk.is_told("Your answer is stored: the record goes on by itself.")

    clerk.sees_arriving("Payment 991", "Sent", "75.00")
    assert office.roofer.balances() == {"501": 1125, "502": 300}


def test_a_project_that_was_there_before_is_transferred_from_its_own_page(
    office: Office, clerk: Clerk
) -> None:
    """It says where it stands and what is not sent with it; one press sends it."""
    clerk.launches().chooses_settings().connects()
    office.roofer.contact().project()
    taken_in(office)
    clerk.presses("Enable Integration").sees_arriving("Project 2001", "Closed - Won already")

    clerk.follows("Project 2001").reads("What was invoiced before you enabled is not sent with")
    clerk.presses("Transfer this project").is_told("The project is on its way to QuickBooks.")

    clerk.sees_arriving("Project 2001", "Sent").follows("Project 2001")
    expect(clerk.button("Transfer this project")).to_have_count(0)


def test_an_answer_to_a_question_that_has_changed_is_refused(office: Office, clerk: Clerk) -> None:
    """An answer counts for what was shown: what has changed meanwhile is shown anew."""
    office.enabled()
    office.roofer.contact().project().invoice(memo="As agreed").settle()
    office.roofer.hand("update", "Invoice", CustomerMemo={"value": "Call first"})
    office.roofer.invoice(memo="As agreed on site").settle()
    clerk.launches().follows("See what needs attention")

    office.roofer.invoice(memo="As agreed by phone").settle()
    clerk.presses("Write what ProLine says over it")

    clerk.reads("The question is another by now")
    clerk.follows("Back")
    clerk.reads("As agreed by phone", "Call first")
    assert office.roofer.the("Invoice")["CustomerMemo"]["value"] == "Call first"


def test_records_are_left_out_for_a_reason_and_taken_up_again(office: Office, clerk: Clerk) -> None:
    """Who leaves something out says why; it stays visible, and a person can undo it."""
    office.enabled()
    refuse_invoices(office)
    office.roofer.contact().project().invoice().settle()
    clerk.launches().opens("Needs attention")

    refused = group(clerk, "QuickBooks refuses them by a rule of its own (code 6000)")
    refused.get_by_text("Skip these …").click()
    refused.get_by_role("textbox").fill("Booked by hand.")
    refused.get_by_role("button", name="Skip these").click()
    clerk.is_told("Records left out of QuickBooks: 1.")

    clerk.sees_arriving("Invoice 501", "Skipped", "Booked by hand.")
    accept_invoices(office)
    clerk.follows("Invoice 501").presses("Send it all the same")
    clerk.sees_arriving("Invoice 501", "Sent")


def test_a_finding_is_read_and_seen_to(office: Office, clerk: Clerk) -> None:
    """What did not fail, but somebody should know, stays until somebody has seen to it."""
    office.enabled()
    refund = {"id": "r1", "kind": "refund", "amount": "20.00", "on": "2026-11-22"}
    office.roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"})
    office.roofer.settle().payment("100.00", {"i1": "100.00"}, returns=[refund]).settle()
    clerk.launches()
    expect(clerk.region("Worth knowing")).to_contain_text("1 finding")

    clerk.region("Worth knowing").get_by_role("link", name="Read it").click()
    clerk.reads("20.00 of 100.00").presses("I have seen to it")

    clerk.is_told("Noted.").reads("There is nothing to know just now.")
    clerk.opens("Overview")
    expect(clerk.region("Worth knowing")).to_have_count(0)
