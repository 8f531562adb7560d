"""Long statements of the hot path: their text is read once, not at each execution.

psycopg finds the named parameters of a statement by reading it, and remembers what it found only
of statements to 4,096 characters. A longer one costs a quarter of a millisecond each time, as much
as the server takes for it. Here the names are replaced when the module is imported, and the cursor
takes the text as it is (`RawCursor` in its documentation).
"""

import re
from collections.abc import Mapping
from typing import Final

from psycopg import RawCursor
from psycopg.rows import BaseRowFactory, Row

from coordination.database import Connection

_NAMED: Final = re.compile(r"%\((\w+)\)s")


class Statement:
    """A statement with named parameters, `%(name)s`; it has no other per cent signs.

    Attributes:
        text: as it was written.
    """

    def __init__(self, text: str) -> None:
        """Read the text.

        Raises:
            ValueError: a per cent sign that names no parameter, or a comment, which would go on to
                the end now that all is one line.
        """
        if "--" in text:
            raise ValueError("a comment in a statement that becomes one line")
        names = dict.fromkeys(_NAMED.findall(text))
        numbers = {name: number for number, name in enumerate(names, 1)}
        numbered = _NAMED.sub(lambda found: f"${numbers[found[1]]}", text)
        if "%" in numbered:
            raise ValueError("a per cent sign that names no parameter")
        self.text = text
        self._names = tuple(names)
        self._text = " ".join(numbered.split()).encode()

    def one(
        self,
        connection: Connection,
        arguments: Mapping[str, object],
        row_factory: BaseRowFactory[Row],
    ) -> Row | None:
        """Execute it and return the first row, if there is any.

        Args:
            connection: the caller's.
            arguments: by name; others than the statement's are left out.
            row_factory: what makes the row.
        """
        with RawCursor(connection, row_factory=row_factory) as cursor:
            ordered = [arguments[name] for name in self._names]
            return cursor.execute(self._text, ordered).fetchone()
