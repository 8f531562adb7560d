"""Every row of the promised behaviour, the whole way; and each fails without its decision."""

import pytest

from tests.behaviour.row import NewRoofer, Row
from tests.behaviour.table import ROWS
from tests.support import roofer as roofer_module

GIVEN_UP_AFTER_SECONDS = 4.0
NOT_AT_REST = "not so within"
FAILS = (AssertionError, ValueError, LookupError, pytest.fail.Exception)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row, new_roofer: NewRoofer) -> None:
    """It is so, through outbox, relay, broker, worker and QuickBooks."""
    row.play(new_roofer)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_fails_without_its_decision(
    row: Row, new_roofer: NewRoofer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A play that also passes without the decision would show nothing."""
    monkeypatch.setattr(roofer_module, "SETTLE_SECONDS", GIVEN_UP_AFTER_SECONDS)
    row.switch(monkeypatch)

    with pytest.raises(FAILS) as failed:
        row.play(new_roofer)

    # A slow machine would make any play fail by time: only where going round is the failure.
    assert (NOT_AT_REST in str(failed.value)) == row.goes_round
