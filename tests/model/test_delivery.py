"""Whatever crashes, gets lost, comes twice or out of order: each version is written once, in order.

A stateful model: Hypothesis decides what happens next, the product's own SQL runs on a real
PostgreSQL, and the chaos checker judges the log of QuickBooks. The examples are the same each time;
`EXAMPLES=500` draws as many anew, and says from which seed.
"""

import itertools
import os
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypedDict, Unpack

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from broker.claim_checks import Message
from chaos.checker import Facts, Kind, Realm, Revision, judge
from chaos.judging import call_of
from connections import books
from connections.settings import CompanySettings
from coordination import processes
from coordination.database import Pool
from demo.comparer import Books, Ledger, Office
from demo.comparer.proline import AllocationRow
from records.lost_claims import PARKED_AFTER_DEATHS
from tests.model.crashes import When
from tests.model.records import (
    CUSTOMERS,
    INVOICES,
    PAYMENTS,
    PAYS,
    RECORDS,
    VOIDED,
    Record,
    below_of,
    is_void,
    paid_by,
    payers_of,
    revision_in,
    snapshot,
    sum_of,
)
from tests.model.world import (
    PROVED,
    Broker,
    Fate,
    QuickBooks,
    RelayProcess,
    WorkerProcess,
    nothing,
)
from tests.support.database_clock import DatabaseClock
from tests.support.planted import VARIABLE
from tests.support.proline import append, books_of, enable_company
from tests.support.relay_in_hand import StepClock

ASKED_FOR: Final = int(os.environ.get("EXAMPLES", "0"))
EXAMPLES: Final = ASKED_FOR or 25
TIMEOUT_SECONDS: Final = 600
"""Hypothesis makes a failing example small for five minutes at most, and shows none before."""
STEPS: Final = 40
PLANTED: Final = bool(os.environ.get(VARIABLE))
SEED: Final = 6
WORKERS: Final = 2
ROUNDS_MOST: Final = 80
SECONDS_OF_A_ROUND: Final = 6
SECONDS_TO_LEAD: Final = 15
"""Within which another relay leads, whatever became of the one before."""
LONG_SECONDS: Final = 140
"""More than QuickBooks takes for any answer."""
TICKS_MOST: Final = 50
KINDS: Final = ("Customer", "Invoice", "Payment")
SETTINGS: Final = CompanySettings(customer_mode="sub", existing_customers="create", ceiling=500)

Moment = Literal["before it is sent", "before it is done", "after it is done"]
"""Of a call."""
Meanwhile = Literal["deliver", "say", "void", "wait", "freeze"]
Crashing = tuple[int, When]
"""How many transactions a process comes through, and whether the next is still committed."""

numbers = itertools.count(1)
companies = itertools.count(1)
crashes = st.tuples(st.integers(0, 6), st.sampled_from(["before", "after"]))
fates = st.sampled_from(["answered"] * 4 + ["lost"] * 2 + ["dropped", "dies before", "dies after"])
TROUBLE = st.lists(
    st.sampled_from(["lost", "lost", "dropped", "dies before", "dies after", "answered"]),
    min_size=1,
    max_size=3,
)
MEANWHILE = st.sampled_from(["deliver", "say", "void", "wait", "freeze"])
MOMENT = st.sampled_from(["before it is sent", "before it is done", "after it is done"])
MESSAGE: Final[Mapping[str, Any]] = {
    "said": st.sampled_from(RECORDS),
    "which": st.integers(0, 100),
    "worker": st.integers(0, WORKERS - 1),
    "stays": st.sampled_from([False, False, False, True]),
}


class Delivered(TypedDict):
    """Which message is delivered to which worker.

    `said` is what ProLine says where there is none; one that stays comes again.
    """

    said: Record
    which: int
    worker: int
    stays: bool


class World:
    """What all examples share: one database, one QuickBooks, and time, which all have alike."""

    def __init__(self, database_url: str, pool: Pool, clock: DatabaseClock) -> None:
        """Begin without companies."""
        self.database_url = database_url
        self.pool = pool
        self.database_clock = clock
        self.step_clock = StepClock()
        self.quickbooks = QuickBooks()

    def now(self) -> datetime:
        """Tell the time as QuickBooks' log does."""
        return self.quickbooks.simulator.clock.now()

    def pass_time(self, seconds: float) -> None:
        """Put every clock forward: the database's, QuickBooks' and that of each process."""
        self.database_clock.advance(seconds)
        self.quickbooks.simulator.clock.advance(seconds)
        self.step_clock.now += seconds


class Delivery(RuleBasedStateMachine):
    """One company, one relay at a time, two workers, and everything that may go wrong."""

    def __init__(self, world: World) -> None:
        """Begin with nobody; `begin` starts them."""
        super().__init__()
        self.world = world
        self.revisions: list[Revision] = []
        self.newest: dict[Record, int] = {}
        self.held: tuple[psycopg.Connection, Record, int] | None = None
        self.broker = Broker()
        self.frozen: RelayProcess | None = None
        self.ready: dict[Record, bool] = {}
        self.void: set[Record] = set()
        self.ever_won = False
        self.deaths = Counter[int]()

    @initialize(there=st.sampled_from([0, 4, 4, 6]), numbered=st.booleans(), replays=st.booleans())
    def begin(self, there: int, *, numbered: bool, replays: bool) -> None:
        """Enable a company with books of its own; the first few records are there already.

        Books that give numbers of their own refuse no second invoice. Where a requestid is not
        replayed, what is sent again is done again, unless those books refuse it.
        """
        number = next(companies)
        self.replays = replays
        self.company_id = f"model-{number}"
        simulator = self.world.quickbooks.simulator
        self.realm_id = simulator.add_realm(
            {
                "custom_txn_numbers": numbered,
                "requestid": "replay" if replays else "ignored",
                "using_sales_tax": False,
                "log_bodies": True,
                "limits": None,
            }
        )
        with self.world.pool.connection() as connection:
            enable_company(connection, self.company_id, SETTINGS)
            connection.execute(
                "UPDATE proline_qbo.companies SET realm_id = %s WHERE id = %s",
                [self.realm_id, self.company_id],
            )
            held = replace(books_of(self.realm_id), custom_txn_numbers=numbered)
            books.store(connection, held)
        self.sent_at = self.world.now() + timedelta(days=1)  # after the enable
        self.relay = self._new_relay()
        self.workers = [self._new_worker() for _ in range(WORKERS)]
        for record in RECORDS[:there]:
            self.say(record, ready=True)
        if there:
            self._finish()

    # --- ProLine ---------------------------------------------------------------------------------

    @rule(
        record=st.sampled_from(RECORDS),
        ready=st.booleans(),
        holds=st.booleans(),
        ends=st.sampled_from([None, "commits", "rolls back"]),
    )
    def change(
        self,
        record: Record,
        ends: Literal["commits", "rolls back"] | None,
        *,
        ready: bool,
        holds: bool,
    ) -> None:
        """Change a record, perhaps in a transaction that stays open while others come and go.

        First the one that is open may end.
        """
        if self.held is not None and ends is not None:
            self._end_what_is_held(commits=ends == "commits")
        if holds and self.held is None:
            connection = psycopg.connect(self.world.database_url)
            self.held = connection, record, self._append(connection, record, ready=True)
        else:
            self.say(record, ready=ready)

    def say(self, record: Record, *, ready: bool) -> None:
        """Commit a change of a record."""
        if self.held is not None and self.held[1] == record:
            return
        with psycopg.connect(self.world.database_url) as connection:
            number = self._append(connection, record, ready=ready)
        self._committed(record, number, ready=ready)

    @rule(records=st.sampled_from(VOIDED))
    @precondition(lambda self: self.held is None)
    def make_void(self, records: Sequence[Record]) -> None:
        """Void the payment, and invoices once it is: what is still paid, a person is asked of."""
        for record in records:
            is_payment = record in PAYMENTS
            if record in self.newest and (is_payment or self.void.issuperset(payers_of(record))):
                self.void.add(record)
                self.say(record, ready=True)

    def _end_what_is_held(self, *, commits: bool) -> None:
        """End the open transaction, one way or the other."""
        assert self.held is not None
        connection, record, number = self.held
        self.held = None
        if commits:
            connection.commit()
            self._committed(record, number, ready=True)
        connection.close()

    # --- the system ------------------------------------------------------------------------------

    @rule(crash=st.none() | crashes, ticks=st.integers(1, 4))
    def tick(self, crash: Crashing | None, ticks: int) -> None:
        """Let the relay tick; it may end before or after any of its commits."""
        if crash is not None:
            self.relay.crashing.left, self.relay.crashing.when = crash
        for _ in range(ticks):
            if self.relay.dead or not self.relay.tick():
                break
        if self.relay.dead:
            self.relay = self._new_relay()

    # One rule for each trouble and one for all at once: calls are what this is about, so that of
    # the steps of an example a third is to make some.

    @rule(**MESSAGE, fate=TROUBLE)
    def answer_badly(self, fate: list[Fate], **message: Unpack[Delivered]) -> None:
        """Deliver a message, and let its calls go wrong."""
        self._deliver(**message, fate=fate)

    @rule(**MESSAGE, crash=crashes)
    def crash(self, crash: Crashing, **message: Unpack[Delivered]) -> None:
        """Deliver a message to a worker that ends before or after one of its commits."""
        self._deliver(**message, crash=crash)

    @rule(**MESSAGE, meanwhile=MEANWHILE, when=MOMENT)
    def interrupt(self, meanwhile: Meanwhile, when: Moment, **message: Unpack[Delivered]) -> None:
        """Deliver a message, and let something happen around its first call."""
        self._deliver(**message, meanwhile=meanwhile, when=when)

    @rule(
        **MESSAGE,
        crash=st.none() | crashes,
        fate=st.lists(fates, min_size=1, max_size=3),
        meanwhile=st.none() | MEANWHILE,
        when=MOMENT,
    )
    def deliver(
        self,
        crash: Crashing | None,
        fate: list[Fate],
        meanwhile: Meanwhile | None,
        when: Moment,
        **message: Unpack[Delivered],
    ) -> None:
        """Deliver a message, and let anything happen."""
        self._deliver(**message, crash=crash, fate=fate, meanwhile=meanwhile, when=when)

    def _deliver(
        self,
        *,
        said: Record,
        which: int,
        worker: int,
        stays: bool,
        crash: Crashing | None = None,
        fate: Sequence[Fate] = (),
        meanwhile: Meanwhile | None = None,
        when: Moment = "before it is done",
    ) -> None:
        """Deliver any message to a worker that may end on the way; it may come again.

        Around its call something else may happen: the other worker is given a message, ProLine
        says a record anew or voids one, seconds pass with ticks of the relay, or this worker is
        frozen until it is taken for dead and another has its record.
        """
        if not self._handed_out(said):
            return
        message = self.broker.messages[which % len(self.broker.messages)]
        if not stays:
            self.broker.messages.remove(message)
        happens = {
            None: nothing,
            "deliver": lambda: self._deliver_another(1 - worker, which),
            "say": lambda: self._say_and_tick(RECORDS[which % len(RECORDS)]),
            "void": lambda: self._void_and_tick(VOIDED[which % len(VOIDED)]),
            "wait": lambda: self.wait(4),
            "freeze": lambda: self._freeze(worker, which, message),
        }
        self._run(worker, message, crash, fate, happens[meanwhile], when)

    def _handed_out(self, said: Record) -> bool:
        """Let there be a message; False: nothing can be handed out now.

        Where none is there, ProLine says something, another relay may have to lead first, and what
        is unknown is looked for once QuickBooks must have an answer.
        """
        if not self.broker.messages:
            self.say(said, ready=True)
            self._hand_out()
        for seconds in (1, SECONDS_TO_LEAD, LONG_SECONDS):
            if self.broker.messages:
                return True
            self.wait(seconds)
            self._hand_out()
        return bool(self.broker.messages)

    def _hand_out(self) -> None:
        for _ in range(TICKS_MOST):
            if self.relay.dead or not self.relay.tick():
                break

    def _deliver_another(self, worker: int, which: int) -> None:
        self._hand_out()
        if self.broker.messages:
            message = self.broker.messages.pop(which % len(self.broker.messages))
            self._run(worker, message)

    def _say_and_tick(self, record: Record) -> None:
        self.say(record, ready=True)
        self._deliver_another(self._idle(), 0)

    def _void_and_tick(self, records: Sequence[Record]) -> None:
        if self.held is None:
            self.make_void(records)
        self._deliver_another(self._idle(), 0)

    def _freeze(self, worker: int, which: int, message: Message) -> None:
        """Let a worker stand still until it is taken for dead, and the other have its record."""
        frozen = self.workers[worker]
        self.deaths[message.record_pk] += 1
        frozen.stands = True
        self.wait(11)
        self._deliver_another(1 - worker, which)
        # What ProLine says now must not be sent while the call of the frozen one is on its way.
        for record in RECORDS:
            self.say(record, ready=True)
        for _ in range(len(RECORDS)):
            self._deliver_another(1 - worker, which)
        frozen.stands = False

    def _idle(self) -> int:
        return next(number for number, each in enumerate(self.workers) if not each.running)

    def _run(
        self,
        worker: int,
        message: Message,
        crash: Crashing | None = None,
        fate: Sequence[Fate] = (),
        meanwhile: Callable[[], None] = nothing,
        when: Moment = "before it is done",
    ) -> None:
        process, quickbooks = self.workers[worker], self.world.quickbooks
        if crash is not None:
            process.crashing.left, process.crashing.when = crash
        before = quickbooks.fates, quickbooks.meanwhile, quickbooks.is_done
        quickbooks.fates, quickbooks.is_done = list(fate), when == "after it is done"
        early = when == "before it is sent"
        quickbooks.meanwhile = nothing if early else meanwhile
        process.before_it_sends = meanwhile if early else nothing
        process.run(message)
        quickbooks.fates, quickbooks.meanwhile, quickbooks.is_done = before
        self.deaths[message.record_pk] += process.dead
        if process.dead and self.workers[worker] is process:
            self.workers[worker] = self._new_worker()

    @rule(how=st.none() | st.sampled_from(["refuses", "loses the confirms", "takes half"]))
    def harm_the_broker(
        self, how: Literal["refuses", "loses the confirms", "takes half"] | None
    ) -> None:
        """Let the broker fail with the next batch, or lose a message."""
        if how is not None or not self.broker.messages:
            self.broker.fails = how
        else:
            del self.broker.messages[0]

    @rule(ticks=st.integers(1, 3))
    def stop_or_wake_the_relay(self, ticks: int) -> None:
        """Let the relay stand still until another leads; it wakes as if nothing had happened.

        What it does then comes too late.
        """
        if self.frozen is None:
            self.frozen, self.relay = self.relay, self._new_relay()
            return
        for _ in range(ticks):
            self.frozen.tick()
        self.frozen = None

    @rule(seconds=st.sampled_from([1, 4, 11, LONG_SECONDS]))
    def wait(self, seconds: int) -> None:
        """Let seconds pass, in which who lives beats and the relay looks around.

        Of a long time only the last second is looked at.
        """
        if seconds == LONG_SECONDS:
            self.world.pass_time(LONG_SECONDS - 1)
            seconds = 1
        for _ in range(seconds):
            self._second()

    # --- the end ---------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Say everything once more, let all come to rest, and have it judged."""
        if not hasattr(self, "relay"):
            return
        try:
            self._come_to_rest()
            self._judge()
        finally:
            self._leave()

    def _come_to_rest(self) -> None:
        """First what was said so far; only then all of it once more."""
        if self.held is not None:
            self._end_what_is_held(commits=True)
        self._finish()
        parked = self._parked()
        self._assert_there([each for each in self._expected() if each not in parked])
        for record in RECORDS:
            self.say(record, ready=True)
        self._finish()
        self._assert_there([each for each in RECORDS if each not in self.void])

    def _expected(self) -> list[Record]:
        """Say whose newest change must be in QuickBooks: what is ready, below what is there."""
        if not self.ever_won or any(each not in self.newest for each in CUSTOMERS):
            return []
        invoices = [each for each in INVOICES if self.ready.get(each)]
        payments = [
            each
            for each in PAYMENTS
            if self.ready.get(each) and set(invoices).issuperset(paid_by(each))
        ]
        wanted = [*CUSTOMERS, *invoices, *payments]
        return [each for each in wanted if each not in self.void]

    def _parked(self) -> set[Record]:
        """Name what killed whoever worked on it alone, with what hangs from it; a change frees it.

        Here a record has as many deaths as are drawn, and must have had enough of them.
        """
        with self.world.pool.connection() as connection:
            rows = connection.execute(
                "SELECT pk, entity, record_id FROM proline_qbo.records"
                " WHERE company_id = %s AND state = 'failed' AND code = 'parked'",
                [self.company_id],
            ).fetchall()
        assert all(self.deaths[pk] >= PARKED_AFTER_DEATHS for pk, _, _ in rows), rows
        parked = {(entity, record_id) for _, entity, record_id in rows}
        below = [below_of(each) for each in parked]
        return parked.union(*below)

    def _assert_there(self, records: list[Record]) -> None:
        there = self._in_quickbooks()
        missing = [each for each in records if self.newest[each] not in there]
        assert missing == [], f"{missing} of {self.newest}, {there} are in QuickBooks"

    def _finish(self) -> None:
        """Let everything come to rest, without any more harm."""
        for _ in range(ROUNDS_MOST):
            self.wait(SECONDS_OF_A_ROUND)
            for _ in range(TICKS_MOST):
                if not self.relay.tick():
                    break
            while self.broker.messages:
                self.workers[0].run(self.broker.messages.pop(0))
            if not self._unsettled():
                return
        raise AssertionError(f"not settled: {self._unsettled()}")

    def _judge(self) -> None:
        realm = self.world.quickbooks.simulator.realms.find(self.realm_id)
        assert realm is not None
        calls = [call_of(each) for each in realm.log.since(0, 1_000_000)]
        told = Realm(
            company_id=self.company_id,
            ceiling=1_000_000,
            calls=calls,
            office=Office(self.company_id, self.company_id, "sub", None),
            ledger=Ledger(
                allocations=[
                    AllocationRow(payment, each, Decimal(sum_))
                    for payment, invoices in PAYS.items()
                    for each, sum_ in invoices.items()
                ]
            ),
            books=Books(self.company_id),
        )
        revisions = {each.number: each for each in self.revisions}
        verdict = judge(Facts(revisions, [told], proved=PROVED))
        # How fast a company may be called is no matter of this model.
        broken = [each for each in verdict.breaches if each.kind is not Kind.LIMIT_BREACHES]
        assert broken == []
        applied = [call for call in calls if call.applied_at and call.entity in KINDS]
        said = [(call.object_id, call.entity, _without_token(call.body)) for call in applied]
        assert [each for each in said if said.count(each) > 1] == []
        living = {number for each, number in self.newest.items() if each not in self.void}
        assert self._in_quickbooks() == living

    def _in_quickbooks(self) -> set[int]:
        """Which revisions the books show: of the records that are there, and not void."""
        realm = self.world.quickbooks.simulator.realms.find(self.realm_id)
        assert realm is not None
        held = [each for kind in KINDS for each in realm.objects[kind].values()]
        return {revision_in(each) for each in held if not is_void(each)}

    def _leave(self) -> None:
        if self.held is not None:
            self.held[0].close()
        with self.world.pool.connection() as connection:
            connection.execute("UPDATE proline_qbo.leadership SET holder = NULL")
            for each in processes.living(connection):
                processes.retire(connection, each.id)

    # --- parts -----------------------------------------------------------------------------------

    def _second(self) -> None:
        self.world.pass_time(1)
        for number, worker in enumerate(self.workers):
            if not worker.beat():
                self.workers[number] = self._new_worker()
        self.relay.tick()

    def _append(self, connection: psycopg.Connection, record: Record, *, ready: bool) -> int:
        number = next(numbers)
        void = record in self.void
        told = snapshot(record, number, sent_at=self.sent_at, ready=ready, void=void)
        append(connection, record[0], told, company_id=self.company_id)
        return number

    def _committed(self, record: Record, number: int, *, ready: bool) -> None:
        entity, record_id = record
        self.ready[record] = ready
        self.ever_won = self.ever_won or (entity == "project" and ready)
        self.revisions.append(
            Revision(
                number=number,
                company_id=self.company_id,
                entity=entity,
                record_id=record_id,
                total=sum_of(record),
                name=None,
                gone=record in self.void,
                # By the clock of QuickBooks' log: nothing else has happened since the commit.
                committed_at=self.world.now(),
            )
        )
        self.newest[record] = number

    def _unsettled(self) -> list[Any]:
        with self.world.pool.connection() as connection:
            return connection.execute(
                "SELECT entity, record_id, state, reason, sentence FROM proline_qbo.records"
                " WHERE company_id = %s AND state IN ('pending', 'dispatched', 'retrying')"
                " UNION ALL SELECT entity, record_id, 'event', '', ''"
                " FROM proline_outbox.outbox_events WHERE company_id = %s"
                " UNION ALL SELECT entity, record_id, 'nudge', '', ''"
                " FROM proline_qbo.nudges WHERE company_id = %s",
                [self.company_id] * 3,
            ).fetchall()

    def _new_relay(self) -> RelayProcess:
        return RelayProcess.started(self.world.pool, self.broker, self.world.step_clock)

    def _new_worker(self) -> WorkerProcess:
        world = self.world
        return WorkerProcess(world.pool, world.quickbooks, world.step_clock)


