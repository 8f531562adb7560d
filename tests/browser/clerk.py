"""Somebody of the contractor's office at a browser: does what people do, by the words they read.

Nothing is found by how the page is built: links, buttons and fields by their names, as a screen
reader would.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from playwright.sync_api import Locator, Page, expect

from outbox.backlog import count_unread
from tests.support.browser import Window
from tests.support.office import Office
from tests.support.roofer import until

BOOKS = "Example Books"
ON = "Integration is currently on."
ARRIVES_WITHIN_SECONDS = 20.0
SUB_CUSTOMERS = "Main customers, and a sub-customer for each project"


@dataclass
class Clerk:
    """A person in front of a window, and the office it belongs to."""

    office: Office
    window: Window

    @property
    def page(self) -> Page:
        """What is on the screen."""
        return self.window.page

    # --- what is on the screen -----------------------------------------------------------------

    @property
    def main(self) -> Locator:
        """The page without its head and foot."""
        return self.page.get_by_role("main")

    @property
    def state(self) -> Locator:
        """The one state with its one button."""
        shown = self.page.get_by_role("region", name="State")
        return shown.or_(self.page.get_by_role("alert", name="State"))

    def button(self, name: str) -> Locator:
        """A button of exactly this name."""
        return self.main.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """A link of exactly this name."""
        return self.main.get_by_role("link", name=name, exact=True)

    def region(self, name: str) -> Locator:
        """A part of the page that has a heading or label."""
        return self.main.get_by_role("region", name=name)

    def reads(self, *sentences: str) -> Self:
        """See that the page says so."""
        for sentence in sentences:
            expect(self.main).to_contain_text(sentence)
        return self

    def is_told(self, sentence: str) -> Self:
        """See what the last form did."""
        expect(self.main.get_by_role("status")).to_have_text(sentence)
        return self

    # --- what people do ------------------------------------------------------------------------

    def launches(self, **claims: object) -> Self:
        """Come from ProLine's menu."""
        self.page.goto(self.office.link(**claims))
        return self

    def presses(self, name: str) -> Self:
        """Press a button."""
        self.button(name).click()
        return self

    def follows(self, name: str) -> Self:
        """Follow a link in the page."""
        self.link(name).click()
        return self

    def opens(self, tab: str) -> Self:
        """Open one of QuickBooks' pages."""
        tabs = self.page.get_by_role("navigation", name="QuickBooks")
        link = tabs.get_by_role("link", name=tab)
        link.click()
        # A click returns while the page may still be arriving, and what is counted has no patience.
        expect(link).to_have_attribute("aria-current", re.compile("page|true"))
        self.page.wait_for_load_state("domcontentloaded")
        return self

    def chooses_settings(self) -> Self:
        """Choose the settings of somebody new, and save."""
        self.follows("Set up")
        self.main.get_by_role("radio", name=SUB_CUSTOMERS).check()
        return self.presses("Save settings").is_told("The settings are saved.")

    def consents(self, books: str = BOOKS, answer: str = "Connect") -> Self:
        """Choose a company on QuickBooks' own page, and answer."""
        self.page.get_by_role("radio", name=books).check()
        self.page.get_by_role("button", name=answer, exact=True).click()
        return self

    def connects(self, button: str = "Connect to QuickBooks") -> Self:
        """Connect, consent and confirm."""
        self.presses(button).consents().presses("Confirm")
        return self.is_told("QuickBooks is connected.")

    def sets_up(self) -> Self:
        """Go the whole way from the first launch to on."""
        self.launches().chooses_settings().connects().presses("Enable Integration")
        expect(self.state).to_contain_text(ON)
        return self

    def sees_arriving(self, *words: str) -> Self:
        """Look at Activity again and again until a record reads so."""
        self.opens("Activity")
        row = self.main.get_by_role("row")
        for word in words:
            row = row.filter(has_text=word)
        found = row

        def shown() -> bool:
            self.page.reload()
            return found.count() > 0

        until(shown, ARRIVES_WITHIN_SECONDS)
        return self

    def downloads(self, name: str) -> str:
        """Follow a link to a file, and read it."""
        with self.page.expect_download() as download:
            self.link(name).click()
        return Path(download.value.path()).read_text(encoding="utf-8-sig")


def taken_in(office: Office) -> None:
    """Wait until what ProLine said has become records, whether they may go on or not."""

    def nothing_unread() -> bool:
        with office.roofer.system.pool.connection() as connection:
            return count_unread(connection, office.roofer.company_id) == 0

    until(nothing_unread)


def show_stages(office: Office, *stages: str) -> None:
    """Have ProLine show the stages it has."""
    proline = office.roofer.proline
    proline.execute("CREATE SCHEMA proline_export")
    proline.execute("CREATE TABLE proline_export.said (company_id text, stage text, position int)")
    for position, stage in enumerate(stages):
        proline.execute(
            "INSERT INTO proline_export.said VALUES (%s, %s, %s)",
            [office.roofer.company_id, stage, position],
        )
    proline.execute(
        "CREATE VIEW proline_export.project_stages AS SELECT * FROM proline_export.said"
    )
