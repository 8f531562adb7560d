"""How a session of ours is opened: bounded waits, prompt death, UTC.

Every session sets timeouts, so that the server itself ends the transaction of a frozen process
and nobody waits for its row locks for longer than that; TCP keepalives find a lost host.
Migrations open their own sessions and are the named exception.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias, TypedDict

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Connection: TypeAlias = psycopg.Connection[TupleRow]
Pool: TypeAlias = ConnectionPool[Connection]

DATABASE_AWAY: Final = (
    psycopg.OperationalError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)
"""What a transaction brings up that came to nothing through no fault of its own; the next may come
through. The last two end the session of a frozen process: PostgreSQL counts them among the invalid
transaction states, so psycopg calls them internal errors
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

SESSION_TIMEOUT_MS = 2_000
POOL_WAIT_SECONDS = 5.0
# Prepared from the third execution on: the hot statements, not the one-off reads of a CLI.
PREPARE_THRESHOLD = 2

_SESSION_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "statement_timeout": SESSION_TIMEOUT_MS,
        "lock_timeout": SESSION_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": SESSION_TIMEOUT_MS,
        "timezone": "UTC",
    }.items()
)


class _ConnectArguments(TypedDict):
    autocommit: bool
    prepare_threshold: int
    options: str
    application_name: str
    connect_timeout: int
    keepalives: int
    keepalives_idle: int
    keepalives_interval: int
    keepalives_count: int
    tcp_user_timeout: int


def open_pool(url: str, *, max_size: int, application_name: str, min_size: int = 1) -> Pool:
    """Open a pool; `with pool.connection() as c:` is one transaction, committed at its end.

    Args:
        url: a libpq URL, `postgresql://…`; its own `options` are kept, ours win.
        max_size: the most sessions; a caller waits `POOL_WAIT_SECONDS` for one, then gets
            `psycopg_pool.PoolTimeout`.
        application_name: what `pg_stat_activity` shows.
        min_size: sessions kept open while idle.

    A weakness: the timeouts are start-up options, which a transaction-mode pooler between us and
    the server may drop. Use session mode there.
    """
    return ConnectionPool(
        url,
        kwargs=dict(_connect_arguments(url, application_name)),
        min_size=min_size,
        max_size=max_size,
        timeout=POOL_WAIT_SECONDS,
        # For so long the pause between its attempts to connect doubles, then the next caller begins
        # anew: otherwise an outage would be followed by a pause as long.
        reconnect_timeout=POOL_WAIT_SECONDS,
        name=application_name,
        open=True,
    )


def in_transaction(pool: Pool) -> AbstractContextManager[Connection]:
    """Give a session with one transaction, committed at the block's end."""
    return pool.connection()


@contextmanager
def at_once(pool: Pool) -> Iterator[Connection]:
    """Give a session on which each statement is a transaction by itself: one round trip, not three.

    For what is one statement. The session goes back to the pool as it was.
    """
    with pool.connection() as connection:
        connection.autocommit = True
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.autocommit = False


def open_connection(url: str, *, application_name: str) -> Connection:
    """Open one session of its own with the same limits, as the life beat needs."""
    return psycopg.connect(url, **_connect_arguments(url, application_name))


def _connect_arguments(url: str, application_name: str) -> _ConnectArguments:
    given = str(conninfo_to_dict(url).get("options") or "")
    return _ConnectArguments(
        autocommit=False,
        prepare_threshold=PREPARE_THRESHOLD,
        options=f"{given} {_SESSION_OPTIONS}".strip(),
        application_name=application_name,
        connect_timeout=5,
        keepalives=1,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )
