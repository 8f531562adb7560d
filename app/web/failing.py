"""What goes wrong in a route, as a page: what happened, what was changed, what to do."""

from collections.abc import Callable
from typing import Final

from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import Response
from structlog import get_logger

from access.launch import LaunchRefused
from access.sessions import Session
from app.sentences import of_quickbooks
from app.web.pages import message
from app.web.web import Busy
from connections.errors import ConnectionRefused
from coordination.database import DATABASE_AWAY
from qbo_client import QuickBooksError
from records.deciding import AnswerRefused

log = get_logger()

CANNOT_REACH: Final = (
    "The page cannot reach its database just now. Nothing is lost: try again soon."
)


class Refused(Exception):
    """A form cannot be followed; the message is a sentence for whoever sent it."""


def answer(
    request: Request, route: Callable[[], Response], session: Session | None = None
) -> Response:
    """Answer as the route does; what a person can act on becomes a page with a sentence.

    A fault of ours is not caught: the server logs it and says so.
    """
    outcome = told(request, route)
    return outcome if isinstance(outcome, Response) else message(request, *outcome, session=session)


def told(request: Request, route: Callable[[], Response]) -> Response | tuple[int, str, str]:
    """Answer as the route does; or give status, headline and sentence, to be shown anywhere."""
    try:
        return route()
    except LaunchRefused as error:
        log.info("launch.refused", why=error.why)
        return 403, "This link does not open the page", str(error)
    except (Refused, ConnectionRefused, AnswerRefused) as error:
        return 409, "Nothing was changed", str(error)
    except Busy:
        return 503, "One moment", "Many pages wait for QuickBooks just now: try again soon."
    except QuickBooksError as error:
        log.warning("page.quickbooks", path=request.url.path, error=str(error))
        return 502, "QuickBooks did not do it", of_quickbooks(error)
    except (*DATABASE_AWAY, PoolTimeout) as error:
        log.warning("page.database", path=request.url.path, error=type(error).__name__)
        return 503, "One moment", CANNOT_REACH
