"""What can go wrong between our own processes.

CoordinationError
├── NotLeading      another relay leads, or nobody does
└── ProcessGone     this process was declared gone: it must send nothing more and exit
"""

from uuid import UUID


class CoordinationError(Exception):
    """The parent of what can go wrong between our own processes."""


class NotLeading(CoordinationError):  # the word of the glossary is the name
    """This process does not hold that term of the leadership."""

    def __init__(self, holder: UUID, term: int) -> None:
        """Name who believed to be leading, and in which term."""
        super().__init__(f"process {holder} does not lead in term {term}: another relay took over")


class ProcessGone(CoordinationError):  # the word of the glossary is the name
    """This process was declared gone while it still ran."""

    def __init__(self, process_id: UUID) -> None:
        """Name the process that must end."""
        super().__init__(
            f"process {process_id} was declared gone or never registered: it must exit"
        )
