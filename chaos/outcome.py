"""What a run came to: what was done, what was found, and whether it proves anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaos.checker import Verdict
from chaos.form import Form
from chaos.harm.diary import Diary, Measure
from chaos.load.writing import Tally


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
            **{str(measure): bool(self.diary.took(measure)) for measure in Measure},
        }
        return [what for what, was_done in wanted.items() if not was_done]

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept, and each was put to the test."""
        kept = self.verdict.is_clean and not self.parked and not self.diary.slow
        return kept and self.settled_seconds is not None and not self.unproved
