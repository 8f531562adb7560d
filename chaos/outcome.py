"""What a run came to: what was done, what was found, and whether it proves anything."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.cli.failures import CANNOT
from app.standing import GONE
from chaos.checker import Verdict
from chaos.form import Form
from chaos.harm.diary import Diary, Manner, Measure
from chaos.load.writing import Tally

HARMED: Final = (
    ("leader", Manner.KILLED),
    ("leader", Manner.FROZEN),
    ("standby", Manner.KILLED),
    ("worker", Manner.KILLED),
    ("worker", Manner.FROZEN),
    ("rabbitmq", Manner.KILLED),
    ("rabbitmq", Manner.CUT),
    ("postgres", Manner.KILLED),
    ("postgres", Manner.CUT),
    ("quickbooks", Manner.FAULTY),
    ("office", Manner.CHANGED),
)
"""What must have been done to which part, in a short run too."""
AS_THEY_SHOULD: Final = frozenset({0, CANNOT, GONE, -signal.SIGKILL, -signal.SIGTERM})
"""How processes may end: stopped, no server there when they start, declared gone, killed, asked to
stop while they start."""


@dataclass(frozen=True)
class Outcome:
    """One run.

    Attributes:
        settled_seconds: how long after the load everything had come to rest; None: it did not.
        parked: records that stood for a person at any time, which none of the load should.
        struck: calls that QuickBooks answered wrongly, late or not at all, as ordered.
        exits: how often a process of each place ended, by exit code.
    """

    seed: int
    form: Form
    seconds: float
    tally: Tally
    diary: Diary
    verdict: Verdict
    settled_seconds: float | None
    parked: Sequence[str]
    struck: int
    exits: Mapping[str, Mapping[int, int]]

    @property
    def unproved(self) -> list[str]:
        """Say what the run was for and did not do."""
        wanted = {
            f"{self.form.changes_least} changes": self.tally.changes >= self.form.changes_least,
            f"{self.form.kills_least} kills": self.diary.kills >= self.form.kills_least,
            "writes in QuickBooks": self.verdict.writes > 0,
            "faults of QuickBooks that struck": self.struck > 0,
            "transactions taken back": self.tally.rolled_back > 0,
            **{f"{part} {how}": self.diary.by_part(how)[part] > 0 for part, how in HARMED},
            **{str(measure): bool(self.diary.took(measure)) for measure in Measure},
        }
        return [what for what, was_done in wanted.items() if not was_done]

    @property
    def broken(self) -> list[str]:
        """Say which processes ended as none should."""
        return [
            f"{name} ended with exit code {code}, {count} times"
            for name, codes in self.exits.items()
            for code, count in codes.items()
            if code not in AS_THEY_SHOULD
        ]

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept, and each was put to the test."""
        harmless = not (self.parked or self.diary.slow or self.broken)
        kept = self.verdict.is_clean and harmless
        return kept and self.settled_seconds is not None and not self.unproved
