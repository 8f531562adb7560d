"""What the tests of figures need beside: Prometheus' programs."""

import pytest

from tests.support.prometheus import NoPrometheus, program


@pytest.fixture(scope="session")
def promtool() -> str:
    """Give promtool's path; without Prometheus' programs these tests fail with a sentence."""
    try:
        program("prometheus")
        return program("promtool")
    except NoPrometheus as error:
        pytest.fail(str(error), pytrace=False)
