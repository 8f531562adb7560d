"""A web process put together: the page, its server, and its sign of life.

The server runs in a thread of its own, so that this process stands and stops as the others do.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from structlog import get_logger

from app.living import Living, living
from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from app.web.application import application
from app.web.web import Web
from connections.slots import RealmSlots
from coordination.database import Pool, open_pool
from coordination.limiter import Limits

SESSIONS: Final = 24
"""Of the database; a page holds one at a time, and asking QuickBooks takes some beside."""
STARTED_WITHIN_SECONDS: Final = 10.0
STOPPED_WITHIN_SECONDS: Final = 30
IDLE_SECONDS: Final = 20
AT_ONCE_MOST: Final = 200
# A person waits: what QuickBooks has not answered by then is given up, and said.
CALL_WITHIN_SECONDS: Final = 10.0
SLOT_WITHIN_SECONDS: Final = 5.0
INTUIT: Final = "https://*.intuit.com"

log = get_logger()


@dataclass(frozen=True)
class Served:
    """A page that is served, and its process's sign of life."""

    web: Web
    me: Living


class NotServing(Exception):
    """The server did not come up; the message is a sentence."""


@contextmanager
def serving(
    database_url: str,
    access: QuickBooksAccess,
    launch_jwks: str,
    *,
    host: str,
    port: int,
    trusted_proxies: str = "",
    limits: Limits | None = None,
) -> Iterator[Served]:
    """Serve the page until the block ends, then let what is under way end.

    Args:
        database_url: ProLine's own, migrated.
        access: where QuickBooks is; its redirect URI says what the page's own address is.
        launch_jwks: ProLine's public keys.
        host: where to listen.
        port: likewise.
        trusted_proxies: addresses whose word on who asks is taken, by comma; `*`: all.
        limits: of calls to QuickBooks; tests have their own.

    Raises:
        NotServing: the address cannot be listened at.
    """
    with (
        open_pool(database_url, max_size=SESSIONS, application_name="proline-qbo web") as pool,
        open_quickbooks(access, pool, deadline_seconds=CALL_WITHIN_SECONDS) as quickbooks,
        living(database_url, pool, "web") as me,
    ):
        web = Web(
            pool=pool,
            quickbooks=quickbooks,
            slots=_slots(pool, me, limits or Limits()),
            launch_jwks=launch_jwks,
            redirect_uri=access.redirect_uri,
            consent_sites=consent_sites(quickbooks),
        )
        with _listening(web, host, port, trusted_proxies):
            yield Served(web, me)


def _slots(pool: Pool, me: Living, limits: Limits) -> RealmSlots:
    return RealmSlots(
        pool,
        me.process_id,
        limits,
        me.life.fresh_within,
        patience_seconds=SLOT_WITHIN_SECONDS,
    )


def consent_sites(quickbooks: QuickBooks) -> str:
    """Name where Connect may lead: Intuit's own sites, or the stand-in's."""
    parts = urlsplit(quickbooks.access.endpoints.authorize)
    if (parts.hostname or "").endswith(".intuit.com"):
        return INTUIT
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def _listening(web: Web, host: str, port: int, trusted_proxies: str) -> Iterator[None]:
    server = uvicorn.Server(
        uvicorn.Config(
            application(web),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=trusted_proxies or None,
            limit_concurrency=AT_ONCE_MOST,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=STOPPED_WITHIN_SECONDS,
        )
    )
    thread = threading.Thread(target=_run, args=[server], name="web", daemon=True)
    thread.start()
    try:
        _wait_until_up(server, thread, host, port)
        log.info("page.listens", host=host, port=port)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _run(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:
        return  # what uvicorn does where it cannot listen: who waits for it says so


def _wait_until_up(server: uvicorn.Server, thread: threading.Thread, host: str, port: int) -> None:
    up = threading.Event()
    for _ in range(int(STARTED_WITHIN_SECONDS / 0.02)):
        if server.started:
            return
        if not thread.is_alive():
            break
        up.wait(0.02)
    raise NotServing(f"Nobody can listen at {host}:{port}: is the port taken?")
