"""What one transaction has flushed, noted by `capture` until the transaction ends.

It may name too much, never too little: a savepoint rolled back leaves its names here, and what they
stand for is read anew before commit.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import SessionTransaction

from outbox.roots import Part, Root


@dataclass(slots=True)
class Changes:
    """The changed records of one transaction, by their root's and their parts' primary keys."""

    roots: defaultdict[Root, set[Any]] = field(default_factory=lambda: defaultdict(set))
    parts: defaultdict[tuple[Root, Part], set[tuple[Any, ...]]] = field(
        default_factory=lambda: defaultdict(set)
    )
    last_snapshots: dict[tuple[Root, Any], tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """Of roots about to be deleted: the company's id and the snapshot."""
    savepoint: SessionTransaction | None = None
    """The savepoint whose release was announced last."""
    committing: bool = False
    """The events are written; whatever is flushed from now on is written at once."""
