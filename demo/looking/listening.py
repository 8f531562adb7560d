"""A small site served on the loopback from a thread, and ports to serve it at."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from demo.failures import DemonstrationFailed

HOST: Final = "127.0.0.1"
STARTED_WITHIN_SECONDS: Final = 10.0
STOPPED_WITHIN_SECONDS: Final = 5
LOOK_EVERY_SECONDS: Final = 0.02


def free_port(wanted: int, *, but: int = 0) -> int:
    """Give the wanted port if nobody listens there, else a free one; never `but`."""
    for port in (wanted, 0, 0):
        with socket.socket() as probe:
            # What somebody has just left lingers; it is free for who listens.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            found = int(probe.getsockname()[1])
        if found != but:
            return found
    raise DemonstrationFailed("This machine has no free port.")


@contextmanager
def listening(site: ASGIApp, port: int) -> Iterator[None]:
    """Serve a site until the block ends.

    Raises:
        DemonstrationFailed: nobody can listen there.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            site,
            host=HOST,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=STOPPED_WITHIN_SECONDS,
        )
    )
    thread = threading.Thread(target=_run, args=[server], name="little-proline", daemon=True)
    thread.start()
    try:
        _wait_until_up(server, thread, port)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _run(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:
        return  # what uvicorn does where it cannot listen: who waits for it says so


def _wait_until_up(server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
    up = threading.Event()
    for _ in range(int(STARTED_WITHIN_SECONDS / LOOK_EVERY_SECONDS)):
        if server.started:
            return
        if not thread.is_alive():
            break
        up.wait(LOOK_EVERY_SECONDS)
    raise DemonstrationFailed(f"Nobody can listen at {HOST}:{port}: is the port taken?")
