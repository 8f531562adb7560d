"""Whole pages, asked for over HTTP as a browser asks: server, sign-in, questions, template."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

import httpx

from access.launch import ISSUER, Launch
from access.people import Person, Role
from access.sessions import open_session
from app.quickbooks import QuickBooksAccess
from app.web import addresses
from app.web.cookies import SIGNED_IN
from app.web.serving import keep_what_is_there, serving
from benchmarks.books import COMPANY
from connections.keys import TokenKeys
from coordination.database import Pool
from qbo_client import endpoints_below

PORT: Final = 8655
NOWHERE: Final = "http://127.0.0.1:9"
"""No page that is shown asks QuickBooks for anything: one that did would fail here."""

PAGES: Final[Mapping[str, str]] = {
    "page: Integrations": addresses.INTEGRATIONS,
    "page: QuickBooks": addresses.QUICKBOOKS,
    "page: needs attention": addresses.ATTENTION,
    "page: activity": addresses.ACTIVITY,
    "page: activity, a common word": addresses.with_query(addresses.ACTIVITY, text="example"),
    "page: a record": addresses.with_query(addresses.RECORD, entity="invoice", id="i146"),
    "page: settings": addresses.SETTINGS,
    "page: findings": addresses.FINDINGS,
    "page: projects": addresses.PROJECTS,
    "page: history": addresses.HISTORY,
    "page: disconnect": addresses.DISCONNECT,
}


@contextmanager
def whole_pages(database_url: str, pool: Pool) -> Iterator[Mapping[str, Callable[[], object]]]:
    """Serve the page, sign somebody in, and give what asks for each page by its name."""
    access = QuickBooksAccess(
        base_url=NOWHERE,
        endpoints=endpoints_below(NOWHERE),
        client_id="app",
        client_secret="secret",  # noqa: S106  # nobody is asked with it
        redirect_uri=f"http://127.0.0.1:{PORT}/callback",
        keys=TokenKeys([("bench", b"b" * 32)]),
    )
    cookie = {"Cookie": f"{SIGNED_IN}={_signed_in(pool)}"}
    with (
        serving(database_url, access, '{"keys": []}', host="127.0.0.1", port=PORT),
        httpx.Client(base_url=f"http://127.0.0.1:{PORT}", headers=cookie, timeout=10) as browser,
    ):
        keep_what_is_there()
        yield {name: _asking(browser, address) for name, address in PAGES.items()}


def _signed_in(pool: Pool) -> str:
    person = Person(COMPANY, "user-1", "Jane Example", Role.ADMIN)
    launch = Launch(ISSUER, "bench", datetime.now(UTC) + timedelta(minutes=5), person, "")
    with pool.connection() as connection:
        return open_session(connection, launch, confirmed=True)


def _asking(browser: httpx.Client, address: str) -> Callable[[], object]:
    def ask() -> object:
        answer = browser.get(address)
        if answer.status_code != HTTPStatus.OK:
            raise LookupError(f"{address} answered {answer.status_code}")
        return answer

    return ask
