"""The office that most tests of this folder begin with."""

import pytest

from coordination.database import Pool
from tests.support.hand_worker import HandWorker
from tests.support.proline import enable_company
from tests.support.relay_in_hand import Office


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company that is on, main customers, with a worker for every entity."""
    with pool.connection() as connection:
        enable_company(connection)
    return Office(pool, HandWorker(pool))
