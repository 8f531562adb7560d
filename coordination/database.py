"""How a session of ours is opened: bounded waits, prompt death, UTC.

Every session sets timeouts, so that the server itself ends the transaction of a frozen process
and nobody waits for its row locks for longer than that; TCP keepalives find a lost host.
Migrations open their own sessions and are the named exception.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, TypeAlias, TypedDict
from weakref import WeakKeyDictionary

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
    psycopg.errors.ReadOnlySqlTransaction,
)
"""What a transaction brings up that came to nothing through no fault of its own; the next may come
through. The two before the last end the session of a frozen process; the last is told while a
server takes no writes, as a managed one does whose disk is full. PostgreSQL counts the three among
the invalid transaction states, so psycopg calls them internal errors
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

SESSION_TIMEOUT_MS = 2_000
POOL_WAIT_SECONDS = 5.0
PLANS_KEPT_SECONDS = 30.0
# Prepared from the third execution on: the hot statements, not the one-off reads of a CLI.
PREPARE_THRESHOLD = 2

_SESSION_OPTIONS: Final = {
    "statement_timeout": str(SESSION_TIMEOUT_MS),
    "lock_timeout": str(SESSION_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(SESSION_TIMEOUT_MS),
    "timezone": "UTC",
}
PLANS_BY_INDEX: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""A plan is made once, of look-ups by index, whatever the tables hold at that moment."""
# Of a session whose every statement looks rows up by key: each keeps its plan for a while, made of
# look-ups by index in the order in which it names its tables. Planning the largest anew takes many
# times as long as running them, and the server did it each time. Not for ever: an index that is as
# good as another while a table is small may read all that a company has once it is large.
# https://www.postgresql.org/docs/current/runtime-config-query.html
_BY_KEY_OPTIONS: Final = PLANS_BY_INDEX | {"join_collapse_limit": "1", "from_collapse_limit": "1"}


SET_PLANS_BY_INDEX: Final = ", ".join(
    f"set_config('{name}', '{value}', true)" for name, value in PLANS_BY_INDEX.items()
)
"""What a transaction selects to have its own statements planned so, until it ends."""


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
    target_session_attrs: str


def open_pool(
    url: str, *, max_size: int, application_name: str, min_size: int = 1, by_key: bool = False
) -> Pool:
    """Open a pool; `with pool.connection() as c:` is one transaction, committed at its end.

    Args:
        url: a libpq URL, `postgresql://…`; its own `options` are kept, ours win.
        max_size: the most sessions; a caller waits `POOL_WAIT_SECONDS` for one, then gets
            `psycopg_pool.PoolTimeout`.
        application_name: what `pg_stat_activity` shows.
        min_size: sessions kept open while idle.
        by_key: all that is asked are look-ups by key, as a worker's are: plans are kept.

    A weakness: the timeouts are start-up options, which a transaction-mode pooler between us and
    the server may drop. Use session mode there.
    """
    return ConnectionPool(
        url,
        kwargs=dict(_connect_arguments(url, application_name, by_key=by_key)),
        min_size=min_size,
        max_size=max_size,
        timeout=POOL_WAIT_SECONDS,
        # For so long the pause between its attempts to connect doubles, then the next caller begins
        # anew: otherwise an outage would be followed by a pause as long.
        reconnect_timeout=POOL_WAIT_SECONDS,
        check=_Plans() if by_key else None,
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


class _Plans:
    """Lets a session plan anew that has kept its plans for long; asked whenever one is taken."""

    def __init__(self) -> None:
        """Begin with sessions that have no plans yet."""
        self._kept_since: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    def __call__(self, connection: Connection) -> None:
        """Let go of its plans, if it is time."""
        now = time.monotonic()
        if now - self._kept_since.setdefault(connection, now) >= PLANS_KEPT_SECONDS:
            self._kept_since[connection] = now
            connection.autocommit = True
            connection.execute("DISCARD PLANS")
            connection.autocommit = False


def open_connection(url: str, *, application_name: str) -> Connection:
    """Open one session of its own with the same limits, as the life beat needs."""
    return psycopg.connect(url, **_connect_arguments(url, application_name))


def _connect_arguments(
    url: str, application_name: str, *, by_key: bool = False
) -> _ConnectArguments:
    of_url = conninfo_to_dict(url)
    given = str(of_url.get("options") or "")
    ours = _SESSION_OPTIONS | (_BY_KEY_OPTIONS if by_key else {})
    return _ConnectArguments(
        autocommit=False,
        prepare_threshold=PREPARE_THRESHOLD,
        options=" ".join([given, *(f"-c {name}={value}" for name, value in ours.items())]).strip(),
        application_name=application_name,
        connect_timeout=5,
        keepalives=1,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
        # A name that still leads to a server which was the primary, or is not yet.
        target_session_attrs=str(of_url.get("target_session_attrs") or "read-write"),
    )
