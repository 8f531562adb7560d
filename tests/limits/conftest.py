"""Contractors for the tests of what comes in badly: clocks, ceilings, realms, threads."""

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from tests.support.roofer import Roofer, roofer_in

NewRoofer = Callable[..., Roofer]


@pytest.fixture
def new_roofer(database_url: str) -> Generator[NewRoofer]:
    """Give the way to start a contractor with settings, books or tuning of its own."""
    with ExitStack() as stack:
        yield lambda **choices: stack.enter_context(roofer_in(database_url, **choices))
