"""Whatever crashes, gets lost, comes twice or out of order: each version is written once, in order.

A stateful model: Hypothesis decides what happens next, the product's own SQL runs on a real
PostgreSQL, and the chaos checker judges the log of QuickBooks. `EXAMPLES=500` tries as many.
"""

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
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
from tests.model.crashes import When
from tests.model.records import (
    CUSTOMERS,
    INVOICES,
    PAYMENTS,
    PAYS,
    RECORDS,
    VOIDED,
    Record,
    is_void,
    paid_by,
    payers_of,
    revision_in,
    snapshot,
    sum_of,
)
from tests.model.world import Broker, Fate, QuickBooks, RelayProcess, WorkerProcess, nothing
from tests.support.database_clock import DatabaseClock
from tests.support.planted import VARIABLE
from tests.support.proline import append, books_of, enable_company
from tests.support.relay_in_hand import StepClock

ASKED_FOR: Final = int(os.environ.get("EXAMPLES", "0"))
EXAMPLES: Final = ASKED_FOR or 25
STEPS: Final = 40
WORKERS: Final = 2
ROUNDS_MOST: Final = 80
TICKS_MOST: Final = 50
KINDS: Final = ("Customer", "Invoice", "Payment")
SETTINGS: Final = CompanySettings(customer_mode="sub", existing_customers="create", ceiling=500)

Moment = Literal["before it is sent", "before it is done", "after it is done"]
"""Of a call."""

numbers = itertools.count(1)
companies = itertools.count(1)
crashes = st.none() | st.tuples(st.integers(0, 6), st.sampled_from(["before", "after"]))
fates = st.sampled_from(["answered"] * 4 + ["lost"] * 2 + ["dropped", "dies before", "dies after"])


class World:
    """What all examples share: one database, its clock, one QuickBooks."""

    def __init__(self, database_url: str, pool: Pool, clock: DatabaseClock) -> None:
        """Begin without companies."""
        self.database_url = database_url
        self.pool = pool
        self.database_clock = clock
        self.step_clock = StepClock()
        self.quickbooks = QuickBooks()


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

    @initialize(there=st.sampled_from([0, 4, 4, 6]), numbered=st.booleans())
    def begin(self, there: int, *, numbered: bool) -> None:
        """Enable a company with books of its own; the first few records are there already.

        Books that give numbers of their own refuse no second invoice.
        """
        number = next(companies)
        self.company_id = f"model-{number}"
        simulator = self.world.quickbooks.simulator
        self.realm_id = simulator.add_realm(
            {
                "custom_txn_numbers": numbered,
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
        self.token = self.world.quickbooks.token(self.realm_id)
        self.relay = self._new_relay()
        self.workers = [self._new_worker() for _ in range(WORKERS)]
        for record in RECORDS[:there]:
            self.say(record, ready=True)
        if there:
            self._finish()

    # --- ProLine ---------------------------------------------------------------------------------

    @rule(record=st.sampled_from(RECORDS), ready=st.booleans())
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

    @rule(record=st.sampled_from(RECORDS))
    @precondition(lambda self: self.held is None)
    def say_and_hold(self, record: Record) -> None:
        """Change a record in a transaction that stays open while others come and go."""
        connection = psycopg.connect(self.world.database_url)
        self.held = connection, record, self._append(connection, record, ready=True)

    @rule(commits=st.booleans())
    @precondition(lambda self: self.held is not None)
    def end_what_is_held(self, *, commits: bool) -> None:
        """End the open transaction, one way or the other."""
        assert self.held is not None
        connection, record, number = self.held
        self.held = None
        if commits:
            connection.commit()
            self._committed(record, number, ready=True)
        connection.close()

    # --- the system ------------------------------------------------------------------------------

    @rule(crash=crashes, ticks=st.integers(1, 4))
    def tick(self, crash: tuple[int, When] | None, ticks: int) -> None:
        """Let the relay tick; it may end before or after any of its commits."""
        if crash is not None:
            self.relay.crashing.left, self.relay.crashing.when = crash
        for _ in range(ticks):
            if self.relay.dead or not self.relay.tick():
                break
        if self.relay.dead:
            self.relay = self._new_relay()

    @rule(
        which=st.integers(0, 100),
        worker=st.integers(0, WORKERS - 1),
        stays=st.sampled_from([False, False, False, True]),
        crash=crashes,
        fate=st.lists(fates, min_size=1, max_size=3),
        meanwhile=st.sampled_from([None, "deliver", "say", "void", "wait", "freeze"]),
        when=st.sampled_from(["before it is sent", "before it is done", "after it is done"]),
    )
    @precondition(lambda self: self.broker.messages)
    def deliver(
        self,
        which: int,
        worker: int,
        crash: tuple[int, When] | None,
        fate: list[Fate],
        meanwhile: str | None,
        when: Moment,
        *,
        stays: bool,
    ) -> None:
        """Deliver any message to a worker that may end on the way; it may come again.

        Around its call something else may happen: the other worker is given a message, ProLine
        says a record anew or voids one, seconds pass with ticks of the relay, or this worker is
        frozen until it is taken for dead and another has its record.
        """
        message = self.broker.messages[which % len(self.broker.messages)]
        if not stays:
            self.broker.messages.remove(message)
        happens = {
            None: nothing,
            "deliver": lambda: self._deliver_another(1 - worker, which),
            "say": lambda: self._say_and_tick(RECORDS[which % len(RECORDS)]),
            "void": lambda: self._void_and_tick(VOIDED[which % len(VOIDED)]),
            "wait": lambda: self.wait(4),
            "freeze": lambda: self._freeze(worker, which),
        }
        self._run(worker, message, crash, fate, happens[meanwhile], when)

    def _deliver_another(self, worker: int, which: int) -> None:
        for _ in range(TICKS_MOST):
            if self.relay.dead or not self.relay.tick():
                break
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

    def _freeze(self, worker: int, which: int) -> None:
        """Let a worker stand still until it is taken for dead, and the other have its record."""
        frozen = self.workers[worker]
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
        crash: tuple[int, When] | None = None,
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
        if process.dead and self.workers[worker] is process:
            self.workers[worker] = self._new_worker()

    @rule(how=st.sampled_from(["refuses", "loses the confirms", "takes half"]))
    def fail_to_publish(self, how: Literal["refuses", "loses the confirms", "takes half"]) -> None:
        """Let the broker fail with the next batch."""
        self.broker.fails = how

    @rule()
    def freeze_the_relay(self) -> None:
        """Let the relay stand still until another leads; what it does then comes too late."""
        if self.frozen is None:
            self.frozen, self.relay = self.relay, self._new_relay()

    @rule(ticks=st.integers(1, 3))
    @precondition(lambda self: self.frozen is not None)
    def thaw_the_relay(self, ticks: int) -> None:
        """Let the relay that stood still go on as if nothing had happened."""
        assert self.frozen is not None
        for _ in range(ticks):
            self.frozen.tick()
        self.frozen = None

    @rule(which=st.integers(0, 100))
    @precondition(lambda self: self.broker.messages)
    def lose(self, which: int) -> None:
        """Lose a message."""
        del self.broker.messages[which % len(self.broker.messages)]

    @rule(seconds=st.sampled_from([1, 4, 11]))
    def wait(self, seconds: int) -> None:
        """Let seconds pass, in which who lives beats and the relay looks around."""
        for _ in range(seconds):
            self._second()

    @rule()
    def wait_long(self) -> None:
        """Let more time pass than QuickBooks takes for any answer."""
        self.world.database_clock.advance(140)
        self.world.step_clock.now += 140
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
            self.end_what_is_held(commits=True)
        self._finish()
        self._assert_there(self._expected())
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

    def _assert_there(self, records: list[Record]) -> None:
        there = self._in_quickbooks()
        missing = [each for each in records if self.newest[each] not in there]
        assert missing == [], f"{missing} of {self.newest}, {there} are in QuickBooks"

    def _finish(self) -> None:
        """Let everything come to rest, without any more harm."""
        for _ in range(ROUNDS_MOST):
            self._second()
            for _ in range(TICKS_MOST):
                if not self.relay.tick():
                    break
            while self.broker.messages:
                self.workers[0].run(self.broker.messages.pop(0))
            if not self._unsettled():
                return
            self.world.database_clock.advance(5)
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
        verdict = judge(Facts({each.number: each for each in self.revisions}, [told]))
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
        self.world.database_clock.advance(1)
        self.world.step_clock.now += 1
        for number, worker in enumerate(self.workers):
            if not worker.beat():
                self.workers[number] = self._new_worker()
        self.relay.tick()

    def _append(self, connection: psycopg.Connection, record: Record, *, ready: bool) -> int:
        number = next(numbers)
        told = snapshot(record, number, ready=ready, void=record in self.void)
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
                committed_at=datetime.now(UTC),
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
        return WorkerProcess(world.pool, world.quickbooks, self.token, world.step_clock)


def _without_token(body: Any) -> str:  # noqa: ANN401  # JSON
    return repr(sorted((name, str(value)) for name, value in body.items() if name != "SyncToken"))


@pytest.mark.timeout(0 if ASKED_FOR else 240)
def test_whatever_happens_each_version_is_written_once_and_in_order(
    database_url: str, pool: Pool, database_clock: DatabaseClock
) -> None:
    """No record is lost, none is made twice, none goes backwards, and all arrive in the end."""
    world = World(database_url, pool, database_clock)

    class InThisWorld(Delivery):
        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(
        InThisWorld,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=not ASKED_FOR,
            deadline=None,
            database=None,
            # With a seeded defect it is enough that it is seen.
            phases=[Phase.generate] if os.environ.get(VARIABLE) else [Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
