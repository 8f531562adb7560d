"""A relay that runs and a crew of threads that work its messages, some of which come twice."""

import queue
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg

from app.living import living
from broker.claim_checks import Message
from broker.routing import QUEUES
from coordination.database import Pool
from outbox.limits import RelayLimits
from outbox.relay import Relay
from records.claims import Claim, ClaimCheck, claim
from tests.support.hand_worker import settle_applied
from tests.support.recording import Call, Recording
from workers.running import RunningClaims

Work = Callable[[ClaimCheck], None]
TWICE = 0.15
STOP_SECONDS = 10.0
QUICK = RelayLimits(pace_ms=1, resync_seconds=1e9)


class ForgetfulQueue:
    """A queue in memory that delivers some messages twice and keeps no order."""

    def __init__(self, chance: random.Random) -> None:
        """Begin empty."""
        self.messages: queue.PriorityQueue[tuple[float, UUID, ClaimCheck]] = queue.PriorityQueue()
        self._chance = chance

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Queue each once or twice, anywhere."""
        for each in messages:
            check = ClaimCheck(each.record_pk, each.company_id, each.epoch, each.token)
            for _ in range(2 if self._chance.random() < TWICE else 1):
                self.messages.put((self._chance.random(), each.token, check))
        return ()

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Count what stands in it, for each: it is one queue for all."""
        return dict.fromkeys(queue_names, self.messages.qsize())

    def keep_alive(self) -> None:
        """There is nothing to keep alive."""

    def close(self) -> None:
        """There is nothing to close."""


@contextmanager
def crew(
    database_url: str,
    pool: Pool,
    make_work: Callable[[UUID, RunningClaims, Callable[[], bool]], Work],
    *,
    threads: int,
    chance: random.Random,
) -> Iterator[list[BaseException]]:
    """Run a relay and so many threads until the block ends; give what the threads raised.

    Args:
        database_url: for the beats' own sessions.
        pool: for relay and work.
        make_work: makes the body of the threads, given the process, its running claims and whether
            its beat is fresh.
        threads: how many.
        chance: which messages come twice.
    """
    broker = ForgetfulQueue(chance)
    running = RunningClaims()
    stop = threading.Event()
    raised: list[BaseException] = []
    queues = tuple(QUEUES.values())
    with (
        living(
            database_url, pool, "worker", queues=queues, threads=threads, claims=running.tokens
        ) as worker,
        living(database_url, pool, "relay") as me,
        ThreadPoolExecutor(threads + 1) as pool_of_threads,
    ):
        work = make_work(worker.process_id, running, worker.life.fresh_within)
        relay = Relay(pool, broker, me.process_id, limits=QUICK)
        ends = [pool_of_threads.submit(relay.run, stop)]
        ends += [pool_of_threads.submit(_work, broker, work, stop, raised) for _ in range(threads)]
        try:
            yield raised
        finally:
            stop.set()
            for end in ends:
                end.result(timeout=STOP_SECONDS)


def _work(
    broker: ForgetfulQueue, work: Work, stop: threading.Event, raised: list[BaseException]
) -> None:
    while not stop.is_set():
        with suppress(queue.Empty):
            _, _, check = broker.messages.get(timeout=0.05)
            try:
                work(check)
            except (psycopg.Error, ArithmeticError, LookupError, ValueError) as error:
                raised.append(error)


class PlainBody:
    """Claim, write, settle, with nothing of the real body's second lines of defence.

    So a guard of records/ or of the relay that is taken out shows at once.
    """

    def __init__(
        self,
        pool: Pool,
        process_id: UUID,
        running: RunningClaims,
        recording: Recording,
        longest_seconds: float,
    ) -> None:
        """Put together what a claim needs; a write takes `longest_seconds` at most."""
        self._pool = pool
        self._process_id = process_id
        self._running = running
        self._recording = recording
        self._longest_seconds = longest_seconds
        self._chance = random.Random(process_id.int)  # noqa: S311  # how long a write takes

    def __call__(self, check: ClaimCheck) -> None:
        """Do what a message asks for."""
        with self._running.naming(check.token, check.pk):
            with self._pool.connection() as connection:
                claimed = claim(connection, check, self._process_id)
            if claimed is None:
                return
            with self._recording.call(_as_call(claimed)):
                threading.Event().wait(self._chance.random() * self._longest_seconds)
            with self._pool.connection() as connection:
                settle_applied(connection, claimed)


def _as_call(claimed: Claim) -> Call:
    parents: list[str | None] = []
    if claimed.entity == "project":
        parents = [claimed.contact.qbo_id if claimed.contact else None]
    elif claimed.entity == "invoice":
        parents = [claimed.project.qbo_id if claimed.project else None]
    made = None if claimed.link else str(claimed.pk)
    return Call(claimed.record_id, _edit_in(claimed), tuple(parents), made)


def _edit_in(claimed: Claim) -> int:
    fields = ("memo", "reference")
    tag = next((claimed.snapshot[name] for name in fields if name in claimed.snapshot), None)
    return int(str(tag or claimed.snapshot["address"]["line1"]).rpartition(" e")[2])
