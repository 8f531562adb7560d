"""Places and the ring: who is handed out, how many at a time, and whose turn it is."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from app.onboarding import change_settings, disable_company
from broker.claim_checks import Message
from connections import companies
from connections.settings import CompanySettings
from coordination.clock import clock
from coordination.database import Connection, Pool
from outbox import dispatch
from outbox.floor import Oldest
from records.places import PLACES_PER_COMPANY, return_unclaimed
from records.settlement import handed_back
from records.turns import Turn, read_turns
from tests.support.database_clock import DatabaseClock
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    ACME,
    OFFICE,
    SENT_AT,
    contact,
    enable_company,
    invoice,
    project,
    realm_of,
)
from tests.support.relay_in_hand import Office, limits

MANY = 25


def backlog(office: Office, company_id: str, size: int) -> None:
    """Let a company have so many contacts to write, each wanted by a won project."""
    with office.pool.connection() as connection:
        if companies.get(connection, company_id) is None:
            enable_company(connection, company_id)
    ids = [f"{company_id}-{index}" for index in range(size)]
    office.say("contact", *(contact(each) for each in ids), company_id=company_id)
    won = (project(f"p-{each}", contact_id=each) for each in ids)
    office.say("project", *won, company_id=company_id)


def per_company(messages: list[Message]) -> Counter[str]:
    """Count messages by company."""
    return Counter(message.company_id for message in messages)


def test_a_company_holds_at_most_ten_places(pool: Pool) -> None:
    """The rest waits in PostgreSQL, whatever the backlog and however many threads there are."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool, threads=100))
    backlog(office, ACME, MANY)

    messages = office.hand.drain()

    assert len(messages) == PLACES_PER_COMPANY == 10
    states = office.rows("SELECT state, count(*) FROM proline_qbo.records GROUP BY 1")
    assert dict(tuple(row) for row in states)["pending"] == MANY - 10


def test_a_settled_place_is_handed_out_again(office: Office) -> None:
    """Leaving `dispatched` is giving the place back; nothing else counts places."""
    backlog(office, ACME, MANY)
    first = office.hand.drain()

    office.worker.work(first[:3])
    second = office.hand.drain()

    assert len(second) == 3
    assert len(office.rows("SELECT FROM proline_qbo.records WHERE state = 'dispatched'")) == 10


def test_a_queue_holds_at_most_twice_the_threads_that_consume_it(pool: Pool) -> None:
    """Dispatched and unclaimed: what is claimed stands in no queue any more."""
    HandWorker(pool, entities=["invoice"])
    worker = HandWorker(pool, entities=["contact"], threads=3)
    office = Office(pool, worker)
    for company_id in ("a", "b", "c"):
        backlog(office, company_id, 6)

    messages = office.hand.drain()
    claims = [worker.claim(message) for message in messages[:4]]
    office.hand.clock.now += 0.2
    more = office.hand.drain()

    assert len(messages) == 6
    assert None not in claims
    assert len(more) == 4


def test_all_queues_together_hold_at_most_a_quarter_more_than_threads(pool: Pool) -> None:
    """Threads take from all of them: a place in one is a wait in every other."""
    office = Office(pool, HandWorker(pool, threads=4))
    mixed_backlog(office, ["a", "b", "c", "d", "e", "f"])

    assert len(office.hand.drain()) == 5


