"""Errors of the contract.

    SchemaError
    ├── EventInvalid      the envelope cannot be addressed; raised while ProLine writes
    └── SnapshotInvalid   the snapshot does not fit its entity; raised while we read

Their text is shown to support admins and written to logs, so it names fields and rules and never
repeats a value that came from a customer.
"""

from schemas.entity import Entity

PROBLEMS_SHOWN_MOST = 5


class SchemaError(ValueError):
    """What ProLine said does not fit the contract."""

    def __init__(self, sentence: str) -> None:
        """Keep the sentence a support admin reads."""
        super().__init__(sentence)
        self.sentence = sentence


class EventInvalid(SchemaError):
    """The envelope of an event is wrong, so that nobody could say which record it is about."""


class SnapshotInvalid(SchemaError):
    """A snapshot does not fit its entity's contract.

    Attributes:
        entity: Which contract was tried.
        problems: One short clause per misfit, led by the path of its field: `total is missing`.
        sentence: All of it as one sentence; past the first five problems only their number.
    """

    def __init__(self, entity: Entity, problems: tuple[str, ...]) -> None:
        """Compose the sentence from the problems."""
        super().__init__(_sentence(entity, problems))
        self.entity = entity
        self.problems = problems


def _sentence(entity: Entity, problems: tuple[str, ...]) -> str:
    shown = list(problems[:PROBLEMS_SHOWN_MOST])
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more")
    return f"ProLine sent this {entity} in a form we cannot read: {'; '.join(shown)}."
