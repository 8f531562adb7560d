"""What a test says when it fails, and whether that is the defect it was to see.

Read from what pytest prints. A test that breaks otherwise has seen nothing: the plant itself may
have broken, because the code has moved on, or something was merely not in time.
"""

import re
from dataclasses import dataclass
from typing import Final

ASSERTED: Final = re.compile(r"assert |AssertionError: |Failed: DID NOT RAISE")
"""How a failure begins in which a test has seen something with its own eyes."""
NEVER_CAME: Final = (
    "not so within ",
    "comes_true",
    "the relay was still busy after ",
    "not settled after ",
    "not settled: ",
    "steps were not enough",
    "Still asked after ",
    "goes on after SIGTERM",
    "nobody waits for the lock",
    "nobody waited: ",
    "it never came to that",
)
"""What the tests say where they have waited in vain, for whatever it was."""
_FAILED: Final = re.compile(r"^FAILED (.+?)(?: - (.*))?$", re.MULTILINE)
_STATEMENT: Final = re.compile(r"^>\s+(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """One of a test.

    Attributes:
        test: which, as pytest names it.
        reason: the first line of what was raised, as pytest's short summary has it.
        statement: the first line of the test's own statement that failed.
    """

    test: str
    reason: str
    statement: str

    def __str__(self) -> str:
        """Say why and where, in a line."""
        return f"{self.reason} in: {self.statement}"


def failure_in(output: str) -> Failure | None:
    """Read the first failure that pytest has printed; None: it has printed none."""
    failed, statement = _FAILED.search(output), _STATEMENT.search(output)
    if failed is None:
        return None
    reason: str = failed[2] or ""
    # Pytest leaves the name away only where the sentence has no quotation mark.
    if reason.startswith("AssertionError: assert "):
        reason = reason.removeprefix("AssertionError: ")
    return Failure(failed[1], reason, statement[1] if statement else "")


def has_seen(failure: Failure, seen_as: str) -> bool:
    """Whether a test has failed as it does when it sees the defect.

    That something was waited for in vain counts only where `seen_as` says so, word for word.
    """
    said = str(failure)
    in_vain = any(each in said and each not in seen_as for each in NEVER_CAME)
    return bool(ASSERTED.match(said) and re.match(seen_as, said)) and not in_vain
