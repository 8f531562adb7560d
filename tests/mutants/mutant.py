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
        plant: plants it in a process; None: it is in the database alone.
        in_database: SQL that plants it there; None: it is in the processes alone.
        seen_as: how the failure begins in which its test has seen it, if by no assertion.
        in_the_model: whether the stateful model must see it too.
    """

    name: str
    says: str
    caught_by: tuple[str, ...]
    plant: Callable[[], None] | None = None
    in_database: str | None = None
    seen_as: str | None = None
    in_the_model: bool = False
