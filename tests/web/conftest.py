"""The page on a real database: one for each module, or one of its own for a test that needs it."""

from collections.abc import Generator

import pytest

from tests.support.office import Office
from tests.support.postgres import Template, fresh_database
from tests.web.world import World, furnish, world_in


@pytest.fixture(scope="module")
def world(database_template: Template) -> Generator[World]:
    """Give the module's own page; nothing is set up."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        yield opened


@pytest.fixture(scope="module")
def furnished(database_template: Template) -> Generator[World]:
    """Give the module's own page of a company that is on and has some of everything."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        furnish(opened.office.enabled().roofer)
        yield opened


@pytest.fixture(scope="module")
def disturbed(database_template: Template) -> Generator[World]:
    """Give such a page once more, for tests that leave it otherwise."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        furnish(opened.office.enabled().roofer)
        yield opened


@pytest.fixture
def new_world(database_url: str) -> Generator[World]:
    """Give a page of the test's own."""
    with world_in(database_url) as opened:
        yield opened


@pytest.fixture
def office(new_world: World) -> Office:
    """Give the office before a page of the test's own."""
    return new_world.office
