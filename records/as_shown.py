"""What stood in a group when a page showed it: what a person then says holds for that and no more.

Between the page and the press others may come to stand there. They stay, and are told of.
"""

import re
from dataclasses import dataclass

from records.cursors import Cursor

_TEXT = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{1,60})", re.ASCII)


@dataclass(frozen=True)
class AsShown:
    """How many stood there, and the newest of them; what stands behind that one was not shown."""

    count: int
    newest: Cursor

    def encode(self) -> str:
        """Write it as text for a form."""
        return f"{self.count}.{self.newest.encode()}"

    @classmethod
    def decode(cls, text: str) -> "AsShown | None":
        """Read what `encode` wrote; None for any other text."""
        found = _TEXT.fullmatch(text)
        newest = Cursor.decode(found[2]) if found else None
        return cls(int(found[1]), newest) if found and newest else None


@dataclass(frozen=True)
class Ordered:
    """How many were ordered, and how many have come to stand there since they were shown."""

    count: int
    came_later: int = 0


class ShownOtherwise(Exception):  # what is so, not what broke
    """More stand there than were shown, and which of them were shown cannot be told."""
