"""Ports that nobody listens at, for servers of tests."""

import socket


def free_port() -> int:
    """Name a port of this machine's loopback that is free at this moment."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
