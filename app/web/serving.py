"""A web process put together: the page, its server, and its sign of life."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from structlog import get_logger

from app.living import Living, living
from app.quickbooks import QuickBooks, QuickBooksAccess, open_quickbooks
from app.web.application import application
from app.web.listening import listening
from app.web.web import Web
from connections.slots import RealmSlots
from coordination.database import Pool, open_pool
from coordination.limiter import Limits

SESSIONS: Final = 24
"""Of the database; a page holds one at a time, and asking QuickBooks takes some beside."""
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
        with listening(application(web), host, port, trusted_proxies=trusted_proxies):
            log.info("page.listens", host=host, port=port)
            yield Served(web, me)


def _slots(pool: Pool, me: Living, limits: Limits) -> RealmSlots:
    return RealmSlots(
        pool,
        me.process_id,
        limits,
        me.life.fresh_within,
        patience_seconds=SLOT_WITHIN_SECONDS,
    )


def keep_what_is_there() -> None:
    """Have the collector leave alone what a web process begins with, which stays for good.

    Looked through each time, it costs one large page in twenty a pause of 70 ms. For a process of
    its own: what is garbage by now stays too.
    """
    gc.collect()
    gc.freeze()


def consent_sites(quickbooks: QuickBooks) -> str:
    """Name where Connect may lead: Intuit's own sites, or the stand-in's."""
    parts = urlsplit(quickbooks.access.endpoints.authorize)
    if (parts.hostname or "").endswith(".intuit.com"):
        return INTUIT
    return f"{parts.scheme}://{parts.netloc}"
