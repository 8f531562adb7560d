"""Waking: whoever waits for something is looked at when it comes, and never waits for ever."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client import REGISTRY

from broker.claim_checks import Message
from coordination.database import Connection, Pool
from coordination.statements import Statement
from records import applied, settlement
from records.claims import Claim
from records.evaluation import evaluate
from records.keys import RecordKey
from records.waking import affected_by
from tests.support.hand_worker import HandWorker, settle_applied
from tests.support.proline import contact, enable_company, invoice, payment, pays, project, running
from tests.support.relay_in_hand import Office, limits

ROUNDS = 10
PARENTS = 8
NEVER = 1e9
SPREAD_SECONDS = 0.06
NUDGES = (
    "INSERT INTO proline_qbo.nudges (company_id, entity, record_id)\n    SELECT * FROM released"
)


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give an office whose relay never takes the slow look that would hide a lost wake-up."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(resync_seconds=NEVER))
    office.hand.drain()
    return office


def resync_finds() -> float:
    """Read how many wake-ups the slow look has found lost."""
    return REGISTRY.get_sample_value("proline_qbo_resync_finds_total") or 0.0


def without_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a settle leave nothing behind for those who wait."""
    assert NUDGES in settlement._RELEASE
    silent = settlement._RELEASE.replace(NUDGES, f"{NUDGES} WHERE false")
    monkeypatch.setattr(settlement, "_RELEASE", silent)
    for case, statement in applied._STATEMENTS.items():
        assert NUDGES in statement.text or not case[1]
        silenced = Statement(statement.text.replace(NUDGES, f"{NUDGES} WHERE false"))
        monkeypatch.setitem(applied._STATEMENTS, case, silenced)


def waiting(office: Office) -> list[Any]:
    """List who waits for a parent."""
    return office.rows(
        "SELECT entity, record_id, sentence FROM proline_qbo.records WHERE reason = 'parent'"
    )


def test_a_settle_wakes_who_waits_for_it_down_to_the_payment(office: Office) -> None:
    """Contact, invoice, payment: each goes when the one before it is in QuickBooks."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.say("payment", pays("y1", "100.00", i1="100.00"))

    dispatched = []
    for _ in range(3):
        messages = office.hand.drain()
        dispatched += [message.actor_name for message in messages]
        office.worker.work(messages)

    assert dispatched == ["contact.sync", "invoice.sync", "payment.sync"]
    assert office.hand.drain() == []
    assert waiting(office) == []


def test_a_payment_with_a_rest_is_woken_when_its_projects_invoice_arrives(
    office: Office,
) -> None:
    """A deposit before its invoice: it was done as credit, and goes on by itself."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("payment", payment("y1", "40.00"))
    office.finish()
    assert office.state("payment", "y1") == "done"
    assert office.rows("SELECT FROM proline_qbo.applications") == []

    office.say("invoice", invoice())
    office.finish()

    held = office.rows("SELECT settled, open FROM proline_qbo.applications")
    assert [(str(row.settled), row.open) for row in held] == [("40.00000", None)]
    assert office.state("payment", "y1") == "done"


def test_a_deposit_finds_the_running_balance_invoice_too(office: Office) -> None:
    """The record that stands for the members is what it pays."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("payment", payment("y1", "40.00"))
    office.finish()

    office.say("invoice", running("r1", "900.00"))
    office.finish()

    held = office.rows("SELECT invoice_pk FROM proline_qbo.applications")
    assert [row.invoice_pk for row in held] == [office.record("invoice", "running:p1").pk]


def test_the_slow_look_finds_nothing_after_normal_work(pool: Pool) -> None:
    """Whatever it finds is a wake-up that was lost."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(resync_slice=2))
    before = resync_finds()
    office.say("contact", contact("c1"), contact("c2"))
    office.say("project", project("p1"), project("p2", contact_id="c2", stage="Inspection"))
    office.say(
        "invoice", invoice("i1"), invoice("i2", project_id="p2"), invoice("i3", sent_at=None)
    )
    office.say("payment", pays("y1", "40.00", i1="40.00"), payment("y2", project_id="p2"))
    office.finish()

    for seconds in (*[1.0] * 10, 600.0, *[1.0] * 10):
        office.hand.after(seconds)

    assert resync_finds() == before
    assert office.state("invoice", "i2") == "waiting: stage"


