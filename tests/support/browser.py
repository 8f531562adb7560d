"""A real browser for the tests of the page: Debian's Chromium, driven by Playwright.

It reaches this machine alone; every other name fails to resolve. What the page complains of, a
script that failed, a policy that was broken, an answer of 500, is kept: a test asks for none.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Response,
    expect,
    sync_playwright,
)

from tests.support.chromium import chromium

START_LIMIT_MS: Final = 60_000
STEP_LIMIT_MS: Final = 15_000
DESK: Final = (1200, 800)
PHONE: Final = (360, 740)
ARGUMENTS: Final = (
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--font-render-hinting=none",
    "--disable-lcd-text",
)
FONTS: Final = Path(__file__).parent / "fonts.conf"
CLIENT_FAULTS: Final = range(400, 500)
SERVER_FAULT: Final = 500


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a browser without a window until the block ends.

    Raises:
        NoBrowser: none is here.
    """
    program = chromium()
    expect.set_options(timeout=STEP_LIMIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[*ARGUMENTS],
            # Chromium's sandbox refuses to run as root.
            chromium_sandbox=os.geteuid() != 0,
            env={**os.environ, "FONTCONFIG_FILE": str(FONTS)},
            timeout=START_LIMIT_MS,
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """A person's browser with cookies of its own, and what the page at `site` complained of."""

    context: BrowserContext
    page: Page
    site: str
    told: list[tuple[str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def complaints(self) -> list[str]:
        """Return what went wrong in the browser; a page that says 403 or 422 is no wrong."""
        return [text for text, where in self.told if where not in self.refused]

    def save(self, folder: Path) -> list[Path]:
        """Write what is on the screen as a picture and as text."""
        picture, text = folder / "page.png", folder / "page.txt"
        try:
            self.page.screenshot(path=picture, full_page=True, timeout=STEP_LIMIT_MS)
            said = f"{self.page.url}\n\n{self.page.locator('body').inner_text()}\n"
        except Error as error:
            said = f"It could not be looked at: {error}\n"
        text.write_text(said)
        return [path for path in (picture, text) if path.exists()]

    def _hear(self, message: ConsoleMessage) -> None:
        where = message.location["url"]
        if message.type in {"error", "warning"} and where.startswith(self.site):
            self.told.append((f"{message.type} at {where}: {message.text}", where))

    def _look(self, response: Response) -> None:
        if not response.url.startswith(self.site):
            return
        if response.status >= SERVER_FAULT:
            self.told.append((f"{response.url} answered {response.status}", ""))
        elif response.status in CLIENT_FAULTS and response.request.is_navigation_request():
            self.refused.add(response.url)


@contextmanager
def window(
    browser: Browser, site: str, *, size: tuple[int, int] = DESK, scripts: bool = True
) -> Iterator[Window]:
    """Open a window that nobody has used.

    Args:
        browser: a running one.
        site: the page's own address; what others' pages complain of is not ours.
        size: width and height in CSS pixels.
        scripts: whether scripts run.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        locale="en-US",
        timezone_id="America/Chicago",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(STEP_LIMIT_MS)
    try:
        opened = Window(context, context.new_page(), site)
        opened.page.on("console", opened._hear)
        opened.page.on("response", opened._look)
        opened.page.on("pageerror", lambda error: opened.told.append((f"script: {error}", "")))
        yield opened
    finally:
        context.close()
