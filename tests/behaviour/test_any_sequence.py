"""Any sequence of what people do ends with QuickBooks equal to ProLine, whatever comes of it.

One system for the whole test, a contractor with books of its own for each example. The seed is
fixed, so that one run is like another; `EXAMPLES=5000` tries as many, drawn anew.
"""

import os
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.behaviour import steps
from tests.behaviour.playing import play, try_again_quickly
from tests.behaviour.row import Switch, replaced
from tests.behaviour.sequences import sequences
from tests.behaviour.steps import RUNNING, Cast, Sequence
from tests.support.roofer import Roofer, roofer_in

ASKED_FOR: Final = int(os.environ.get("EXAMPLES", "0"))
EXAMPLES: Final = ASKED_FOR or 40
TIMEOUT_SECONDS: Final = 0 if ASKED_FOR else 300
"""Long enough to make a failing example small; none where more are asked for."""


@pytest.mark.timeout(TIMEOUT_SECONDS)
def test_any_sequence_ends_with_quickbooks_equal_to_proline(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is done in whatever order, once what waits is answered the books are right."""
    try_again_quickly(monkeypatch)
    with roofer_in(database_url) as system:

        @settings(
            max_examples=EXAMPLES,
            derandomize=not ASKED_FOR,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(sequences())
        def any_sequence(sequence: Sequence) -> None:
            play(system, sequence)

        any_sequence()


WON = steps.Project("p1")
SWITCHES: Final = {
    "edits are not written": (
        replaced("workers.drafting.changed_fields", lambda _owned, _wanted: {}),
        (WON, steps.Invoice("i1"), steps.Settled(), steps.Invoice("i1", memo="Pay soon")),
        "invoice 501: memo",
    ),
    "each running-balance invoice is booked": (
        replaced("outbox.intake._member_of", lambda _snapshot: None),
        (WON, steps.Invoice("i1"), steps.Invoice("i2")),
        "invoice 502: invoice: expected nothing",
    ),
    "payments pay nothing": (
        replaced("records.allocation.Candidate.room", 0),
        (WON, steps.Invoice("i1"), steps.Payment("y1", (("i1", 4_000),))),
        "invoice 501: balance",
    ),
}


@pytest.mark.parametrize("broken", SWITCHES)
def test_a_sequence_fails_without_a_decision(
    roofer: Roofer, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A judgement that also passes without what it judges would show nothing."""
    switch: Switch
    switch, followed, said = SWITCHES[broken]
    switch(monkeypatch)

    with pytest.raises(AssertionError, match=said):
        play(roofer, Sequence(Cast(kinds=RUNNING), followed))
