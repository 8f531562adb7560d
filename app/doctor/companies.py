"""Companies whose work stands still: for what their office or Intuit has to do."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from app.doctor.verdict import Verdict, ok, warning
from connections.companies import Company, every_company
from coordination.clock import clock
from coordination.database import Connection

NAMED_MOST: Final = 20


def examine_companies(connection: Connection) -> Iterator[Verdict]:
    """Look for companies that are on and have lost their connection, or get no answer."""
    now = clock(connection)
    enabled = [each for each in every_company(connection) if each.enabled]

    def rests(reason: str) -> Callable[[Company], bool]:
        return lambda each: (
            each.pause_reason == reason
            and each.paused_until is not None
            and each.paused_until > now
        )

    found = [
        *_told(
            [each for each in enabled if each.connection != "connected"],
            "Their office has to reconnect to QuickBooks on the page",
        ),
        *_told(
            list(filter(rests("unavailable"), enabled)),
            "QuickBooks does not answer for them, though its token server may: they try by"
            " themselves",
        ),
        *_told(
            list(filter(rests("subscription"), enabled)),
            "Their QuickBooks subscription has lapsed",
        ),
    ]
    yield from found
    if not found:
        yield ok("companies", f"Of {len(enabled)} that are on, none waits for QuickBooks.")


def _told(companies: Sequence[Company], sentence: str) -> Iterator[Verdict]:
    if not companies:
        return
    named = ", ".join(each.id for each in companies[:NAMED_MOST])
    more = f" and {len(companies) - NAMED_MOST} more" if len(companies) > NAMED_MOST else ""
    yield warning("companies", f"{sentence}: {named}{more}.")
