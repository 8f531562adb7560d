"""The demo's ProLine: what its views show is the contract, and nothing of it that is secret."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from demo.play import Commit, play_live, play_now
from demo.proline import (
    Invoice,
    Payment,
    Project,
    ProjectStageMove,
    contact_snapshots,
    invoice_snapshots,
    payment_snapshots,
    project_snapshots,
)
from demo.scenario import Era, Plan
from demo.scenario.changes import Change, DraftInvoice, EditContact, MoveProject, Step
from demo.transactions import perform
from schemas import Entity, parse_snapshot

AS_FAST_AS_POSSIBLE = 1e9
VIEWS = {
    Entity.CONTACT: "contacts",
    Entity.PROJECT: "projects",
    Entity.INVOICE: "invoices",
    Entity.PAYMENT: "payments",
}


def shown(engine: Engine, view: str) -> dict[str, dict[str, Any]]:
    """Read all that one view shows."""
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT record_id, snapshot FROM proline_export.{view}"))
        return {row.record_id: row.snapshot for row in rows}


def test_every_snapshot_fits_its_schema_with_no_unknown_key(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """The views are the contract's other side: the schemas read them whole, cost never leaves."""
    play_now(sessions, scenario.steps)

    for entity, view in VIEWS.items():
        snapshots = shown(engine, view)
        assert snapshots
        for snapshot in snapshots.values():
            assert parse_snapshot(entity, snapshot).unknown_keys == ()
            assert not {"cost", "margin"} & set(json.dumps(snapshot).replace('"', " ").split())


def test_writers_side_by_side_end_as_one_writer_would(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """Order is kept per strand: the tables hold all records and every stage move of the plan."""
    told: list[Commit] = []

    history = play_now(sessions, scenario.of(Era.BEFORE_OUTBOX, Era.BEFORE_ENABLE))
    live = play_live(
        sessions, scenario.of(Era.LIVE), on_commit=told.append, speed=AS_FAST_AS_POSSIBLE
    )

    moves = [step.change for step in scenario.steps if isinstance(step.change, MoveProject)]
    assert len(history) + len(live) == len(scenario.steps)
    assert sorted(told, key=lambda commit: commit.at) == live
    with sessions() as session:
        assert len(session.scalars(select(Project)).all()) == 60
        assert len(session.scalars(select(Invoice)).all()) == 80
        assert len(session.scalars(select(Payment)).all()) == 90
        assert len(session.scalars(select(ProjectStageMove)).all()) == 60 + len(moves)


def test_a_transaction_that_fails_is_raised_and_stops_the_play(
    sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """A step that cannot be played is never passed over in silence."""
    orphans = [step for step in scenario.steps if isinstance(step.change, DraftInvoice)]

    with pytest.raises(Exception, match="foreign key"):
        play_live(sessions, orphans[:4], speed=AS_FAST_AS_POSSIBLE)


def test_a_change_of_another_companys_record_is_refused(
    sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """A plan that mixes companies up would prove nothing about keeping them apart."""
    play_now(sessions, scenario.of(Era.BEFORE_OUTBOX))
    contact = scenario.of(Era.BEFORE_OUTBOX)[0].change.record_id

    with pytest.raises(ValueError, match="another company"), sessions.begin() as session:
        perform(EditContact(contact, phone="1"), session, "somebody else's")


def test_a_kind_of_change_nobody_wrote_down_is_refused(sessions: sessionmaker[Session]) -> None:
    """A new step that does nothing would be played in silence."""
    with pytest.raises(TypeError, match="Nobody wrote down"), sessions.begin() as session:
        perform(cast("Change", object()), session, "c1")


def test_money_is_decimal_text_and_lines_stand_in_order(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """An invoice shows its lines as they were drafted, amounts as text with two decimals."""
    steps = until_first_draft(scenario)
    draft = steps[-1].change
    assert isinstance(draft, DraftInvoice)

    play_now(sessions, steps)

    snapshot = shown(engine, "invoices")[draft.record_id]
    assert [line["id"] for line in snapshot["lines"]] == [line.id for line in draft.lines]
    amounts = [line.amount for line in draft.lines if line.amount is not None]
    assert snapshot["total"] == str(sum(amounts, Decimal("0.00")) - (draft.discount or 0))
    assert snapshot["amount_due"] == snapshot["balance"] == snapshot["total"]


def test_the_balance_counts_money_that_names_the_invoice_or_all_of_a_running_project(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """Standalone: its own payments; running balance: every complete payment of the project."""
    play_now(sessions, scenario.steps)

    payments = list(shown(engine, "payments").values())
    for invoice_id, snapshot in shown(engine, "invoices").items():
        paid = sum(money_for(invoice_id, snapshot, payments))
        assert Decimal(snapshot["balance"]) == Decimal(snapshot["total"]) - paid


def test_snapshot_functions_return_the_company_and_the_views_snapshot(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """What the capture reads is what the view shows; an unknown id is simply not there."""
    play_now(sessions, scenario.steps)

    functions = {
        "contacts": contact_snapshots,
        "projects": project_snapshots,
        "invoices": invoice_snapshots,
        "payments": payment_snapshots,
    }
    with engine.connect() as connection:
        for view, snapshots_of in functions.items():
            record_id, snapshot = next(iter(shown(engine, view).items()))
            found = snapshots_of(connection, [record_id, "unknown"])
            assert list(found) == [record_id]
            company_id, read = found[record_id]
            assert company_id in {office.id for office in scenario.offices}
            assert read == snapshot


def test_the_stages_of_a_company_are_shown_in_their_order(
    engine: Engine, sessions: sessionmaker[Session], scenario: Plan
) -> None:
    """The settings page and the checklist read the board from here."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT stage FROM proline_export.project_stages "
                "WHERE company_id = :company ORDER BY position"
            ),
            {"company": scenario.offices[0].id},
        )
        stages = rows.scalars().all()

    assert stages[3] == "Closed - Won"
    assert stages[-2:] == ["Production", "Completed"]


def until_first_draft(scenario: Plan) -> list[Step]:
    """Take the steps up to the first invoice."""
    kinds = [type(step.change) for step in scenario.steps]
    return list(scenario.steps[: kinds.index(DraftInvoice) + 1])


def money_for(
    invoice_id: str, invoice: dict[str, Any], payments: Iterable[dict[str, Any]]
) -> Iterable[Decimal]:
    """Yield what each complete payment of the project brings to the invoice."""
    for payment in payments:
        alive = payment["status"] == "complete" and payment["voided_at"] is None
        if not alive or payment["project_id"] != invoice["project_id"]:
            continue
        if invoice["kind"] == "running_balance":
            yield Decimal(payment["amount"])
            continue
        for allocation in payment["allocations"]:
            if allocation["invoice_id"] == invoice_id:
                yield Decimal(allocation["amount"])
