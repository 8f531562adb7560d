"""The states of a record and the reasons of a wait: the words of page, CLI and metrics."""

from enum import StrEnum


class State(StrEnum):
    """Where a record stands; the table's constraints say what each state must carry."""

    PENDING = "pending"
    DISPATCHED = "dispatched"
    WAITING = "waiting"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """What a waiting record waits for. A wait is not a failure."""

    STAGE = "stage"
    UNSENT = "unsent"
    PARENT = "parent"
    CHILDREN = "children"
    CLOSED_BOOKS = "closed_books"
    DECISION = "decision"


RULE = "rule"
"""Who skipped a record when no person did."""
