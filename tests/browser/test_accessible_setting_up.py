"""Nobody is kept out of the set-up: axe finds nothing, and a phone shows it all."""

import pytest

from tests.browser import tours
from tests.browser.accessible import barriers
from tests.browser.clerk import Clerk
from tests.browser.stops import SETTING_UP
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office

pytestmark = pytest.mark.timeout(240)


def test_every_page_is_accessible_setting_up(
    database_clock: DatabaseClock, office: Office, clerk: Clerk
) -> None:
    """Every page from nothing to on, at a desk's and at a phone's width."""
    found = {name: barriers(clerk.page) for name in tours.setting_up(office, clerk)}

    assert list(found) == [stop.name for stop in SETTING_UP]
    assert {name: each for name, each in found.items() if each} == {}
