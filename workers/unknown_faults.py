"""Counting refusals whose code is in no row of the catalogue, under labels that stay few.

The code comes from outside, so it is a label only where it looks like one of the vendor's numbers
or our own word for a status, and only the first `CODES_MOST` of a process are told apart.
"""

import re
import threading

from workers.metrics import unknown_faults

CODES_MOST = 50
OTHER = "other"

_LIKE_A_CODE = re.compile(r"[0-9]{1,6}|http_[0-9]{3}")


class Labels:
    """Chooses labels: at most so many, and `other` for the rest; threads may share it."""

    def __init__(self, most: int) -> None:
        """Begin with none."""
        self._most = most
        self._given: set[str] = set()
        self._lock = threading.Lock()

    def label_of(self, code: str) -> str:
        """Return the code itself, or `other`."""
        if not _LIKE_A_CODE.fullmatch(code):
            return OTHER
        with self._lock:
            if len(self._given) < self._most:
                self._given.add(code)
            return code if code in self._given else OTHER


_labels = Labels(CODES_MOST)


def count_unknown_fault(code: str) -> None:
    """Count a refusal that nobody foresaw."""
    unknown_faults.labels(_labels.label_of(code)).inc()
