"""What every test in a browser may ask for: the browser, an office, and people at windows of it.

After each test the windows are asked what the page complained of. Of a test that fails, a picture
and the text of each window are kept, and the failure names them.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.clerk import Clerk
from tests.support.browser import running_browser, window
from tests.support.chromium import NoBrowser
from tests.support.office import Office, office_in

Sit = Callable[..., Clerk]
SEATS = pytest.StashKey[list[Clerk]]()


# Playwright keeps an event loop in this thread, which no test of another file shall meet.
@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Give the file's browser."""
    try:
        with running_browser() as running:
            yield running
    except NoBrowser as error:
        pytest.exit(str(error), returncode=3)


@pytest.fixture
def office(database_url: str) -> Generator[Office]:
    """Give an office with nothing set up."""
    with office_in(database_url) as opened:
        yield opened


@pytest.fixture
def sit(browser: Browser, office: Office, request: pytest.FixtureRequest) -> Generator[Sit]:
    """Give what seats somebody at a window of their own; `size`, `scripts` as of `window`."""
    seats: list[Clerk] = []
    request.node.stash[SEATS] = seats
    with ExitStack() as stack:

        def seat(**how: Any) -> Clerk:  # noqa: ANN401  # window's own options
            opened = stack.enter_context(window(browser, office.url, **how))
            seats.append(Clerk(office, opened))
            return seats[-1]

        yield seat
        complaints = [each for seat_ in seats for each in seat_.window.complaints()]
    assert complaints == []


@pytest.fixture
def clerk(sit: Sit) -> Clerk:
    """Give somebody at a desk, not signed in yet."""
    return sit()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what the windows of a failing test show, and name it."""
    report = yield
    if report.failed and call.when == "call":
        seated = item.stash.setdefault(SEATS, [])
        for number, seat in enumerate(seated):
            folder = _folder(item, number)
            kept = [str(path) for path in seat.window.save(folder)]
            said = "\n".join([f"at {seat.page.url}", *kept, *seat.window.complaints()])
            report.sections.append((f"window {number + 1}", said))
    return report


def _folder(item: pytest.Item, number: int) -> Path:
    factory: pytest.TempPathFactory = item.config._tmp_path_factory  # type: ignore[attr-defined]  # what gives tmp_path
    return factory.mktemp(f"{item.name[:40]}-window-{number + 1}-", numbered=True)
