"""A relay in a test's hands: ticked one by one, its messages kept, its clock set by the test."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psycopg.rows import namedtuple_row

from broker.claim_checks import Message
from coordination import processes
from coordination.database import Connection, Pool
from outbox.limits import RelayLimits
from outbox.relay import Relay
from records.claims import Claim
from tests.support import proline
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, Snapshot

TICKS_MOST = 400
AT_ONCE = RelayLimits(pace_ms=0, full_ms=0)
"""No pace between two turns of a company: how a realm's limits are kept is shown elsewhere."""


class KeptMessages:
    """A broker that keeps what is published; while `refusing` no queue confirms.

    While `silent` it does not say how much stands in its queues, as one that is away.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.queued: list[Message] = []
        self.refusing = False
        self.silent = False

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Keep them, or refuse all."""
        if self.refusing:
            return list(messages)
        self.queued += messages
        return ()

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Count what is queued."""
        if self.silent:
            return {}
        return {name: sum(each.queue_name == name for each in self.queued) for name in queue_names}

    def keep_alive(self) -> None:
        """There is no connection."""

    def close(self) -> None:
        """There is no connection."""

    def take(self) -> list[Message]:
        """Hand out what is queued, once."""
        taken, self.queued = self.queued, []
        return taken


class StepClock:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1_000.0

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.now


class RelayInHand:
    """A relay process, its broker and its clock; `drain` ticks until there is nothing to do."""

    def __init__(self, pool: Pool, limits: RelayLimits = AT_ONCE) -> None:
        """Register a relay process that has not ticked yet."""
        self.pool = pool
        self.broker = KeptMessages()
        self.clock = StepClock()
        with pool.connection() as connection:
            self.process_id = processes.register(connection, "relay")
        self.relay = Relay(pool, self.broker, self.process_id, limits=limits, monotonic=self.clock)

    def drain(self) -> list[Message]:
        """Tick until nothing is left to do; return what was published."""
        for _ in range(TICKS_MOST):
            if not self.relay.tick():
                return self.broker.take()
        raise AssertionError(f"the relay was still busy after {TICKS_MOST} ticks")

    def after(self, seconds: float) -> list[Message]:
        """Let its clock jump, then drain."""
        self.clock.now += seconds
        return self.drain()


class Office:
    """One company, the relay that serves it and a worker: what most tests here begin with."""

    def __init__(self, pool: Pool, worker: HandWorker, limits: RelayLimits = AT_ONCE) -> None:
        """Put a relay beside a worker; nothing has ticked yet."""
        self.pool = pool
        self.worker = worker
        self.hand = RelayInHand(pool, limits)

    def say(self, entity: str, *snapshots: Snapshot, company_id: str = ACME) -> list[int]:
        """Let ProLine commit these, one transaction each; return the events' ids."""
        ids = []
        for snapshot in snapshots:
            with self.pool.connection() as connection:
                ids.append(proline.append(connection, entity, snapshot, company_id=company_id))
        return ids

    def claimed_contact(self) -> Claim:
        """Let ProLine win a project, and give the claim of its contact."""
        self.say("contact", proline.contact())
        self.say("project", proline.project())
        (message,) = self.hand.drain()
        claim = self.worker.claim(message)
        assert claim is not None
        return claim

    def finish(self) -> int:
        """Tick and work until nothing is left; return how many claims it took."""
        claims = 0
        for _ in range(TICKS_MOST):
            messages = self.hand.drain()
            if not messages:
                return claims
            claims += self.worker.work(messages)
        raise AssertionError(f"not settled after {TICKS_MOST} rounds")

    def record(self, entity: str, record_id: str, company_id: str = ACME) -> Any:  # noqa: ANN401  # a row, by name
        """Return a record as it stands; None when there is none."""
        found = self.rows(
            "SELECT * FROM proline_qbo.records"
            " WHERE (company_id, entity, record_id) = (%s, %s, %s)",
            company_id,
            entity,
            record_id,
        )
        return found[0] if found else None

    def state(self, entity: str, record_id: str, company_id: str = ACME) -> str:
        """Say where a record stands, with its reason: `waiting: parent`."""
        row = self.record(entity, record_id, company_id)
        return ": ".join(filter(None, [row.state, row.reason])) if row else "unknown"

    def rows(self, statement: str, *arguments: object) -> list[Any]:
        """Ask the tables."""
        with self.pool.connection() as connection:
            return rows(connection, statement, *arguments)

    def do(self, statement: str, *arguments: object) -> None:
        """Change the tables."""
        with self.pool.connection() as connection:
            connection.execute(statement, arguments)


def rows(connection: Connection, statement: str, *arguments: object) -> list[Any]:
    """Return the rows of a statement, their columns by name."""
    return connection.cursor(row_factory=namedtuple_row).execute(statement, arguments).fetchall()


def limits(**changes: object) -> RelayLimits:
    """Give limits without a pace, with something else changed."""
    return replace(AT_ONCE, **changes)  # type: ignore[arg-type]  # names and types are the caller's
