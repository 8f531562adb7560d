"""Ports of this machine to serve a small site at."""

import socket
from typing import Final

from demo.failures import DemonstrationFailed

HOST: Final = "127.0.0.1"


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
