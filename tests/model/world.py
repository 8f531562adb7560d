"""The parts of the model: a broker in a list, processes that end, a QuickBooks that may not answer.

What is modelled is what surrounds the product: relay, claim, attempt, settle and every statement
of them are the product's own, on a real PostgreSQL.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self, cast
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from broker.claim_checks import Message
from broker.routing import QUEUES
from coordination import processes
from coordination.database import Pool
from coordination.errors import NotLeading
from coordination.life import FRESH_SECONDS
from coordination.limiter import Limits
from outbox.relay import Relay
from qbo_client import BareClient
from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Request
from records.claims import ClaimCheck
from tests.model.crashes import Crash, CrashingPool
from tests.support.relay_in_hand import AT_ONCE, StepClock
from workers.body import SyncBody
from workers.calling import Caller
from workers.running import RunningClaims
from workers.waits import Waits

Fate = Literal["answered", "dropped", "lost", "dies before", "dies after"]
"""Of a call: dropped is never done, lost is done without an answer; the rest end the process."""
THREADS = 8
ROOMY = Limits(pace_ms=0, max_wait_seconds=60.0, in_flight=1_000)
PROVED: Final = False
"""Whether the workers count on a requestid being replayed, and are judged as who may."""


def nothing() -> None:
    """Let nothing happen."""


class Broker:
    """A broker that keeps what is published and delivers what it is told to.

    Attributes:
        messages: what stands in its queues.
        fails: what becomes of the next batch; None: all of it is confirmed.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.messages: list[Message] = []
        self.fails: Literal["refuses", "loses the confirms", "takes half"] | None = None

    def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Keep and confirm, or not; say what is not confirmed."""
        fails, self.fails = self.fails, None
        match fails:
            case "refuses":
                return messages
            case "loses the confirms":
                self.messages += messages
                return messages
            case "takes half":
                half = len(messages) // 2
                self.messages += messages[:half]
                return messages[half:]
            case None:
                self.messages += messages
                return ()

    def waiting(self, queue_names: Collection[str]) -> Mapping[str, int]:
        """Count what stands in each queue."""
        return {
            name: sum(each.queue_name == name for each in self.messages) for name in queue_names
        }

    def keep_alive(self) -> None:
        """There is no connection."""

    def close(self) -> None:
        """There is no connection."""


@dataclass
class Way:
    """The way back to a caller: while a call is in flight, something else may happen, once.

    It is looked at twice: before the call is carried out, and once it is.

    Attributes:
        meanwhile: what happens.
        is_done: whether the call has been carried out by then.
        leaves: whether the caller has gone once it is carried out: the log knows of no answer.
    """

    meanwhile: Callable[[], None]
    is_done: bool
    leaves: bool
    looked: bool = False

    def wait_closed(self, timeout_seconds: float) -> bool:
        """Let it happen in its turn; say whether the caller has gone."""
        del timeout_seconds
        done, self.looked = self.looked, True
        if done == self.is_done:
            self.meanwhile()
        return done and self.leaves


class QuickBooks:
    """The simulator without a network between.

    Attributes:
        fates: of the next calls, in order.
        meanwhile: what happens while the next call is in flight.
        is_done: whether that call has been carried out by then.
    """

    def __init__(self) -> None:
        """Begin without companies."""
        self.simulator = Simulator()
        self.fates: list[Fate] = []
        self.meanwhile: Callable[[], None] = nothing
        self.is_done = False
        http = httpx.Client(transport=httpx.MockTransport(self._handle))
        self.client = BareClient(http, "http://quickbooks.example")

    def access_token(self, realm_id: str) -> str:
        """Give a new access token of a company: however much time has passed, it is good."""
        realm = self.simulator.realms.find(realm_id)
        assert realm is not None
        code = self.simulator.office.issue_code(realm)
        body = f"grant_type=authorization_code&code={code}".encode()
        headers = {"authorization": "Basic YXBwOnNlY3JldA=="}
        request = Request("POST", "/oauth2/v1/tokens/bearer", headers, body)
        return str(self.simulator.handle(request).json()["access_token"])

    def refused(self, realm_id: str, token: str) -> str:  # noqa: ARG002  # the protocol's
        """Nobody refuses one."""
        raise AssertionError(realm_id)

    def for_company(self, company_id: str) -> Self:  # noqa: ARG002  # the protocol's
        """Give the source of one company's tokens."""
        return self

    def _handle(self, request: httpx.Request) -> httpx.Response:
        fate = self.fates.pop(0) if self.fates else "answered"
        if fate == "dies before":
            raise Crash
        if fate == "dropped":
            raise httpx.ReadError("the connection was closed")
        split = urlsplit(str(request.url))
        asked = Request(
            request.method, f"{split.path}?{split.query}", dict(request.headers), request.content
        )
        meanwhile, self.meanwhile = self.meanwhile, nothing
        leaves = fate in {"lost", "dies after"}
        answer = self.simulator.handle(asked, Way(meanwhile, self.is_done, leaves))
        if fate == "dies after":
            raise Crash
        if fate == "lost":
            raise httpx.ReadTimeout("no answer")
        headers = {"content-type": answer.content_type, **dict(answer.headers)}
        return httpx.Response(answer.status, content=answer.body, headers=headers)


