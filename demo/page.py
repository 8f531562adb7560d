"""Puts the Integrations page before whoever wants to look at it, on this machine and for a while.

PostgreSQL from a wheel, the stand-in for QuickBooks, relay, workers and page run here as ever; a
ProLine of one page opens it and makes things happen. Nothing is judged: `demo.run` does that.

Weakness: the page's cookies are for secure sites, as which Safari does not take this machine.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

from rich.console import Console

from app.embedded import embedded_system
from app.logs import configure
from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from app.quickbooks import QuickBooksAccess
from app.standing import asked_to_stop
from app.tuning import Tuning
from app.web.listening import NotServing, listening
from app.web.serving import serving
from connections.keys import TokenKeys
from coordination.life import LifeBeat
from demo.failures import DemonstrationFailed
from demo.looking.buttons import Desk
from demo.looking.launches import COMPANY, Launcher
from demo.looking.ports import HOST, free_port
from demo.looking.proline import LittleProline
from demo.looking.quickbooks import LittleQuickBooks
from demo.looking.web import little_site
from demo.proline import open_engine
from qbo_client import discovery_below, endpoints_below
from qbo_simulator.http_server import serve
from workers.waits import Waits

PORT: Final = 8650
APP_NAME: Final = "ProLine"
KEY_BYTES: Final = 32
LOOK_EVERY_SECONDS: Final = 0.1
# A person has just pressed Ctrl-C: what is under way here matters to nobody else.
STOPPED_WITHIN_SECONDS: Final = 5
# The stand-in replays a request id as QuickBooks documents it: after an outage nobody waits for
# the 130 seconds after which a write of unknown outcome is looked up.
TUNING: Final = Tuning(waits=Waits(requestid_proved=True))


@dataclass(frozen=True)
class Standing:
    """What is up: where ProLine and its page are, and the sign of life of the page's process."""

    proline_url: str
    page_url: str
    life: LifeBeat


def show_page(console: Console, *, port: int | None = None) -> int:
    """Put everything up, say where to look, and take it down when asked to stop.

    Args:
        console: where that is said.
        port: of the Integrations page; None: the usual one, or a free one where it is taken.

    Returns:
        The exit code: 0 when it was asked to stop, 1 if it could not stand; then it says why.
    """
    configure(level="ERROR")
    with asked_to_stop() as asked:
        try:
            chosen = _chosen(port)
            _tell(console, "Starting PostgreSQL, a QuickBooks simulator, relay, workers and page …")
            with EmbeddedPostgres() as postgres:
                migrate(postgres.url)
                with standing(postgres.url, chosen) as up:
                    _welcome(console, up)
                    _wait(up.life, asked)
                    _tell(console, "Stopping, and clearing away …")
        except (DemonstrationFailed, NotServing) as failed:
            _tell(Console(stderr=True), str(failed))
            return 1
    return 0


def _chosen(port: int | None) -> int:
    """Say at which port the page will be; one that was asked for is that or none."""
    if port is None:
        return free_port(PORT)
    if free_port(port) != port:
        raise DemonstrationFailed(f"Nobody can listen at {HOST}:{port}: is the port taken?")
    return port


@contextmanager
def standing(database_url: str, page_port: int) -> Iterator[Standing]:
    """Put everything up but the database, which is migrated and has none of ProLine's tables.

    Raises:
        NotServing: somebody has taken the port.
        DemonstrationFailed: no port is free.
    """
    page_url = f"http://{HOST}:{page_port}"
    launcher = Launcher(page_url)
    quickbooks = LittleQuickBooks()
    with serve(quickbooks) as simulator, _proline(database_url) as proline:
        access = _access(simulator.base_url, page_url)
        with (
            embedded_system(database_url, access, TUNING) as system,
            serving(database_url, access, launcher.jwks, host=HOST, port=page_port) as page,
        ):
            proline_port = free_port(page_port + 1, but=page_port)
            proline_url = f"http://{HOST}:{proline_port}"
            site = little_site(proline_url, Desk(system.pool, proline, quickbooks), launcher)
            with listening(site, HOST, proline_port, stopped_within_seconds=STOPPED_WITHIN_SECONDS):
                yield Standing(proline_url, page_url, page.me.life)


@contextmanager
def _proline(database_url: str) -> Iterator[LittleProline]:
    engine = open_engine(database_url)
    try:
        yield LittleProline.opened(engine, COMPANY)
    finally:
        engine.dispose()


def _access(simulator_url: str, page_url: str) -> QuickBooksAccess:
    """Reach the simulator as an app that exists for this run only."""
    access = QuickBooksAccess(
        base_url=simulator_url,
        endpoints=endpoints_below(simulator_url),
        client_id=APP_NAME,
        client_secret=secrets.token_urlsafe(),
        redirect_uri=f"{page_url}/callback",
        keys=TokenKeys([("page", secrets.token_bytes(KEY_BYTES))]),
    )
    return replace(access, discovery_url=discovery_below(simulator_url))


def _welcome(console: Console, up: Standing) -> None:
    _tell(console, f"Open {up.proline_url}/ in Chrome, Edge or Firefox: a small ProLine.")
    _tell(console, f"Its menu leads to the Integrations page at {up.page_url}/.")
    _tell(console, "Ctrl-C ends it and leaves nothing behind.")


def _wait(life: LifeBeat, asked: Callable[[], bool]) -> None:
    never = Event()
    while not asked():
        never.wait(LOOK_EVERY_SECONDS)
        if life.gone.is_set():
            raise DemonstrationFailed(
                "This machine slept, and the processes here took each other for gone: start again."
            )


def _tell(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)
