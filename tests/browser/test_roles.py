"""Who may not do a thing is shown no button for it, and is told who may."""

import pytest
from playwright.sync_api import expect

from tests.browser.clerk import ON, Clerk
from tests.support.office import Office

EVERYWHERE = ("Overview", "Needs attention", "Activity", "Settings", "History")


def busy(office: Office) -> None:
    """Have something to retry, something to decide, and something to know."""
    office.enabled()
    refund = {"id": "r1", "kind": "refund", "amount": "20.00", "on": "2026-11-22"}
    office.roofer.contact().project().invoice(memo="As agreed")
    office.roofer.payment("100.00", {"i1": "100.00"}).settle()
    office.roofer.payment("100.00", {"i1": "100.00"}, returns=[refund])
    office.roofer.hand("update", "Invoice", CustomerMemo={"value": "Call first"})
    office.roofer.invoice(memo="As agreed on site")
    office.roofer.fault({"entity": "invoice", "operation": "create"}, status=400, fault="6000")
    office.roofer.invoice("i2", "40.00").settle()


def buttons(clerk: Clerk) -> set[str]:
    """Name every button of every page."""
    found: set[str] = set()
    for tab in EVERYWHERE:
        clerk.opens(tab)
        found |= {each.inner_text() for each in clerk.main.get_by_role("button").all()}
    return found


def test_a_viewer_sees_everything_and_changes_nothing(office: Office, clerk: Clerk) -> None:
    """Every page is there to read; the only button searches."""
    busy(office)
    clerk.launches(role="viewer", user_name="Vi Example")
    expect(clerk.state).to_contain_text(f"{ON} 2 records need attention.")

    assert buttons(clerk) == {"Show"}

    clerk.opens("Needs attention").reads("Call first", "As agreed on site")
    clerk.opens("Settings").reads("Only an administrator of your company can change these.")
    for field in clerk.main.get_by_role("radio").all():
        expect(field).to_be_disabled()
    clerk.opens("Activity").follows("Invoice 502").reads("QuickBooks refused this")
    expect(clerk.button("Retry this")).to_have_count(0)
    clerk.page.goto(f"{office.url}/integrations/quickbooks/findings")
    clerk.reads("20.00 of 100.00")
    expect(clerk.button("I have seen to it")).to_have_count(0)


def test_the_office_mends_records_and_sets_nothing_up(office: Office, clerk: Clerk) -> None:
    """Retry, skip and decide are there; turning off, disconnecting and settings are not."""
    busy(office)
    clerk.launches(role="office")

    found = buttons(clerk)

    assert {"Retry these", "Write what ProLine says over it", "Leave what QuickBooks has"} <= found
    assert not {"Turn off", "Save settings", "Read them again", "Enable Integration"} & found
    clerk.opens("Overview")
    expect(clerk.link("Disconnect from QuickBooks")).to_have_count(0)


@pytest.mark.parametrize("role", ["office", "viewer"])
def test_who_cannot_set_up_is_told_who_can(clerk: Clerk, role: str) -> None:
    """A page without its button would be a dead end."""
    clerk.launches(role=role)

    expect(clerk.state).to_contain_text("An administrator of your company can do this: Set up.")
    expect(clerk.link("Set up")).to_have_count(0)


def test_without_a_launch_there_is_only_the_way_to_one(office: Office, clerk: Clerk) -> None:
    """A bookmark of somebody who is signed out says where to begin."""
    clerk.page.goto(f"{office.url}/integrations/quickbooks")
    clerk.reads("Open this page from ProLine", "In ProLine choose Integrations, then QuickBooks.")

    clerk.launches()
    clerk.page.get_by_role("banner").get_by_text("Menu").click()
    clerk.page.get_by_role("button", name="Sign out").click()

    clerk.reads("Signed out")
    clerk.page.go_back()
    clerk.page.reload()
    clerk.reads("Open this page from ProLine")