def _without_token(body: Any) -> str:  # noqa: ANN401  # JSON
    return repr(sorted((name, str(value)) for name, value in body.items() if name != "SyncToken"))


def chosen_seed(config: pytest.Config) -> int:
    """Take the one that is asked for; else draw one only for so many examples as are asked for."""
    asked = config.getoption("--hypothesis-seed")
    if asked is not None:
        return int(asked)
    return secrets.randbits(32) if ASKED_FOR and not PLANTED else SEED


@pytest.mark.timeout(0 if ASKED_FOR else TIMEOUT_SECONDS)
def test_whatever_happens_each_version_is_written_once_and_in_order(
    database_url: str, pool: Pool, database_clock: DatabaseClock, pytestconfig: pytest.Config
) -> None:
    """No record is lost, none is made twice, none goes backwards, and all arrive in the end."""
    world = World(database_url, pool, database_clock)
    chosen = chosen_seed(pytestconfig)
    again = f"EXAMPLES={EXAMPLES} pytest tests/model --hypothesis-seed={chosen}"
    print(f"the same again: {again}")  # noqa: T201  # shown when it fails

    @seed(chosen)
    class InThisWorld(Delivery):
        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(
        InThisWorld,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=False,
            deadline=None,
            database=None,
            # With a seeded defect it is enough that it is seen.
            phases=[Phase.generate] if PLANTED else [Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
