"""The slow look: at exactly those whom a lost wake-up would leave, in bounded slices."""

import psycopg
import pytest

from outbox import leader
from records.due import SLICE, Slice, resync_slice
from tests.support.proline import contact, invoice, payment, pays, project
from tests.support.relay_in_hand import Office

MOST = 100


@pytest.fixture
def settled(office: Office) -> Office:
    """Give a company with one record of each kind that could matter, all settled."""
    office.say("contact", contact())
    office.say("project", project(), project("p2"), project("p3", stage="Inspection"))
    office.say("invoice", invoice("i1"), invoice("held", project_id="p3"))
    office.say("invoice", invoice("orphan", project_id="nowhere"))
    office.say("payment", pays("spent", "40.00", i1="40.00"))
    office.say("payment", payment("credit", project_id="p2"))
    office.say("payment", pays("too much", "100.00", i1="100.00"))
    office.say("payment", payment("never came", status="failed"))
    office.finish()
    return office


def looked_at(office: Office) -> set[str]:
    """Name the records the slow look takes up."""
    with office.pool.connection() as connection:
        pks = resync_slice(connection, after=0, most=MOST).pks
    named = office.rows("SELECT record_id FROM proline_qbo.records WHERE pk = ANY(%s)", list(pks))
    return {row.record_id for row in named}


def test_it_looks_at_who_waits_who_misses_a_parent_and_whose_money_has_a_rest(
    settled: Office,
) -> None:
    """Whatever agrees with QuickBooks to the cent is left alone."""
    assert settled.state("payment", "too much") == "done"

    assert looked_at(settled) == {"p3", "held", "orphan", "credit", "too much"}


def test_a_payment_that_is_void_has_no_rest(settled: Office) -> None:
    """There is no money left to apply."""
    gone = payment("credit", project_id="p2", voided_at="2026-03-09T00:00:00Z")
    settled.say("payment", gone)
    settled.finish()

    assert "credit" not in looked_at(settled)


def test_a_slice_is_bounded_by_what_is_read_not_by_what_is_found(settled: Office) -> None:
    """A million payments without a rest must not make one slice run into its timeout."""
    seen: list[Slice] = []
    after = 0
    with settled.pool.connection() as connection:
        while (piece := resync_slice(connection, after=after, most=2)).read_to:
            seen.append(piece)
            after = piece.read_to

    assert max(len(piece.pks) for piece in seen) <= 2
    assert sum(len(piece.pks) for piece in seen) == 5
    assert len(seen) == 4


def test_its_set_has_an_index_of_its_own(settled: Office) -> None:
    """Hundreds of thousands of records that are done cost nothing."""
    settled.do(
        "INSERT INTO proline_qbo.records"
        " (company_id, entity, record_id, version, state, settled_version)"
        " SELECT 'acme', 'invoice', 'n' || n, 1, 'done', 1 FROM generate_series(1, 20000) n"
    )
    settled.do("ANALYZE proline_qbo.records")

    rows = settled.rows(f"EXPLAIN {SLICE}", 0, MOST)

    plan = "\n".join(row[0] for row in rows)
    assert "records_looked_at_slowly" in plan
    assert "Seq Scan on records" not in plan


def test_a_slice_that_runs_into_its_timeout_is_not_tried_in_every_tick(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay has other work; the slow look comes again a beat later."""
    office.hand.relay.tick()
    tried = []

    def slow(*_: object, **__: object) -> Slice:
        tried.append(office.hand.clock.now)
        raise psycopg.errors.QueryCanceled

    monkeypatch.setattr(leader, "resync_slice", slow)
    with pytest.raises(psycopg.errors.QueryCanceled):
        office.hand.relay.tick()

    office.hand.drain()

    assert len(tried) == 1
