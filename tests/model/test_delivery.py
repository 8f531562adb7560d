"""Whatever crashes, gets lost, comes twice or out of order: each version is written once, in order.

A stateful model: Hypothesis decides what happens next, the product's own SQL runs on a real
PostgreSQL, and the chaos checker judges the log of QuickBooks. `EXAMPLES=500` tries as many.
"""

import itertools
import os
from collections.abc import Callable
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
from tests.model.world import Broker, Fate, QuickBooks, RelayProcess, WorkerProcess
from tests.support import proline
from tests.support.database_clock import DatabaseClock
from tests.support.proline import (
    SENT_AT,
    WON,
    Snapshot,
    append,
    books_of,
    enable_company,
)
from tests.support.relay_in_hand import StepClock

ASKED_FOR: Final = int(os.environ.get("EXAMPLES", "0"))
EXAMPLES: Final = ASKED_FOR or 25
STEPS: Final = 40
WORKERS: Final = 2
ROUNDS_MOST: Final = 80
TICKS_MOST: Final = 50
RECORDS: Final[tuple[tuple[str, str], ...]] = (
    ("contact", "c1"),
    ("project", "p1"),
    ("invoice", "i1"),
    ("invoice", "i2"),
    ("payment", "y1"),
)
SUMS: Final = {"invoice": Decimal("100.00"), "payment": Decimal("40.00")}
KINDS: Final = ("Customer", "Invoice", "Payment")
PAYS: Final = {"i1": "30.00", "i2": "10.00"}
SETTINGS: Final = CompanySettings(customer_mode="sub", existing_customers="create", ceiling=500)

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
        self.newest: dict[tuple[str, str], int] = {}
        self.held: tuple[psycopg.Connection, tuple[str, str], int] | None = None
        self.broker = Broker()
        self.frozen: RelayProcess | None = None
        self.ready: dict[tuple[str, str], bool] = {}
        self.ever_won = False

    @initialize(there=st.sampled_from([0, 3, 4, 5]))
    def begin(self, there: int) -> None:
        """Enable a company with books of its own; the first few records are there already."""
        number = next(companies)
        self.company_id = f"model-{number}"
        simulator = self.world.quickbooks.simulator
        self.realm_id = simulator.add_realm(
            {
                "custom_txn_numbers": True,
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
            books.store(connection, books_of(self.realm_id))
        self.token = self.world.quickbooks.token(self.realm_id)
        self.relay = self._new_relay()
        self.workers = [self._new_worker() for _ in range(WORKERS)]
        for record in RECORDS[:there]:
            self.say(record, ready=True)
        if there:
            self._finish()

    # --- ProLine ---------------------------------------------------------------------------------

    @rule(record=st.sampled_from(RECORDS), ready=st.booleans())
    def say(self, record: tuple[str, str], *, ready: bool) -> None:
        """Commit a change of a record."""
        if self.held is not None and self.held[1] == record:
            return
        with psycopg.connect(self.world.database_url) as connection:
            number = self._append(connection, record, ready=ready)
        self._committed(record, number, ready=ready)

    @rule(record=st.sampled_from(RECORDS))
    @precondition(lambda self: self.held is None)
    def say_and_hold(self, record: tuple[str, str]) -> None:
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
        meanwhile=st.sampled_from([None, "deliver", "say", "wait"]),
    )
    @precondition(lambda self: self.broker.messages)
    def deliver(
        self,
        which: int,
        worker: int,
        crash: tuple[int, When] | None,
        fate: list[Fate],
        meanwhile: str | None,
        *,
        stays: bool,
    ) -> None:
        """Deliver any message to a worker that may end on the way; it may come again.

        While its call is in flight, something else may happen: the other worker is given a message,
        ProLine says the same record anew, or seconds pass, with ticks of the relay.
        """
        message = self.broker.messages[which % len(self.broker.messages)]
        if not stays:
            self.broker.messages.remove(message)
        happens = {
            None: lambda: None,
            "deliver": lambda: self._deliver_another(1 - worker, which),
            "say": lambda: self._say_and_tick(RECORDS[which % len(RECORDS)]),
            "wait": lambda: self.wait(4),
        }
        self._run(worker, message, crash, fate, happens[meanwhile])

    def _deliver_another(self, worker: int, which: int) -> None:
        for _ in range(TICKS_MOST):
            if self.relay.dead or not self.relay.tick():
                break
        if self.broker.messages:
            message = self.broker.messages.pop(which % len(self.broker.messages))
            self._run(worker, message, None, [], lambda: None)

    def _say_and_tick(self, record: tuple[str, str]) -> None:
        self.say(record, ready=True)
        idle = next(number for number, each in enumerate(self.workers) if not each.running)
        self._deliver_another(idle, 0)

    def _run(
        self,
        worker: int,
        message: Message,
        crash: tuple[int, When] | None,
        fate: list[Fate],
        meanwhile: Callable[[], None],
    ) -> None:
        process, quickbooks = self.workers[worker], self.world.quickbooks
        if crash is not None:
            process.crashing.left, process.crashing.when = crash
        before = quickbooks.fates, quickbooks.meanwhile
        quickbooks.fates, quickbooks.meanwhile = list(fate), meanwhile
        process.run(message)
        quickbooks.fates, quickbooks.meanwhile = before
        if process.dead:
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
        self._assert_there(list(RECORDS))

    def _expected(self) -> list[tuple[str, str]]:
        """Say whose newest change must be in QuickBooks: what is ready, below what is there."""
        customers: list[tuple[str, str]] = [("contact", "c1"), ("project", "p1")]
        if not self.ever_won or any(each not in self.newest for each in customers):
            return []
        invoices = [each for each in RECORDS if each[0] == "invoice" and self.ready.get(each)]
        payment = ("payment", "y1")
        is_paid = self.ready.get(payment) and len(invoices) == len(PAYS)
        return [*customers, *invoices, *([payment] if is_paid else [])]

    def _assert_there(self, records: list[tuple[str, str]]) -> None:
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
                    AllocationRow("y1", each, Decimal(sum_)) for each, sum_ in PAYS.items()
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
        assert self._in_quickbooks() == set(self.newest.values())

    def _in_quickbooks(self) -> set[int]:
        """Which revisions the books show: of the records that are there."""
        realm = self.world.quickbooks.simulator.realms.find(self.realm_id)
        assert realm is not None
        held = [each for kind in KINDS for each in realm.objects[kind].values()]
        return {_revision_in(each) for each in held}

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

    def _append(
        self, connection: psycopg.Connection, record: tuple[str, str], *, ready: bool
    ) -> int:
        number = next(numbers)
        entity, record_id = record
        snapshot = _snapshot(entity, record_id, number, ready=ready)
        append(connection, entity, snapshot, company_id=self.company_id)
        return number

    def _committed(self, record: tuple[str, str], number: int, *, ready: bool) -> None:
        entity, record_id = record
        self.ready[record] = ready
        self.ever_won = self.ever_won or (entity == "project" and ready)
        total = SUMS.get(entity)
        # Before the commit it is in nobody's sight, and by whose clock does not matter here.
        at = datetime(2026, 1, 1, tzinfo=UTC)
        self.revisions.append(
            Revision(
                number=number,
                company_id=self.company_id,
                entity=entity,
                record_id=record_id,
                total=total,
                name=None,
                gone=False,
                committed_at=at,
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
        return WorkerProcess.started(self.world.pool, self.world.quickbooks, self.token)


def _snapshot(entity: str, record_id: str, number: int, *, ready: bool) -> Snapshot:
    match entity:
        case "contact":
            return proline.contact(record_id, phone=f"(555) 010-{number}")
        case "project":
            stage = WON if ready else "Inspection"
            return proline.project(record_id, stage=stage, address={"line2": f"Unit {number}"})
        case "invoice":
            sent_at = SENT_AT.isoformat() if ready else None
            return proline.invoice(record_id, memo=f"Revision {number}", sent_at=sent_at)
        case _:
            status = "complete" if ready else "pending"
            allocations = [{"invoice_id": each, "amount": sum_} for each, sum_ in PAYS.items()]
            return proline.payment(
                record_id, reference=f"Check {number}", status=status, allocations=allocations
            )


def _without_token(body: Any) -> str:  # noqa: ANN401  # JSON
    return repr(sorted((name, str(value)) for name, value in body.items() if name != "SyncToken"))


def _revision_in(found: dict[str, Any]) -> int:
    text = " ".join(
        str(part)
        for part in (
            (found.get("PrimaryPhone") or {}).get("FreeFormNumber", ""),
            (found.get("ShipAddr") or {}).get("Line2", "") if found.get("Job") else "",
            (found.get("CustomerMemo") or {}).get("value", ""),
            found.get("PaymentRefNum", ""),
        )
    )
    return int(text.rpartition("-")[2].split()[-1])


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
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
