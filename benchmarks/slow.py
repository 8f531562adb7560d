"""A QuickBooks that takes its time over every write, as a process of its own.

It answers as `instant` does, so long after a call came, however many are under way, and remembers
when each company's calls came. Run as `python -m benchmarks.slow SECONDS`; it prints its address.
"""

import asyncio
import json
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

import httpx
import uvicorn

from benchmarks import instant
from benchmarks.fleet import Fleet

ARRIVALS: Final = "/arrivals"
TIMEOUT_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Arrival:
    """A call as it came: when, on the clock of this machine, and into which books."""

    at: float
    realm_id: str


@dataclass(frozen=True)
class SlowQuickBooks:
    """The process, as whoever started it sees it."""

    url: str

    def arrivals(self) -> list[Arrival]:
        """List all calls in the order in which they came."""
        answer = httpx.get(f"{self.url}{ARRIVALS}", timeout=TIMEOUT_SECONDS)
        return [Arrival(*each) for each in answer.raise_for_status().json()]


def start_slow(fleet: Fleet, *, seconds: float) -> SlowQuickBooks:
    """Start the process and wait for its address."""
    process = fleet.start_module("quickbooks", "benchmarks.slow", str(seconds))
    return SlowQuickBooks(fleet.await_address(process))


class Application:
    """The ASGI application."""

    def __init__(self, seconds: float) -> None:
        """Begin without arrivals."""
        self._seconds = seconds
        self._arrivals: list[tuple[float, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's own shapes
        """Answer one request."""
        if scope["path"] == ARRIVALS:
            await _answer(send, json.dumps(self._arrivals).encode())
            return
        self._arrivals.append((time.time(), scope["path"].split("/")[3]))
        await asyncio.sleep(self._seconds)
        await instant.application(scope, receive, send)


async def _answer(send: Any, content: bytes) -> None:  # noqa: ANN401  # ASGI's own shapes
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def main() -> None:
    """Serve until asked to stop."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)  # noqa: T201  # its contract
    config = uvicorn.Config(
        Application(float(sys.argv[1])),
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=300,
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