def test_an_entity_without_a_consumer_is_not_dispatched(pool: Pool) -> None:
    """Its records stay pending; those of other entities go on."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool, entities=["contact"]))
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.finish()

    assert office.state("contact", "c1") == "done"
    assert office.state("invoice", "i1") == "pending"


def test_unclaimed_records_return_when_their_last_consumer_goes(office: Office) -> None:
    """And are handed out anew, under a new token, when another comes."""
    backlog(office, ACME, 3)
    stranded = office.hand.drain()
    office.worker.retire()

    office.hand.after(1.0)
    waiting = office.rows("SELECT state FROM proline_qbo.records WHERE entity = 'contact'")
    heir = HandWorker(office.pool)
    again = office.hand.after(1.0)

    assert {row.state for row in waiting} == {"pending"}
    assert {message.record_pk for message in again} == {each.record_pk for each in stranded}
    assert {message.token for message in again}.isdisjoint(each.token for each in stranded)
    assert heir.work(again) == 3


def test_one_record_a_turn_so_a_big_backlog_does_not_delay_a_small_one(pool: Pool) -> None:
    """With room for seven, each has two turns before any has three, however much one has."""
    office = Office(pool, HandWorker(pool, threads=5))
    backlog(office, "big", MANY)
    backlog(office, "small", 2)
    backlog(office, "tiny", 2)

    assert per_company(office.hand.drain()) == {"big": 3, "small": 2, "tiny": 2}


def test_a_company_that_had_nothing_to_do_joins_at_the_head(pool: Pool) -> None:
    """Once: then it takes its turn at the tail like the others."""
    office = Office(pool, HandWorker(pool, threads=1))
    backlog(office, "big", MANY)
    backlog(office, "huge", MANY)
    queued = office.hand.drain()
    backlog(office, "late", 3)
    office.hand.drain()

    served = []
    for _ in range(6):
        office.worker.work(queued[:1])
        new = office.hand.drain()
        served += [message.company_id for message in new]
        queued = queued[1:] + new

    assert served[0] == "late"
    assert "late" not in served[1:3]
    assert Counter(served) == {"late": 2, "big": 2, "huge": 2}


def test_who_finds_no_room_in_its_queue_comes_before_who_was_served(pool: Pool) -> None:
    """With one free place at a time nobody is passed over for ever."""
    office = Office(pool, HandWorker(pool, threads=1))
    names = ["a", "b", "c", "d"]
    for company_id in names:
        backlog(office, company_id, 10)

    served: list[str] = []
    queued: list[Message] = []
    for _ in range(14):
        new = office.hand.drain()
        served += [message.company_id for message in new]
        queued += new
        office.worker.work(queued[:1])
        queued = queued[1:]

    assert set(served[:4]) == set(names)
    assert max(Counter(served).values()) - min(Counter(served).values()) <= 1


def test_who_wanted_a_full_queue_is_not_set_back(pool: Pool) -> None:
    """All have contacts before invoices, and one place of each comes free at a time.

    Whoever finds that the contacts' was given before it takes the invoices', and has its turn.
    """
    for entity in ("contact", "payment"):
        HandWorker(pool, entities=[entity], threads=1)
    worker = HandWorker(pool, entities=["invoice"], threads=1)
    office = Office(pool, worker, limits(full_ms=60_000))
    names = ["a", "b", "c", "d", "e", "f", "g"]
    mixed_backlog(office, names)

    served: list[str] = []
    for _ in range(30):
        new = office.hand.drain()
        served += [message.company_id for message in new]
        office.do(
            "DELETE FROM proline_qbo.records WHERE pk = ANY (SELECT DISTINCT ON (entity) pk"
            " FROM proline_qbo.records WHERE state = 'dispatched' ORDER BY entity, pk)"
        )

    assert len(served) == 4 + 2 * 29
    assert max(Counter(served).values()) - min(Counter(served).values()) <= 1


def mixed_backlog(office: Office, names: list[str]) -> None:
    """Let each company have many contacts, and after them many invoices, to be handed out."""
    with office.pool.connection() as connection:
        for name in names:
            enable_company(connection, name)
    office.do(
        "INSERT INTO proline_qbo.records (company_id, entity, record_id, version, state)"
        " SELECT k, e, n::text, 1, 'pending' FROM unnest(%s::text[]) AS k,"
        " unnest(ARRAY['contact', 'invoice']) WITH ORDINALITY AS kinds (e, rank),"
        " generate_series(1, 20) AS n ORDER BY rank, n, k",
        names,
    )
    office.do("INSERT INTO proline_qbo.nudges (company_id) SELECT unnest(%s::text[])", names)


def test_the_pace_lies_between_two_turns_of_a_company(
    pool: Pool, database_clock: DatabaseClock
) -> None:
    """Roughly the limiter's own pace, so that a thread rarely waits for a slot."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(pace_ms=60_000))
    backlog(office, ACME, 3)

    first = office.hand.drain()
    database_clock.advance(60)
    second = office.hand.drain()

    assert (len(first), len(second)) == (1, 1)


def test_a_late_turn_does_not_set_back_those_after_it(
    pool: Pool, database_clock: DatabaseClock
) -> None:
    """Turns lie `pace` apart, however slow the relay is; only of a long delay a part is lost."""
    office = Office(pool, HandWorker(pool), limits(pace_ms=100))
    database_clock.freeze()
    backlog(office, ACME, MANY)

    taken = [len(office.hand.drain())]
    for seconds in (0.25, 0.05, 10.0):
        database_clock.advance(seconds)
        taken.append(len(office.hand.drain()))

    assert taken == [1, 2, 1, 5]


def test_a_company_that_is_off_is_not_dispatched_and_goes_on_when_it_is_on_again(
    office: Office,
) -> None:
    """What happens meanwhile is held, newest version each."""
    disable_company(office.pool, ACME, by=OFFICE)
    backlog(office, ACME, 2)
    assert office.hand.drain() == []

    with office.pool.connection() as connection:
        companies.enable(connection, ACME)

    assert office.finish() == 2


def stop_by_off(office: Office) -> None:
    """Turn the integration off."""
    disable_company(office.pool, ACME, by=OFFICE)


