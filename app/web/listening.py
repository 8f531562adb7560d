"""A site served from a thread of its own, so that its process stands and stops as the others do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from app.web.deadlines import Deadlines, timed

STARTED_WITHIN_SECONDS: Final = 10.0
LOOK_EVERY_SECONDS: Final = 0.02
STOPPED_WITHIN_SECONDS: Final = 30
IDLE_SECONDS: Final = 20
AT_ONCE_MOST: Final = 200


class NotServing(Exception):
    """The server did not come up; the message is a sentence."""


@contextmanager
def listening(
    site: ASGIApp,
    host: str,
    port: int,
    *,
    trusted_proxies: str = "",
    stopped_within_seconds: int = STOPPED_WITHIN_SECONDS,
    deadlines: Deadlines | None = None,
) -> Iterator[None]:
    """Serve a site until the block ends, then let what is under way end.

    Args:
        site: what answers.
        host: where to listen.
        port: likewise.
        trusted_proxies: addresses whose word on who asks is taken, by comma; `*`: all.
        stopped_within_seconds: how long what is under way may take to end.
        deadlines: of whoever connects; None: those of `Deadlines`.

    Raises:
        NotServing: nobody can listen there.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            site,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            # Not whichever is installed: our deadlines are tried on this one.
            loop="asyncio",
            http=timed(deadlines or Deadlines()),
            ws="none",
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=trusted_proxies or None,
            limit_concurrency=AT_ONCE_MOST,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=stopped_within_seconds,
        )
    )
    thread = threading.Thread(target=_run, args=[server], name="site", daemon=True)
    thread.start()
    try:
        _wait_until_up(server, thread, f"{host}:{port}")
        yield
    finally:
        server.should_exit = True
        thread.join()


def _run(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:
        return  # what uvicorn does where it cannot listen: who waits for it says so


def _wait_until_up(server: uvicorn.Server, thread: threading.Thread, where: str) -> None:
    up = threading.Event()
    for _ in range(int(STARTED_WITHIN_SECONDS / LOOK_EVERY_SECONDS)):
        if server.started:
            return
        if not thread.is_alive():
            break
        up.wait(LOOK_EVERY_SECONDS)
    raise NotServing(f"Nobody can listen at {where}: is the port taken?")
