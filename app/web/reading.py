"""What a browser sends, read within limits; whatever it is, the answer is a page and no failure.

A form is URL-encoded and small. Values that PostgreSQL could not hold (NUL) or that are no text are
refused here, so that no route has to think of them.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

FORM_BYTES_MOST: Final = 64 * 1024
FIELDS_MOST: Final = 500
QUERY_BYTES_MOST: Final = 8 * 1024
NUMBER_DIGITS_MOST: Final = 18
FORM_TYPE: Final = "application/x-www-form-urlencoded"


class Unreadable(Exception):
    """What was sent cannot be read; the message is a sentence."""


@dataclass(frozen=True)
class Fields:
    """Names with their values, each name perhaps several times."""

    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a name."""
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    def every(self, name: str) -> tuple[str, ...]:
        """Return all values of a name, in order."""
        return tuple(value for key, value in self.pairs if key == name)


def number(text: str) -> int | None:
    """Read an id of ours; None: it is none."""
    fits = text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MOST
    return int(text) if fits else None


def read_query(request: Request) -> Fields:
    """Read what stands behind the question mark.

    Raises:
        Unreadable: it is too long or no text.
    """
    query = request.scope.get("query_string", b"")
    if len(query) > QUERY_BYTES_MOST:
        raise Unreadable("The address is too long.")
    return _fields(query)


async def read_form(request: Request) -> Fields:
    """Read a posted form.

    Raises:
        Unreadable: it is no form, too large, or no text.
    """
    told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if told not in {FORM_TYPE, ""}:
        raise Unreadable("Only the forms of this page are understood.")
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES_MOST:
                raise Unreadable("The form is too large.")
    except ClientDisconnect as error:
        raise Unreadable("The form did not come whole.") from error
    return _fields(bytes(body))


def _fields(encoded: bytes) -> Fields:
    try:
        text = encoded.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MOST)
    except ValueError as error:  # UnicodeDecodeError is one
        raise Unreadable("What was sent is no text this page understands.") from error
    if any("\0" in part for pair in pairs for part in pair):
        raise Unreadable("What was sent is no text this page understands.")
    return Fields(tuple(pairs))
