"""What the tests of figures begin with: Prometheus' programs, and processes of the product."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.processes import NewRoofer, roofer_before_processes
from tests.support.prometheus import NoPrometheus, program
from tests.support.zygote import Zygote


@pytest.fixture(scope="session")
def promtool() -> str:
    """Give promtool's path; without Prometheus' programs these tests fail with a sentence."""
    try:
        program("prometheus")
        return program("promtool")
    except NoPrometheus as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def zygote() -> Generator[Zygote]:
    """Give what forks the processes of the product."""
    with Zygote() as started:
        yield started


@pytest.fixture
def new_roofer(
    zygote: Zygote, database_url: str, amqp_url: str, tmp_path: Path
) -> Generator[NewRoofer]:
    """Give the way to start a contractor with settings or books of its own, and its fleet."""
    with ExitStack() as stack:
        yield lambda **choices: stack.enter_context(
            roofer_before_processes(zygote, database_url, amqp_url, tmp_path, **choices)
        )
