"""From the text of a snapshot to its value, whatever somebody has put into it.

PostgreSQL stores JSON that Python does not read as it stands: numbers of any length, and lists
within lists without end. Neither may break the batch it came in. A number that is too long becomes
a note of that, in a form that no field of the contract takes; a value that is nested too deeply is
replaced whole by a note, which `parse_snapshot` tells as the misfit it is.
"""

import json
import math
from typing import Any, Final

DIGITS_MOST: Final = 1_000
"""Far above any figure of ours, far below what Python refuses to read (4,300)."""
DEPTH_MOST: Final = 32
"""The contract's own is four."""
UNREADABLE: Final = "unreadable"
_TOO_DEEP: Final = {UNREADABLE: f"is nested more than {DEPTH_MOST} deep"}


def decode_snapshot(text: str) -> dict[str, Any]:
    """Read the text of a JSON object, as PostgreSQL writes it; never raises for its content."""
    # Counting is cheap, and most snapshots have fewer brackets in all.
    if text.count("[") + text.count("{") > DEPTH_MOST and _depth(text) > DEPTH_MOST:
        return dict(_TOO_DEEP)
    decoded: dict[str, Any] = json.loads(text, parse_int=_integer, parse_float=_fraction)
    return decoded


def _depth(text: str) -> int:
    """Return how deep the brackets outside of strings go."""
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


_Note = list[dict[str, str]]
"""Neither a text nor a number, no object, and no list of what any field holds."""


def _integer(digits: str) -> int | _Note:
    return int(digits) if len(digits) <= DIGITS_MOST else _too_long(digits)


def _fraction(digits: str) -> float | _Note:
    value = float(digits)
    return value if math.isfinite(value) else _too_long(digits)


def _too_long(digits: str) -> _Note:
    return [{UNREADABLE: f"a number of {len(digits)} digits"}]
