"""The pictures of the page and `docs/screenshots.md`: `make screenshots` takes and writes them.

The page is played from nothing, each tour in an office of its own; on the way nothing is drawn that
a person would not see.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from tests.browser import tours
from tests.browser.clerk import Clerk
from tests.browser.small_pictures import reduced
from tests.browser.stops import AT_WORK, HELD, SETTING_UP, STOPS, Stop
from tests.support.browser import DESK, PHONE, running_browser, window
from tests.support.chromium import NoBrowser
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office, office_in
from tests.support.postgres import (
    NoServer,
    Template,
    fresh_database,
    migrated_template,
    running_server,
)

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = DOCS / "screenshots"
PAGE: Final = DOCS / "screenshots.md"
HEAD: Final = """# The Integrations page in pictures

Taken by `make screenshots` in a real browser, from the page before the whole system and the
stand-in for QuickBooks. All names are invented. A test holds that each state has its picture.
"""
SECTIONS: Final = (
    ("Setting it up", SETTING_UP),
    ("At work", AT_WORK),
    ("When something keeps it from going on", HELD),
)
Tour = Callable[[Office, Clerk], Iterator[str]]
TOURS: Final[tuple[Tour, ...]] = (tours.setting_up, tours.at_work, tours.held)


def page() -> str:
    """Compose the document."""
    lines = [HEAD.rstrip()]
    for title, stops in SECTIONS:
        lines.append(f"\n## {title}")
        for stop in stops:
            shown = f"State `{stop.state.value}`. " if stop.state else ""
            lines.append(f"\n### {stop.title}\n\n{shown}{stop.sentence}\n")
            lines.append(f"![{stop.title}](screenshots/{stop.name}.png)")
    return "\n".join(lines) + "\n"


def take() -> None:
    """Play every tour and take its pictures, then write the document."""
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        template = stack.enter_context(migrated_template(server.url))
        browser = stack.enter_context(running_browser())
        for tour in TOURS:
            _take_tour(template, browser, tour)
    for left in set(FOLDER.glob("*.png")) - {FOLDER / f"{name}.png" for name in STOPS}:
        left.unlink()
    PAGE.write_text(page())


def _take_tour(template: Template, browser: Browser, tour: Tour) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(template))
        database_clock = DatabaseClock.on(url)
        stack.callback(database_clock.close)
        tours.as_on_the_day_of_pictures(database_clock)
        office = stack.enter_context(office_in(url))
        opened = stack.enter_context(window(browser, office.url))
        blank = stack.enter_context(window(browser, office.url)).page
        for name in tour(office, Clerk(office, opened)):
            picture = reduced(blank, _shoot(opened.page, STOPS[name]))
            (FOLDER / f"{name}.png").write_bytes(picture)


def _shoot(shown: Page, stop: Stop) -> bytes:
    width, height = PHONE if stop.phone else DESK
    # As low as may be: a full page is never lower than its window.
    shown.set_viewport_size({"width": width, "height": height if stop.phone else 400})
    shown.evaluate("document.activeElement.blur()")
    taken = shown.screenshot(full_page=True, animations="disabled", caret="hide")
    shown.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    return taken


if __name__ == "__main__":
    try:
        take()
    except (NoBrowser, NoServer) as error:
        sys.exit(str(error))