def stop_by_disconnect(office: Office) -> None:
    """Give the realm up."""
    with office.pool.connection() as connection:
        companies.disconnect(connection, ACME)
        return_unclaimed(connection, ACME)


def stop_by_epoch(office: Office) -> None:
    """Reconnect, which raises the epoch."""
    with office.pool.connection() as connection:
        companies.connect(connection, ACME, realm_of(ACME))
        return_unclaimed(connection, ACME)


def test_a_company_whose_quickbooks_was_silent_has_one_place_until_it_is_answered(
    office: Office,
) -> None:
    """One record tries, and the next only when that one has come back; a success frees all."""
    with office.pool.connection() as connection:
        companies.pause(connection, ACME, clock(connection), "unavailable")
    backlog(office, ACME, 4)

    first = office.hand.drain()
    tried = office.worker.claim(first[0])
    assert tried is not None
    beside = office.hand.drain()
    assert office.worker.leave(tried, handed_back())
    (second,) = office.hand.drain()
    probe = office.worker.claim(second)
    assert probe is not None
    with office.pool.connection() as connection:
        companies.answers_again(connection, ACME)
    rest = office.hand.drain()

    assert (len(first), beside, tried.is_probe, probe.is_probe) == (1, [], True, True)
    assert len(rest) == 3
    afterwards = office.worker.claim(rest[0])
    assert afterwards is not None
    assert not afterwards.is_probe


@pytest.mark.parametrize("stop", [stop_by_off, stop_by_disconnect, stop_by_epoch])
def test_what_nobody_claimed_returns_in_the_transaction_that_stops_its_company(
    office: Office, stop: object
) -> None:
    """What is claimed goes on and settles; the messages of the rest change nothing."""
    backlog(office, ACME, 3)
    messages = office.hand.drain()
    claimed = office.worker.claim(messages[0])
    assert claimed is not None
    assert callable(stop)

    stop(office)

    contacts = "SELECT pk, state FROM proline_qbo.records WHERE entity = 'contact'"
    states = {row.pk: row.state for row in office.rows(contacts)}
    assert states.pop(claimed.pk) == "dispatched"
    assert set(states.values()) == {"pending"}
    assert [office.worker.claim(message) for message in messages[1:]] == [None, None]
    assert office.worker.settle(claimed)


def test_what_was_voided_while_disconnected_is_voided_after_the_reconnect(
    office: Office,
) -> None:
    """The links of the books given up come back with them, and until then they are what counts."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice())
    office.finish()
    stop_by_disconnect(office)

    office.say("invoice", invoice(voided_at=SENT_AT.isoformat()))
    office.say("invoice", invoice("i2"))
    assert office.finish() == 0
    stop_by_epoch(office)
    office.finish()

    assert office.state("invoice", "i1") == office.state("invoice", "i2") == "done"
    links = office.rows(
        "SELECT r.record_id, l.voided FROM proline_qbo.links l"
        " JOIN proline_qbo.records r ON r.pk = l.record_pk WHERE l.kind = 'Invoice' ORDER BY 1"
    )
    assert [tuple(row) for row in links] == [("i1", True), ("i2", False)]


def test_a_paused_company_keeps_its_turn_and_goes_on_when_the_pause_is_over(
    office: Office, database_clock: DatabaseClock
) -> None:
    """A 429 rewrites no record."""
    backlog(office, ACME, 2)
    office.do(
        "UPDATE proline_qbo.companies SET pause_reason = 'limit',"
        " paused_until = proline_qbo.clock() + interval '1 hour'"
    )
    assert office.hand.drain() == []

    database_clock.advance(3_600)

    assert office.finish() == 2


def test_a_company_that_a_person_paused_goes_on_when_the_person_resumes_it(
    office: Office,
) -> None:
    """Its turn was put off until the end of that pause, and the end comes sooner."""
    backlog(office, ACME, 2)
    with office.pool.connection() as connection:
        companies.pause(connection, ACME, companies.UNTIL_RESUMED, "person")
    assert office.hand.drain() == []

    with office.pool.connection() as connection:
        companies.resume(connection, ACME)

    assert office.finish() == 2


def test_messages_that_no_queue_confirmed_are_published_again(office: Office) -> None:
    """The place stays; only the message is repeated."""
    office.hand.broker.refusing = True
    backlog(office, ACME, 2)
    for _ in range(20):
        office.hand.relay.tick()
    assert office.hand.broker.take() == []

    office.hand.broker.refusing = False

    assert office.finish() == 2


def test_a_changed_setting_lets_held_records_go_on_at_once(office: Office) -> None:
    """The nudge of a company reaches whatever something holds back, in bounded batches."""
    office.say("contact", contact())
    office.say("project", project(stage="Signed"))
    office.finish()
    office.say("invoice", invoice())
    office.finish()
    assert office.state("invoice", "i1") == "waiting: stage"
    change_settings(office.pool, ACME, CompanySettings(stages=("Signed",)), by=OFFICE)

    office.say("project", project(stage="Signed", name="Newer"))
    office.finish()

    assert office.state("contact", "c1") == office.state("invoice", "i1") == "done"


# --- what it costs when there is no room --------------------------------------------------------


def write_invoices(office: Office, companies_most: int) -> list[str]:
    """Write an invoice of many companies, whose customer is there already; nobody is told of it."""
    names = [f"k{index}" for index in range(companies_most)]
    with office.pool.connection() as connection:
        for name in names:
            enable_company(connection, name)
    office.do(
        "INSERT INTO proline_qbo.records (company_id, entity, record_id, version, state)"
        " SELECT k, 'invoice', 'i1', 1, 'pending' FROM unnest(%s::text[]) AS k",
        names,
    )
    return names


def invoices_of_many(office: Office, companies_most: int = 20) -> None:
    """Let many companies have an invoice to write, and a turn."""
    names = write_invoices(office, companies_most)
    office.do("INSERT INTO proline_qbo.nudges (company_id) SELECT unnest(%s::text[])", names)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each company is looked at for what it has to hand out."""
    counted: Counter[str] = Counter()

    def counting(connection: Connection, company_ids: Sequence[str], **how: Any) -> list[Turn]:  # noqa: ANN401  # handed on as it came
        counted.update(company_ids)
        return read_turns(connection, company_ids, **how)

    monkeypatch.setattr(dispatch, "read_turns", counting)
    return counted


