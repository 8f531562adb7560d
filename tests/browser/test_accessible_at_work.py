"""Nobody is kept out of the daily work: axe finds nothing, and a phone shows it all."""

import pytest

from tests.browser import tours
from tests.browser.accessible import barriers
from tests.browser.clerk import Clerk
from tests.browser.stops import AT_WORK
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office

pytestmark = pytest.mark.timeout(240)


def test_every_page_is_accessible_at_work(
    database_clock: DatabaseClock, office: Office, clerk: Clerk
) -> None:
    """Every page of a day on which something needs a person, at both widths."""
    found = {name: barriers(clerk.page) for name in tours.at_work(office, clerk)}

    assert list(found) == [stop.name for stop in AT_WORK]
    assert {name: each for name, each in found.items() if each} == {}
