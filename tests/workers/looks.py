"""A look at the books that is cut off, so that somebody has time before the next."""

from collections.abc import Callable

from tests.support.roofer import Roofer, until

AWAY = {"status": 503, "empty": True}


def cut_the_look_off(
    roofer: Roofer, entity: str, record_id: str, say: Callable[[], object]
) -> None:
    """Let the look that follows what ProLine says here fail once, and wait until it has."""
    roofer.fault({"operation": "read"}, **AWAY)
    roofer.fault({"operation": "query"}, **AWAY)
    say()
    until(lambda: (found := roofer.record(entity, record_id)) and found.state == "retrying")
