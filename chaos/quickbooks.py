"""QuickBooks: the simulator as a process of its own, and the hand of its operator.

Run as `python -m chaos.quickbooks`; it prints its address. Nothing is collected in it: a whole
collection of all that an hour leaves in the books would stop it for seconds, and each call that
waits would count as late.
"""

import gc
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.request import Request, urlopen

from qbo_simulator.http_server import serve, wait_for_interrupt
from qbo_simulator.simulator import Simulator

TIMEOUT_SECONDS: Final = 30
LOG_LIMIT: Final = 1_000_000
PART: Final = 20_000
BOOKS: Final = {"using_sales_tax": False, "log_bodies": True, "log_limit": LOG_LIMIT}


@dataclass(frozen=True, slots=True)
class Operator:
    """Steers the simulator: makes books, orders faults, reads the log."""

    base_url: str

    def make_books(self, name: str, **settings: object) -> str:
        """Make a company's books and give their realm."""
        made = self._ask("POST", "realms", {"company_name": name, **BOOKS, **settings})
        return str(made["realm_id"])

    def code(self, realm_id: str) -> str:
        """Give the code that a person's consent brings."""
        return str(self._ask("POST", f"realms/{realm_id}/code", {})["code"])

    def order_fault(self, match: Mapping[str, object], then: Mapping[str, object]) -> None:
        """Let something happen to the next calls that match."""
        self._ask("POST", "faults", {"match": match, "then": then})

    def clear_faults(self) -> None:
        """Let nothing happen any more."""
        self._ask("DELETE", "faults")

    def expire_tokens(self, realm_id: str) -> None:
        """End the access tokens of a company now."""
        self._ask("POST", f"realms/{realm_id}/expire", {})

    def calls(self, realm_id: str) -> list[dict[str, Any]]:
        """List a company's calls in the order in which they arrived."""
        found: list[dict[str, Any]] = []
        while True:
            since = found[-1]["seq"] if found else 0
            part = self._ask("GET", f"realms/{realm_id}/log?since={since}&limit={PART}")["calls"]
            found += part
            if len(part) < PART:
                return found

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        request = Request(  # noqa: S310  # our own simulator
            f"{self.base_url}/_simulator/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # as above
            return json.load(answer, parse_float=Decimal)


def main() -> None:
    """Serve until interrupted."""
    gc.disable()
    with serve(Simulator()) as server:
        print(server.base_url, flush=True)  # noqa: T201  # its contract
        with suppress(KeyboardInterrupt):
            wait_for_interrupt(threading.Event())


if __name__ == "__main__":
    main()
