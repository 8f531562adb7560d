"""A small server of its own for /metrics, /livez and /readyz; never on the page's port.

On loopback unless told otherwise: the figures hold counts and companies' ids, no customer's data
and no secret, but they are nobody's business outside. Each process serves its own figures, and
none forks: prometheus-client's shared files (PROMETHEUS_MULTIPROC_DIR) would mix those of processes
that are gone into them, and show no figure that is read on demand, so they are refused.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from typing import Final
from urllib.parse import parse_qs, urlsplit

from prometheus_client import REGISTRY, CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from structlog import get_logger

from app.addresses import ListenAddress
from app.observing.census import Census
from app.observing.health import Health, asked

ASKER_WAITS_SECONDS: Final = 5.0
"""Whoever connects and says nothing is let go after so long."""
COMPANIES_MOST: Final = 20
SHARED_FILES: Final = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")

log = get_logger()


class NotObserved(Exception):
    """The figures cannot be shown as asked; the message is a sentence."""


@contextmanager
def observed(
    address: ListenAddress | None,
    health: Health,
    census: Census | None = None,
    *,
    registry: CollectorRegistry = REGISTRY,
) -> Iterator[int | None]:
    """Show what there is to see of this process until the block ends; give the port.

    Args:
        address: where; None: nowhere.
        health: what /livez and /readyz ask.
        census: reads the tables, where this process shows how they stand.
        registry: what is counted in the process.

    Raises:
        NotObserved: the address cannot be listened at, or figures would be mixed.
    """
    if address is None:
        yield None
        return
    for name in SHARED_FILES:
        if os.environ.get(name):
            raise NotObserved(
                f"{name} is set, which would mix the figures of processes that are gone into"
                " these: take it out. Each process serves its own."
            )
    server = _listen(address, partial(_Handler, health, census, registry))
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    log.info("metrics.listens", host=address.host, port=server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # One that hangs must not hold the end of the process up.
    block_on_close = False


def _listen(address: ListenAddress, handler: "partial[_Handler]") -> _Server:
    try:
        return _Server((address.host, address.port), handler)
    except OSError as error:
        raise NotObserved(
            f"METRICS_PORT: nobody can listen at {address.host}:{address.port}:"
            f" {error.strerror or error}. Each process on a machine needs a port of its own."
        ) from error


class _Handler(BaseHTTPRequestHandler):
    timeout = ASKER_WAITS_SECONDS
    protocol_version = "HTTP/1.0"
    server_version = "proline-qbo"
    sys_version = ""

    def __init__(
        self, health: Health, census: Census | None, registry: CollectorRegistry, *of_server: object
    ) -> None:
        self._health = health
        self._census = census
        self._registry = registry
        super().__init__(*of_server)  # type: ignore[arg-type]  # as the server calls it

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        match address.path:
            case "/livez":
                self._tell(*asked(self._health.alive))
            case "/readyz":
                self._tell(*asked(self._health.ready))
            case "/metrics":
                self._show(parse_qs(address.query).get("company", [])[:COMPANIES_MOST])
            case _:
                self._send(HTTPStatus.NOT_FOUND, "text/plain", b"/metrics, /livez or /readyz\n")

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_of: object) -> None:
        """Say nothing: a scrape every few seconds is no event."""

    def _tell(self, well: bool, lines: str) -> None:  # noqa: FBT001  # as `asked` gives it
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        self._send(status, "text/plain; charset=utf-8", lines.encode())

    def _show(self, companies: list[str]) -> None:
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        standing = self._census.read(companies) if self._census else []
        self._send(HTTPStatus.OK, content_type, encode(_Both(self._registry, standing)))

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@dataclass(frozen=True)
class _Both(Collector):
    """What was counted in the process, and what stands in the tables, for one answer."""

    counted: CollectorRegistry
    standing: Iterable[Metric]

    def collect(self) -> Iterable[Metric]:
        return chain(self.counted.collect(), self.standing)
