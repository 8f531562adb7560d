"""An office before its Integrations page: the page, the whole way behind it, and QuickBooks.

The page is at 127.0.0.1 and the stand-in at localhost, which are different sites to a browser.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Self

import httpx
import psycopg

from app.embedded import embedded_system
from app.quickbooks import QuickBooksAccess
from app.tuning import Tuning
from app.web.serving import Served, serving
from qbo_client import discovery_below, endpoints_below
from qbo_simulator.http_server import serve
from tests.support.launching import ProlineSigner
from tests.support.ports import free_port
from tests.support.roofer import KEYS, QUICK, Roofer, new_realm
from tests.support.visitor import Visitor
from tests.support.watched_quickbooks import WatchedQuickBooks

COMPANY_NAME = "Acme Roofing"
PERSON = "Jane Example"


@dataclass
class Office:
    """A contractor whose office opens the page from ProLine."""

    roofer: Roofer
    page: Served
    url: str
    signer: ProlineSigner
    clients: ExitStack

    def link(self, **claims: object) -> str:
        """Give the link ProLine sends the browser to."""
        said = {"company_id": self.roofer.company_id, "company_name": COMPANY_NAME, **claims}
        return f"{self.url}/launch?token={self.signer.token(said)}"

    def visitor(self, **claims: object) -> Visitor:
        """Give somebody who has followed such a link."""
        visitor = self.stranger()
        visitor.get(self.link(**claims))
        return visitor

    def stranger(self) -> Visitor:
        """Give somebody who is not signed in."""
        client = httpx.Client(base_url=self.url, follow_redirects=False, timeout=30)
        return Visitor(self.clients.enter_context(client))

    def enabled(self) -> Self:
        """Have the company connected and on, without the page."""
        self.roofer.enabled()
        return self


@contextmanager
def office_in(
    database_url: str, books: Mapping[str, object] | None = None, tuning: Tuning = QUICK
) -> Iterator[Office]:
    """Serve the page before a relay, workers and a QuickBooks company; nothing is set up yet."""
    quickbooks = WatchedQuickBooks()
    realm = new_realm(quickbooks, {"company_name": "Example Books", **(books or {})})
    signer = ProlineSigner()
    with ExitStack() as stack:
        server_stack = stack.enter_context(ExitStack())
        server = server_stack.enter_context(serve(quickbooks))
        simulator_port = int(server.base_url.rpartition(":")[2])
        port = free_port()
        access = access_from_page(port, simulator_port)
        system = stack.enter_context(embedded_system(database_url, access, tuning))
        proline = stack.enter_context(psycopg.connect(database_url, autocommit=True))
        page = stack.enter_context(
            serving(
                database_url,
                access,
                signer.jwks,
                host="127.0.0.1",
                port=port,
                limits=tuning.limits,
            )
        )
        roofer = Roofer(system, quickbooks, realm, proline, simulator_port, server_stack)
        clients = stack.enter_context(ExitStack())
        yield Office(roofer, page, f"http://127.0.0.1:{port}", signer, clients)


def access_from_page(port: int, simulator_port: int) -> QuickBooksAccess:
    """Reach the stand-in as the page's own app, and have it send people back to the page."""
    there = f"http://localhost:{simulator_port}"
    return replace(
        QuickBooksAccess(
            base_url=there,
            endpoints=endpoints_below(there),
            client_id="app",
            client_secret="secret",
            redirect_uri=f"http://127.0.0.1:{port}/callback",
            keys=KEYS,
        ),
        discovery_url=discovery_below(there),
    )
