"""What a run came to: what was done, what was found, and whether it proves anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaos.checker import Verdict
from chaos.form import Form
from chaos.harm.diary import Diary, Measure
from chaos.harm.lanes import required_acts
from chaos.load.writing import Tally
from chaos.platform import End


@dataclass(frozen=True)
class Outcome:
    """One run.

    Attributes:
        settled_seconds: how long after the load everything had come to rest; None: it did not.
        parked: records that stood for a person at any time, which none of the load should.
        struck: how many calls each kind of fault has struck that QuickBooks was ordered.
        ends: how the processes of each place ended.
    """

    seed: int
    form: Form
    seconds: float
    tally: Tally
    diary: Diary
    verdict: Verdict
    settled_seconds: float | None
    parked: Sequence[str]
    struck: Mapping[str, int]
    ends: Mapping[str, Sequence[End]]

    @property
    def unproved(self) -> list[str]:
        """Say what the run was for and did not do."""
        wanted = {
            f"{self.form.changes_least} changes": self.tally.changes >= self.form.changes_least,
            f"{self.form.kills_least} kills": self.diary.kills >= self.form.kills_least,
            "writes in QuickBooks": self.verdict.writes > 0,
            "transactions taken back": self.tally.rolled_back > 0,
            "transactions open for over a minute": self.tally.lingered > 0 or not self.form.lingers,
            **{act: self.diary.done[act] > 0 for act in required_acts(self.form)},
            **{f"a call struck by: {fault}": calls > 0 for fault, calls in self.struck.items()},
            **{str(measure): bool(self.diary.took(measure)) for measure in Measure},
        }
        return [what for what, was_done in wanted.items() if not was_done]

    @property
    def broken(self) -> list[str]:
        """Say which processes ended as none should."""
        return [
            f"{name} {end}"
            for name, ends in self.ends.items()
            for end in ends
            if not end.is_expected
        ]

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept, and each was put to the test."""
        runs_well = not (self.parked or self.diary.slow or self.broken)
        kept = self.verdict.is_clean and runs_well and self.settled_seconds is not None
        return kept and not self.unproved
