"""Where a list goes on: behind the last record shown, however many have come in front of it."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(r"(-?[0-9]{1,18}):([0-9]{1,18})", re.ASCII)
TEXT_LENGTH_MAX = 60


@dataclass(frozen=True, order=True)
class Cursor:
    """The last record of a page, by what lists are ordered by; times to the microsecond."""

    since: datetime
    pk: int

    def encode(self) -> str:
        """Write it as text that may stand in an address."""
        micros = (self.since - _EPOCH) // timedelta(microseconds=1)
        return urlsafe_b64encode(f"{micros}:{self.pk}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor | None":
        """Read what `encode` wrote; None for any other text."""
        if len(text) > TEXT_LENGTH_MAX or not text.isascii():
            return None
        try:
            plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        except ValueError:
            return None
        cursor = cls._read(plain)
        return cursor if cursor is not None and cursor.encode() == text else None

    @classmethod
    def _read(cls, plain: str) -> "Cursor | None":
        found = _TEXT.fullmatch(plain)
        if found is None:
            return None
        try:
            since = _EPOCH + timedelta(microseconds=int(found[1]))
        except OverflowError:
            return None
        return cls(since, int(found[2]))
