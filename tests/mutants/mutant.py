"""What a seeded defect is: what is wrong, how it is planted, and what must catch it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One defect.

    Attributes:
        name: as the environment names it.
        says: what is wrong, in a sentence.
        caught_by: the tests of which at least one must fail with it; all pass without it.
        seen_as: how the failure begins in which a test has seen it, as `str(Failure)` prints it (a
            regular expression); any other is one of the plant, or of a slow machine. Where it is
            that something never comes, it must say so in the words of `seeing.NEVER_CAME`.
        plant: plants it in a process; None: it is in the database alone.
        in_database: SQL that plants it there; None: it is in the processes alone.
        in_the_model: the same as `seen_as`, of the stateful model; None: that need not see it.
        in_the_harness: what `make chaos` must count of it, by its word in the line of JSON; None:
            that need not see it.
    """

    name: str
    says: str
    caught_by: tuple[str, ...]
    seen_as: str
    plant: Callable[[], None] | None = None
    in_database: str | None = None
    in_the_model: str | None = None
    in_the_harness: str | None = None
