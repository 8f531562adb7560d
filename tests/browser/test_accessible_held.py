"""Nobody is kept out where a company is held: axe finds nothing, and a phone shows it all."""

import pytest

from tests.browser import tours
from tests.browser.accessible import barriers
from tests.browser.clerk import Clerk
from tests.browser.stops import HELD
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office

pytestmark = pytest.mark.timeout(240)


def test_every_page_is_accessible_held(
    database_clock: DatabaseClock, office: Office, clerk: Clerk
) -> None:
    """Every state that holds a company, and every question on the way back, at both widths."""
    found = {name: barriers(clerk.page) for name in tours.held(office, clerk)}

    assert list(found) == [stop.name for stop in HELD]
    assert {name: each for name, each in found.items() if each} == {}
