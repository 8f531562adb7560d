"""A contractor for every test of the body; what differs is asked for by `new_roofer`."""

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from tests.support.roofer import Roofer, roofer_in

for _module in ("records", "company", "day_one", "names", "invoices", "payments"):
    pytest.register_assert_rewrite(f"tests.behaviour.{_module}_rows")

NewRoofer = Callable[..., Roofer]


@pytest.fixture
def new_roofer(database_url: str) -> Generator[NewRoofer]:
    """Give the way to start a contractor with settings, books or tuning of its own."""
    with ExitStack() as stack:
        yield lambda **choices: stack.enter_context(roofer_in(database_url, **choices))


@pytest.fixture
def roofer(new_roofer: NewRoofer) -> Roofer:
    """Give a contractor with a main customer for each contact."""
    return new_roofer()
