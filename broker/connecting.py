"""A connection of kombu's with every wait bounded, and without kombu's own retries.

Whoever uses it decides when to try again; kombu alone would sleep two seconds between its tries.
Weakness: looking up the broker's name is the resolver's, which has its own time-out.
"""

from typing import Final
from urllib.parse import urlsplit

from amqp import AMQPError
from kombu import Connection
from kombu.exceptions import OperationalError

STEP_SECONDS: Final = 1.0
"""How long one step may take: to connect, and each read and write of a frame."""
HEARTBEAT_SECONDS: Final = 5
"""A peer that is silent for twice this long is taken for gone, on both sides."""

BROKER_ERRORS: Final = (AMQPError, OperationalError, OSError)
"""What a broker that is away, restarts or refuses brings up; the connection is then of no use."""


def unopened(url: str) -> Connection:
    """Prepare a connection; its `default_channel` opens it, and tries once.

    Over amqps:// the broker's certificate must be of the name it was called by: py-amqp alone would
    look who signed it, and not for whom.
    """
    parts = urlsplit(url)
    return Connection(
        url,
        ssl={"server_hostname": parts.hostname} if parts.scheme == "amqps" else False,
        connect_timeout=STEP_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        transport_options={
            "max_retries": 0,
            "read_timeout": STEP_SECONDS,
            "write_timeout": STEP_SECONDS,
        },
    )
