"""A row of the promised behaviour: what it says, the play that shows it, the switch that breaks it.

A play goes the whole way: outbox, relay, broker, worker, QuickBooks. A switch takes out the one
decision that the row rests on; the play must then fail, or it shows nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.roofer import Roofer

NewRoofer = Callable[..., Roofer]
Play = Callable[[NewRoofer], None]
Switch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        section: the table it stands in.
        case: its first column, short.
        behaviour: what happens, in a sentence for an office.
        play: shows it; its name is the test's.
        switch: disables its decision.
        decided_in: where that decision stands in the code, by dotted name.
        goes_round: without its decision the record never comes to rest, and that is the failure.
    """

    section: str
    case: str
    behaviour: str
    play: Play
    switch: Switch
    decided_in: str
    goes_round: bool = False

    @property
    def name(self) -> str:
        """Name the row's test."""
        return self.play.__name__


def replaced(target: str, by: object) -> Switch:
    """Disable a decision by another function in its place."""
    return lambda patch: patch.setattr(target, by)