def serve_one_that_is_older(office: Office) -> None:
    """Serve a backlog, the last of which turns out to have waited for longer than the first."""
    backlog(office, ACME, MANY)
    office.worker.work(office.hand.drain())
    office.do(
        "UPDATE proline_qbo.records SET since = since - interval '1 hour' WHERE pk = ("
        "SELECT max(pk) FROM proline_qbo.records WHERE state = 'pending' AND entity = 'contact')"
    )
    office.finish()


def test_what_is_older_than_anybody_knew_is_found_before_the_company_leaves(
    office: Office,
) -> None:
    """From its oldest record on a company is looked at; nobody believes that there is nothing."""
    serve_one_that_is_older(office)

    assert office.rows("SELECT FROM proline_qbo.records WHERE state <> 'done'") == []


def test_without_the_second_look_it_would_wait_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is good for."""
    monkeypatch.setattr(Oldest, "__contains__", lambda *_: False)
    serve_one_that_is_older(office)

    assert len(office.rows("SELECT FROM proline_qbo.records WHERE state = 'pending'")) == 1


def tick(office: Office, times: int = 20) -> None:
    """Tick, whether there is work or not."""
    for _ in range(times):
        office.hand.relay.tick()


def test_without_a_worker_nobody_is_looked_at(office: Office, looks: Counter[str]) -> None:
    """An outage of all workers costs nothing, however many companies wait."""
    office.worker.retire()
    office.hand.drain()
    invoices_of_many(office)
    tick(office)

    assert not looks


def test_what_has_no_consumer_leaves_the_ring_and_joins_again_when_one_comes(
    pool: Pool, looks: Counter[str]
) -> None:
    """An outage of one entity's workers costs one look a company, not one a tick."""
    office = Office(pool, HandWorker(pool, entities=["contact"]))
    office.hand.drain()
    invoices_of_many(office)
    tick(office)

    assert looks.total() == 20

    heir = HandWorker(pool, entities=["invoice"], threads=20)
    assert len(office.hand.after(1.0)) == 20
    assert heir.process_id != office.worker.process_id


def test_a_full_queue_costs_a_company_few_looks(
    pool: Pool, database_clock: DatabaseClock, looks: Counter[str]
) -> None:
    """It is passed over for a moment, not looked at in every tick."""
    HandWorker(pool, entities=["contact"])
    office = Office(pool, HandWorker(pool, entities=["invoice"]), limits(full_ms=100))
    office.hand.drain()
    invoices_of_many(office)
    database_clock.freeze()
    assert len(office.hand.drain()) == 2 * 8
    looks.clear()

    tick(office)
    database_clock.advance(0.1)
    tick(office)

    assert 0 < looks.total() <= 2 * 20


def test_who_comes_when_all_room_is_given_keeps_its_place(pool: Pool, looks: Counter[str]) -> None:
    """A big ring in front of a small queue is not turned round at every tick."""
    office = Office(pool, HandWorker(pool, entities=["invoice"], threads=1))
    office.hand.drain()
    invoices_of_many(office)
    tick(office)

    assert looks.total() == 2