class WorkerProcess:
    """A worker with the real body; it runs what it is given and ends where it is told to.

    Attributes:
        dead: it has ended.
        stands: it is frozen: whatever it does next, it does not beat.
        before_it_sends: what happens right before it looks whether it may send, once.
    """

    def __init__(self, pool: Pool, quickbooks: QuickBooks, clock: StepClock) -> None:
        """Register one."""
        self.dead = self.stands = False
        self.before_it_sends: Callable[[], None] = nothing
        self.crashing = CrashingPool(pool)
        self.running: tuple[UUID, ...] = ()
        self._pool, self._clock, self._beat_at = pool, clock, clock.now
        given = cast("Pool", self.crashing)
        with pool.connection() as connection:
            self.process_id = processes.register(
                connection, "worker", queues=list(QUEUES.values()), threads=THREADS
            )
        caller = Caller(
            quickbooks.client,
            given,
            self.process_id,
            ROOMY,
            self._may_send,
            monotonic=clock,
            wait=lambda _seconds: None,
        )
        self._body = SyncBody(
            given,
            caller,
            quickbooks,
            self.process_id,
            RunningClaims(),
            waits=Waits(requestid_proved=PROVED),
        )

    def run(self, message: Message) -> None:
        """Do what a message asks for; the process may end on the way."""
        check = ClaimCheck(message.record_pk, message.company_id, message.epoch, message.token)
        self.running = (message.token,)
        try:
            self._body(check)
        except Crash:
            self.dead = True
        self.running, self.before_it_sends = (), nothing
        self.crashing.left = None

    def beat(self) -> bool:
        """Beat once and name what it runs, unless it has ended; False: it was declared gone."""
        if self.dead or self.stands:
            return True
        with self._pool.connection() as connection:
            living = processes.beat(connection, self.process_id, self.running)
        self._beat_at = self._clock.now if living else self._beat_at
        return living

    def _may_send(self) -> bool:
        happens, self.before_it_sends = self.before_it_sends, nothing
        happens()
        return self._clock.now - self._beat_at < FRESH_SECONDS


@dataclass
class RelayProcess:
    """A relay that ticks when it is told to, and ends where it is told to."""

    crashing: CrashingPool
    relay: Relay
    process_id: UUID
    dead: bool = False

    @classmethod
    def started(cls, pool: Pool, broker: Broker, clock: StepClock) -> "RelayProcess":
        """Register one; it stands by until the leader has been silent."""
        crashing = CrashingPool(pool)
        with pool.connection() as connection:
            process_id = processes.register(connection, "relay")
        relay = Relay(cast("Pool", crashing), broker, process_id, limits=AT_ONCE, monotonic=clock)
        return cls(crashing, relay, process_id)

    def tick(self) -> bool:
        """Tick once; the process may end on the way. Say whether there was anything to do."""
        try:
            return self.relay.tick()
        except Crash:
            self.dead = True
            return False
        except NotLeading:
            return False
        finally:
            self.crashing.left = None