def test_the_slow_look_brings_back_a_wake_up_that_was_lost(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A net under the nudges: found within its time, dispatched, and counted."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.hand.drain()
    before = resync_finds()
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    without_nudges(monkeypatch)
    office.finish()
    assert office.state("invoice", "i1") == "waiting: parent"

    (found,) = office.hand.after(600.0)

    assert found.actor_name == "invoice.sync"
    assert resync_finds() == before + 1


# --- the race ----------------------------------------------------------------------------------


def crossing(office: Office, settle: Callable[[Connection, Claim], bool]) -> None:
    """Take the child in while its parent's settle is written and not yet committed."""
    office.say("contact", contact())
    office.say("project", project())
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    with office.pool.connection() as settling:
        assert settle(settling, claimed)
        office.say("invoice", invoice())
        office.hand.drain()
        assert office.state("invoice", "i1") == "waiting: parent"
    office.hand.drain()


def test_a_childs_intake_across_its_parents_settle_loses_no_wake_up(office: Office) -> None:
    """The intake did not see the link, the settle did not see the child; the nudge tells."""
    crossing(office, settle_applied)

    assert office.state("invoice", "i1") == "dispatched"


def test_a_settle_that_woke_the_children_itself_would_lose_the_wake_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: two plain transactions side by side, and the child waits for ever."""
    without_nudges(monkeypatch)

    def settle_and_wake(connection: Connection, claimed: Claim) -> bool:
        settled = settle_applied(connection, claimed)
        key = RecordKey(claimed.company_id, claimed.entity, claimed.record_id)
        evaluate(connection, affected_by(connection, [key]))
        return settled

    crossing(office, settle_and_wake)

    assert office.state("invoice", "i1") == "waiting: parent"


def settle_beside_intake(office: Office, seed: int) -> None:
    """Settle many parents in threads while the relay takes their children in, again and again."""
    chance = random.Random(seed)  # noqa: S311  # which of the two comes first
    for turn in range(ROUNDS):
        ids = [f"{turn}-{index}" for index in range(PARENTS)]
        office.say("contact", *(contact(each) for each in ids))
        office.say("project", *(project(each, contact_id=each) for each in ids))
        messages = office.hand.drain()
        assert len(messages) == PARENTS
        children = [invoice(each, project_id=each) for each in ids]
        office.say("invoice", *chance.sample(children, len(children)))
        _cross(office, messages, chance)
        office.finish()


def _cross(office: Office, messages: list[Message], chance: random.Random) -> None:
    """Let the children's intake begin among the settles: some come before it, some after."""
    claims = [office.worker.claim(message) for message in messages]
    begin = threading.Barrier(PARENTS + 1, timeout=10)
    delays = [chance.random() * SPREAD_SECONDS for _ in claims]

    def settle(claimed: Claim | None, delay: float) -> bool:
        assert claimed is not None
        begin.wait()
        threading.Event().wait(delay)
        return office.worker.settle(claimed)

    with ThreadPoolExecutor(PARENTS) as threads:
        settled = [threads.submit(settle, *pair) for pair in zip(claims, delays, strict=True)]
        begin.wait()
        office.hand.relay.tick()
        assert all(each.result(timeout=10) for each in settled)


def test_a_childs_intake_beside_its_parents_settle_never_loses_the_wake_up(
    office: Office,
) -> None:
    """Eighty crossings in every order; the slow look is off, and afterwards nobody waits."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # noqa: T201  # shown when it fails

    settle_beside_intake(office, seed)

    assert waiting(office) == []
    states = office.rows("SELECT DISTINCT state FROM proline_qbo.records")
    assert [row.state for row in states] == ["done"]


def test_without_nudges_somebody_waits_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out of the same scenario."""
    without_nudges(monkeypatch)

    settle_beside_intake(office, seed=7)

    assert waiting(office) != []


# --- memory --------------------------------------------------------------------------------------


def test_the_relays_memory_does_not_grow_while_work_waits(office: Office) -> None:
    """Five thousand waiting records are five thousand rows, and nothing in the leader."""
    sizes = []
    for _ in range(2):
        office.do(
            "INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, snapshot)"
            " SELECT 'acme', 'contact', 'w' || n, jsonb_build_object('id', 'w' || n,"
            " 'display_name', 'Ada Example', 'updated_at', '2026-03-01T09:30:00Z')"
            " FROM (SELECT n + (SELECT count(*) FROM proline_qbo.records) AS n"
            "       FROM generate_series(1, 2500) n) numbered"
        )
        office.hand.drain()
        office.hand.after(61.0)
        sizes.append(held_in_memory(office))

    held = office.rows("SELECT state, reason, count(*) FROM proline_qbo.records GROUP BY 1, 2")
    assert [tuple(row) for row in held] == [("waiting", "stage", 5000)]
    assert sizes[0] == sizes[1]
    assert sum(sizes[1].values()) < 20


def held_in_memory(office: Office) -> dict[str, int]:
    """Count what the leader remembers, by name."""
    leader = office.hand.relay._leader
    assert leader is not None
    facts = vars(leader._memory)
    return {name: len(value) for name, value in facts.items() if hasattr(value, "__len__")}
