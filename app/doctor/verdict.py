"""What an examination says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that was looked at: what, how bad, and a sentence that says what to do."""

    subject: str
    level: Level
    sentence: str


def ok(subject: str, sentence: str) -> Verdict:
    """All is well."""
    return Verdict(subject, Level.OK, sentence)


def warning(subject: str, sentence: str) -> Verdict:
    """It works, and should not stay so."""
    return Verdict(subject, Level.WARNING, sentence)


def problem(subject: str, sentence: str) -> Verdict:
    """It does not work."""
    return Verdict(subject, Level.PROBLEM, sentence)
