"""The simulator of QuickBooks as a process of its own, with a way to it that jitters.

A call is held up on its way before the simulator counts its arrival, as QuickBooks counts what has
reached it; how long an answer takes is a setting of the simulator's own. Run as
`python -m benchmarks.distant JITTER_MS`; it prints its address.
"""

import random
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

import httpx
import psycopg

from benchmarks.fleet import Fleet
from benchmarks.stage import KEYS, add_companies
from connections import tokens
from connections.settings import CompanySettings
from qbo_client.oauth import TokenReply
from qbo_simulator.control import PREFIX
from qbo_simulator.http_server import run
from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Connection, Request, Response

TIMEOUT_SECONDS: Final = 30.0
BOOKS: Final = {"custom_txn_numbers": True, "using_sales_tax": False}
"""As `stage` says that a company's books are."""


class DistantSimulator(Simulator):
    """A simulator at the end of a way that takes from nothing to `jitter_ms`."""

    def __init__(self, jitter_ms: int) -> None:
        """Begin without companies."""
        super().__init__()
        self._jitter_ms = jitter_ms

    def handle(self, request: Request, connection: Connection | None = None) -> Response:
        """Let a call arrive late; whoever steers the simulator stands beside it."""
        if self._jitter_ms and not request.path.startswith(PREFIX):
            time.sleep(random.uniform(0, self._jitter_ms) / 1_000)  # noqa: S311  # the way itself; nothing secret
        return super().handle(request, connection)


@dataclass(frozen=True)
class Distant:
    """The simulator's process, as its operator sees it."""

    url: str

    def make_books(self, name: str, **settings: object) -> str:
        """Make a QuickBooks company and return its realm."""
        made = self._ask("POST", "realms", {"company_name": name, **BOOKS, **settings})
        return str(made["realm_id"])

    def consent(self, realm_id: str) -> TokenReply:
        """Let our app into a company's books."""
        code = self._ask("POST", f"realms/{realm_id}/code", {})["code"]
        answer = httpx.post(
            f"{self.url}/oauth2/v1/tokens/bearer",
            data={"grant_type": "authorization_code", "code": code},
            auth=("app", "secret"),
            timeout=TIMEOUT_SECONDS,
        )
        told = answer.raise_for_status().json()
        lives = told["expires_in"], told["x_refresh_token_expires_in"]
        return TokenReply(told["access_token"], told["refresh_token"], *lives, None, None)

    def by_hand(self, realm_id: str, act: dict[str, object]) -> None:
        """Do something in the books as somebody there would."""
        self._ask("POST", f"realms/{realm_id}/by_hand", act)

    def report(self, realm_id: str) -> dict[str, Any]:
        """Tell what a company has been through."""
        report: dict[str, Any] = self._ask("GET", "report")["realms"][realm_id]
        return report

    def calls(self, realm_id: str) -> list[dict[str, Any]]:
        """List a company's calls in the order in which they arrived."""
        calls: list[dict[str, Any]] = self._ask("GET", f"realms/{realm_id}/log")["calls"]
        return calls

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = httpx.request(
            method, f"{self.url}{PREFIX}{path}", json=body, timeout=TIMEOUT_SECONDS
        )
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


def start_distant(fleet: Fleet, *, jitter_ms: int = 0) -> Distant:
    """Start the simulator's process and wait for its address."""
    process = fleet.start_module("quickbooks", "benchmarks.distant", str(jitter_ms))
    return Distant(fleet.await_address(process))


def connect_companies(
    connection: psycopg.Connection,
    distant: Distant,
    realms: dict[str, str],
    settings: CompanySettings,
) -> None:
    """Write companies that are on and connected to books of the simulator, by company id."""
    add_companies(connection, list(realms), settings=settings, realm_of=realms.__getitem__)
    for company_id, realm_id in realms.items():
        tokens.put(connection, KEYS, company_id, realm_id, distant.consent(realm_id))


if __name__ == "__main__":
    run(0, simulator=DistantSimulator(int(sys.argv[1])))
