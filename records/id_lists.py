"""Several of ProLine's ids in one text, and back: pure. An id may hold whatever ProLine likes."""

from collections.abc import Iterable


def join_ids(ids: Iterable[str]) -> str:
    """Write ids in one text, in their order as text."""
    return ",".join(each.replace("%", "%25").replace(",", "%2C") for each in sorted(ids))


def split_ids(text: str) -> tuple[str, ...]:
    """Read what `join_ids` wrote; an empty text names nothing."""
    parts = text.split(",") if text else []
    return tuple(each.replace("%2C", ",").replace("%25", "%") for each in parts)
