"""A broken promise, said so that a person can look it up."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Which promise was broken."""

    LOST = "lost"
    DUPLICATES = "duplicates"
    INVERSIONS = "inversions"
    OVERLAPS = "overlaps"
    LIMIT_BREACHES = "limit_breaches"
    CENTS_OFF = "cents_off"
    STRAYS = "strays"
    """Written where it does not belong: another company's books, or never committed."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise.

    Attributes:
        company_id: whose books.
        sentence: what happened, to which record, by which call.
    """

    kind: Kind
    company_id: str
    sentence: str
