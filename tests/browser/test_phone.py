"""The page on a phone: as wide as a hand, and nothing less can be done."""

from playwright.sync_api import expect

from tests.browser.accessible import barriers
from tests.browser.conftest import Sit
from tests.support.browser import PHONE
from tests.support.office import Office


def test_an_office_sets_up_and_mends_on_a_phone(office: Office, sit: Sit) -> None:
    """Every step of the set-up, a record that arrives, and one left out, on 360 pixels."""
    clerk = sit(size=PHONE)
    clerk.sets_up()
    office.roofer.contact().project().invoice().settle()
    clerk.sees_arriving("Invoice 501", "Sent")

    office.roofer.fault({"entity": "invoice", "operation": "create"}, status=400, fault="6000")
    office.roofer.invoice("i2", "40.00").settle()
    clerk.opens("Needs attention").main.get_by_text("Skip these …").click()
    clerk.main.get_by_role("textbox").fill("Booked by hand.")
    clerk.presses("Skip these").is_told("Records left out of QuickBooks: 1.")

    wide = clerk.page.evaluate("document.documentElement.scrollWidth")
    assert wide == PHONE[0]


def test_the_menu_opens_over_the_page_and_leads_everywhere(sit: Sit) -> None:
    """It does not push the page away, and each of its lines is large enough for a finger."""
    clerk = sit(size=PHONE).launches()
    heading = clerk.state.bounding_box()
    menu = clerk.page.get_by_role("banner").get_by_text("Menu")

    menu.click()
    lines = clerk.page.get_by_role("navigation", name="Menu")
    for line in (*lines.get_by_role("link").all(), *lines.get_by_role("button").all()):
        box = line.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
    assert clerk.state.bounding_box() == heading
    lines.get_by_role("link", name="Integrations").click()
    expect(clerk.main.get_by_role("heading", name="Integrations", exact=True)).to_be_visible()


def test_what_would_keep_people_out_is_found(sit: Sit) -> None:
    """The checks of every page see a field without a label, and what is too wide."""
    clerk = sit().launches()
    assert barriers(clerk.page) == []

    clerk.page.evaluate(
        """() => {
          const field = document.createElement("input");
          document.querySelector("main").append(field);
          const button = document.createElement("button");
          button.textContent = "x".repeat(200);
          button.style.whiteSpace = "nowrap";
          button.style.width = "900px";
          document.querySelector("main").append(button);
        }"""
    )

    found = "\n".join(barriers(clerk.page))
    assert "label" in found
    assert "px wide" in found
    assert "reaches to" in found
