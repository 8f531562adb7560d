"""The job that every peer runs: nothing, of one key and with a number, noted in a file.

The note is one small append, which processes share without a lock; it outlives a process that is
killed, and its length tells how far they are without asking the peer's own server.
"""

import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NOTE: Final = struct.Struct("<qqdd")


@dataclass(frozen=True)
class Done:
    """One execution.

    Attributes:
        key: whose order it belongs to.
        number: its place in that order, from 0.
        began: on the clock that all processes of a machine share, in seconds.
        ended: on the same clock.
    """

    key: int
    number: int
    began: float
    ended: float


class Job:
    """What a worker process runs for each job."""

    def __init__(self, notes: Path) -> None:
        """Append to `notes`, as others do."""
        self._file = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def __call__(self, key: int, number: int) -> None:
        """Do nothing, and note when."""
        began = time.monotonic()
        os.write(self._file, _NOTE.pack(key, number, began, time.monotonic()))


def count(notes: Path) -> int:
    """Count what is noted."""
    return notes.stat().st_size // _NOTE.size if notes.exists() else 0


def read(notes: Path) -> Iterator[Done]:
    """Read what is noted."""
    for fields in _NOTE.iter_unpack(notes.read_bytes() if notes.exists() else b""):
        yield Done(*fields)
