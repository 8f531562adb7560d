"""What an error from QuickBooks means: was it applied, who must act, what the machine does.

The catalogue's row says it; nothing else in the workers decides about an error, and nothing else
retries. A refusal that has no row needs us, and is counted.
"""

from dataclasses import dataclass

from qbo_client import Applied, QuickBooksError
from workers.actions import ANSWERS, Action, Who
from workers.catalogue import UNKNOWN, Row, row_of
from workers.unknown_faults import count_unknown_fault

__all__ = ["Action", "Meaning", "Who", "meaning_of"]


@dataclass(frozen=True)
class Meaning:
    """The answer to the two questions of every error, and the machine's next move.

    Attributes:
        action: What the machine does.
        who: Who must act.
        code: QuickBooks' code, or our word for a failure without one.
        sentence: What the office reads.
        anchor: Where help on it stands.
        applied: Whether QuickBooks may have done what was asked.
    """

    action: Action
    who: Who
    code: str
    sentence: str
    anchor: str
    applied: Applied

    @property
    def answered(self) -> bool:
        """Whether it was a business answer: the next write then has a new request id."""
        return self.action in ANSWERS


def meaning_of(error: QuickBooksError) -> Meaning:
    """Decide what `error` means; a code nobody knows is a refusal that needs us, and counted."""
    found = row_of(error)
    if found is not None:
        return _meaning(*found)
    code = error.code or (f"http_{error.status}" if error.status else "refused")
    count_unknown_fault(code)
    return _meaning(code, UNKNOWN)


def _meaning(code: str, row: Row) -> Meaning:
    return Meaning(row.action, row.who, code, row.sentence, row.anchor, row.applied)
