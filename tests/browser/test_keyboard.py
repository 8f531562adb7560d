"""Everything can be done without a mouse, and whoever does sees where they are."""

from playwright.sync_api import expect

from tests.browser.clerk import BOOKS, ON, Clerk, show_stages
from tests.browser.keyboard import Keyboard, is_focused
from tests.support.office import Office


def test_the_whole_set_up_is_done_by_keys_alone(office: Office, clerk: Clerk) -> None:
    """Tab, Enter, Space and the arrows lead from the first page to on."""
    show_stages(office, "Lead", "Closed - Won")
    clerk.launches()
    keys = Keyboard(clerk.page)

    keys.follows(clerk.link("Set up"))
    main_customers = clerk.main.get_by_role("radio", name="One customer for each primary contact")
    keys.reaches(main_customers)
    clerk.page.keyboard.press("ArrowDown")
    expect(clerk.main.get_by_role("radio", name="sub-customer")).to_be_checked()
    keys.presses(clerk.main.get_by_role("checkbox", name="Lead"), "Space")
    expect(clerk.main.get_by_role("checkbox", name="Lead")).to_be_checked()
    keys.follows(clerk.button("Save settings"))
    expect(clerk.state).to_contain_text("Ready to connect to QuickBooks.")

    keys.follows(clerk.button("Connect to QuickBooks"))
    consent = clerk.page.get_by_role("button", name="Connect", exact=True)
    expect(consent).to_be_visible()
    while not is_focused(consent):
        clerk.page.keyboard.press("Tab")
    with clerk.page.expect_event("load"):
        clerk.page.keyboard.press("Enter")
    clerk.reads("Connect these two?")
    keys.follows(clerk.button("Confirm"))
    expect(clerk.state).to_contain_text(f"Connected to {BOOKS}.")
    keys.follows(clerk.button("Enable Integration"), "Space")

    expect(clerk.state).to_contain_text(ON)


def test_a_failure_is_mended_by_keys_alone(office: Office, clerk: Clerk) -> None:
    """Also what opens and closes on the way: the reason of a skip, a search, a record."""
    office.enabled()
    office.roofer.fault({"entity": "invoice", "operation": "create"}, status=400, fault="6000")
    office.roofer.contact().project().invoice().settle()
    clerk.launches(role="office")
    keys = Keyboard(clerk.page)

    keys.follows(clerk.link("See what needs attention"))
    keys.presses(clerk.main.get_by_text("Skip these …"))
    why = clerk.main.get_by_role("textbox")
    keys.reaches(why)
    clerk.page.keyboard.type("Booked by hand.")
    keys.follows(clerk.button("Skip these"))
    clerk.is_told("Records left out of QuickBooks: 1.")

    tabs = clerk.page.get_by_role("navigation", name="QuickBooks")
    keys.follows(tabs.get_by_role("link", name="Activity"))
    clerk.reads("Booked by hand.")
    keys.reaches(clerk.main.get_by_role("searchbox"))
    clerk.page.keyboard.type("501")
    with clerk.page.expect_event("load"):
        clerk.page.keyboard.press("Enter")
    keys.follows(clerk.link("Invoice 501"))
    keys.follows(clerk.button("Send it all the same"))
    clerk.sees_arriving("Invoice 501", "Sent")


def test_the_first_key_leads_past_the_head_of_the_page(clerk: Clerk) -> None:
    """Whoever has heard the menu once goes straight to what the page is about."""
    clerk.launches()
    skip = clerk.page.get_by_role("link", name="Skip to content")
    clerk.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()

    clerk.page.keyboard.press("Enter")
    clerk.page.keyboard.press("Tab")

    assert clerk.page.evaluate("document.activeElement.closest('main') !== null")


def test_the_menu_is_opened_used_and_closed_by_keys(clerk: Clerk) -> None:
    """Enter opens it, Escape closes it and leads back to where it was opened."""
    clerk.launches()
    keys = Keyboard(clerk.page)
    menu = clerk.page.get_by_role("banner").get_by_text("Menu")
    integrations = clerk.page.get_by_role("navigation", name="Menu").get_by_role("link").first

    keys.presses(menu)
    keys.reaches(integrations)
    clerk.page.keyboard.press("Escape")
    expect(integrations).to_be_hidden()
    assert is_focused(menu.locator("xpath=ancestor-or-self::summary"))

    clerk.page.keyboard.press("Space")
    keys.follows(integrations)
    expect(clerk.main.get_by_role("heading", name="Integrations")).to_be_visible()
