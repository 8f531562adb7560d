"""Playing a sequence to a contractor of its own, in a system that others use too."""

from datetime import timedelta
from itertools import count
from typing import Final

import pytest

from connections import companies
from connections.settings import CompanySettings
from records import eligibility, evaluation
from tests.behaviour.contractor import Contractor
from tests.behaviour.ending import end
from tests.behaviour.judging import judge
from tests.behaviour.steps import Sequence
from tests.support.roofer import Roofer

QUICKLY: Final = timedelta(milliseconds=50)
_numbers = count(1)


def play(system: Roofer, sequence: Sequence) -> Contractor:
    """Play a sequence to its end, and judge it.

    Raises:
        AssertionError: something is not as it must be; the text says what.
    """
    cast = sequence.cast
    roofer = system.another(
        f"roofer-{next(_numbers)}",
        CompanySettings(customer_mode=cast.mode),
        {
            "custom_txn_numbers": cast.numbered,
            "over_application": "trim" if cast.trims else "refuse",
        },
    )
    contractor = Contractor(roofer, cast, cast.mode)
    try:
        for step in sequence.steps:
            contractor.play(step)
        end(contractor)
        judge(contractor)
    finally:
        # What a failure has left undone is in nobody's way.
        roofer.quickbooks.faults.clear()
        with roofer.system.pool.connection() as connection:
            companies.disable(connection, roofer.company_id)
    return contractor


def try_again_quickly(patch: pytest.MonkeyPatch) -> None:
    """Let a newer version of what failed be tried at once, and not after a minute."""
    patch.setattr(eligibility, "RETRY_AFTER_FAILURE", QUICKLY)
    patch.setattr(evaluation, "RETRY_AFTER_FAILURE", QUICKLY)
