"""The rows of the table "Day one and settings" that are about a whole company."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from app.connecting import connect_company
from app.onboarding import (
    change_settings,
    disable_company,
    enable_company,
    open_company,
)
from connections import companies
from connections.audit import Actor
from connections.companies import blocked_reason
from connections.errors import ChangedWhileOff, OtherRealm, RealmTaken
from connections.settings import CompanySettings
from coordination.clock import clock
from outbox.stages import missing_stages
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Request
from records import transfers
from records.counting import count_skipped_by_rule
from records.explaining import explain
from records.keys import RecordKey
from records.transfers import Transfer, count_ready, transfer_by_hand
from tests.behaviour.row import NewRoofer, Row, replaced
from tests.support import roofer as roofer_module
from tests.support.proline import OFFICE
from tests.support.roofer import COMPANY, Roofer, until

SECTION = "Day one and settings: the company"
OTHER_COMPANY = "zenith"


def state(roofer: Roofer, entity: str, record_id: str) -> str:
    """Say where a record stands, with its reason."""
    row = roofer.record(entity, record_id)
    return ": ".join(filter(None, [row.state, row.reason]))


def notes(roofer: Roofer, kind: str = "Invoice") -> list[str]:
    """Name the objects of a kind in the books by the record each was made for."""
    return sorted(each["PrivateNote"] for each in roofer.held(kind))


def names(roofer: Roofer) -> list[str]:
    """Name the customers in the books."""
    return sorted(each["DisplayName"] for each in roofer.held("Customer"))


def taken_in(roofer: Roofer) -> None:
    """Wait until the relay has taken in all that was said, and judged what hangs from it."""
    left = (
        "SELECT FROM proline_outbox.outbox_events UNION ALL SELECT FROM proline_qbo.nudges"
        " UNION ALL SELECT FROM proline_qbo.records WHERE state = 'retrying'"
    )
    until(lambda: not roofer.rows(left), roofer_module.SETTLE_SECONDS)


def choose(roofer: Roofer, **chosen: object) -> None:
    """Choose in the settings as the office does."""
    change_settings(roofer.system.pool, COMPANY, CompanySettings.model_validate(chosen), by=OFFICE)


def waits(roofer: Roofer) -> str | None:
    """Say what holds the whole company back."""
    with roofer.system.pool.connection() as connection:
        company = companies.get(connection, COMPANY)
        assert company is not None
        return blocked_reason(company, clock(connection))


def change_while_off(roofer: Roofer) -> None:
    """Turn off; change an invoice twice, let a project pass through its stage, send it a bill."""
    roofer.contact().project().invoice().settle()
    disable_company(roofer.system.pool, COMPANY, by=OFFICE)
    roofer.invoice(total="110.00").invoice(total="120.00")
    roofer.contact("c2", number="1002", display_name="Bo Example")
    roofer.project("p2", number="2002", contact_id="c2").project("p2", stage="Lead")
    roofer.invoice("i2", project_id="p2", contact_id="c2")
    roofer.invoice("i3", sent_at=None)
    taken_in(roofer)
    roofer.quickbooks.received.clear()


@contextmanager
def held_up(roofer: Roofer) -> Iterator[threading.Event]:
    """Hold every write at QuickBooks' door until the block ends; the event says one has come."""
    arrived, go_on = threading.Event(), threading.Event()

    def hold(request: Request) -> None:
        if request.method == "POST" and "/query" not in request.path:
            arrived.set()
            go_on.wait(4)

    before, roofer.quickbooks.on_call = roofer.quickbooks.on_call, hold
    try:
        yield arrived
    finally:
        roofer.quickbooks.on_call = before
        go_on.set()


def other_realm(roofer: Roofer) -> Realm:
    """Open another QuickBooks company."""
    realm_id = roofer.quickbooks.add_realm({"limits": None, "custom_txn_numbers": True})
    realm = roofer.quickbooks.realms.find(realm_id)
    assert realm is not None
    return realm


def move(roofer: Roofer, realm: Realm, typed: str | None = None) -> None:
    """Connect to other books as the office does; `typed` is the realm typed to confirm it."""
    before, roofer.realm = roofer.realm, realm
    try:
        connect_company(
            roofer.system.pool,
            roofer.system.quickbooks,
            roofer.system.slots,
            company_id=COMPANY,
            realm_id=realm.settings.realm_id,
            code=roofer.operator("code")["code"],
            by=OFFICE,
            other_books=typed,
        )
    except BaseException:
        roofer.realm = before
        raise


def moved(roofer: Roofer, realm: Realm) -> Roofer:
    """Connect to other books, confirmed, once nothing is being written; wait for the outcome."""
    roofer.settle()
    move(roofer, realm, realm.settings.realm_id)
    return roofer.settle()


def show_stages(roofer: Roofer, *stages: str) -> None:
    """Let ProLine show the stages it has."""
    roofer.proline.execute(
        "CREATE SCHEMA IF NOT EXISTS proline_export;"
        "DROP VIEW IF EXISTS proline_export.project_stages"
    )
    rows = ", ".join(f"('{COMPANY}', '{stage}', {at})" for at, stage in enumerate(stages))
    roofer.proline.execute(
        "CREATE VIEW proline_export.project_stages AS SELECT * FROM"
        f" (VALUES {rows}) AS v (company_id, stage, position)".encode()
    )


def never_enabled(roofer: Roofer) -> None:
    """Bring the company to where it has been connected and never enabled."""
    with roofer.system.pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.companies SET enabled = false, first_enabled_at = NULL"
        )


def turned_off_then_on(new_roofer: NewRoofer) -> None:
    """Changes are held, newest version each; "on" asks, and what is sent is sent once."""
    roofer = new_roofer()
    change_while_off(roofer)

    with pytest.raises(ChangedWhileOff, match="3 records changed while it was off: choose"):
        enable_company(roofer.system.pool, COMPANY, by=OFFICE)
    still_off = waits(roofer)
    nothing_left = not roofer.writes()
    enable_company(roofer.system.pool, COMPANY, changed="send", by=OFFICE)
    roofer.settle()

    assert (still_off, nothing_left) == ("off", True)
    assert names(roofer) == ["Ada Example - C#1001", "Bo Example - C#1002"]
    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [120, 100]
    assert len(roofer.writes("invoice")) == 2


def turned_off_then_on_and_skipped(new_roofer: NewRoofer) -> None:
    """What is skipped stays out until it changes again, or until something new hangs from it."""
    roofer = new_roofer()
    change_while_off(roofer)

    left_out = enable_company(
        roofer.system.pool, COMPANY, changed="skip", by=Actor("Sam", "page")
    ).left_out
    roofer.settle()
    on_that_day = (names(roofer), [each["TotalAmt"] for each in roofer.held("Invoice")])
    skipped = [state(roofer, *each) for each in (("invoice", "i1"), ("contact", "c2"))]
    by = roofer.record("invoice", "i2").skipped_by
    roofer.invoice("i4", project_id="p2", contact_id="c2").invoice(total="130.00").settle()

    assert (left_out, by, skipped) == (3, "Sam", ["skipped", "skipped"])
    assert on_that_day == (["Ada Example - C#1001"], [100])
    assert names(roofer) == ["Ada Example - C#1001", "Bo Example - C#1002"]
    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [130, 100]
    assert state(roofer, "invoice", "i2") == "skipped"
    assert state(roofer, "invoice", "i3") == "waiting: unsent"


def because(roofer: Roofer, entity: str, record_id: str) -> str:
    """Say why a record stands where it does, as page and command line do."""
    with roofer.system.pool.connection() as connection:
        (found,) = explain(connection, record_id, entity=entity, company_id=COMPANY)
    return found.because(None, frozenset())


def reconnect_to_another_quickbooks_company(new_roofer: NewRoofer) -> None:
    """Nothing done before goes there by itself; what is new does, with what it hangs from."""
    roofer = new_roofer()
    first, second = roofer.realm, other_realm(roofer)
    roofer.contact().project().invoice().payment("40.00", {"i1": "40.00"})
    roofer.contact("c2", number="1002", display_name="Bo Example")
    roofer.project("p2", number="2002", contact_id="c2", stage="Lead")
    roofer.invoice("i2", project_id="p2", contact_id="c2").settle()

    with pytest.raises(OtherRealm):
        move(roofer, second)
    with pytest.raises(OtherRealm):
        move(roofer, second, first.settings.realm_id)
    moved(roofer, second)
    by_itself = (roofer.held("Customer"), roofer.held("Invoice"), roofer.held("Payment"))
    told = [because(roofer, *each) for each in (("contact", "c1"), ("payment", "y1"))]
    roofer.project("p2", stage="Closed - Won").settle()
    never_booked_before = (names(roofer), notes(roofer))
    roofer.invoice("i3").settle()
    with_what_it_needs = (names(roofer), notes(roofer))

    assert by_itself == ([], [], [])
    ending = first.settings.realm_id[-4:]
    assert all(f"company from before (ID ending in {ending}), under id" in each for each in told)
    assert never_booked_before == (["Bo Example - C#1002"], ["ProLine invoice 502"])
    both = ["Ada Example - C#1001", "Bo Example - C#1002"]
    assert with_what_it_needs == (both, ["ProLine invoice 502", "ProLine invoice 503"])

    roofer.invoice(total="120.00").payment("50.00", {"i1": "50.00"}).settle()
    asked = [roofer.question(*each).question for each in (("invoice", "i1"), ("payment", "y1"))]
    roofer.decide("invoice", "i1", "send").decide("payment", "y1", "leave")
    assert asked == ["former_books", "former_books"]
    assert notes(roofer) == [f"ProLine invoice 50{number}" for number in "123"]
    assert roofer.held("Payment") == []
    assert names(roofer) == both

    moved(roofer, first)
    assert names(roofer) == ["Ada Example - C#1001"]
    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [120]
    assert [each["TotalAmt"] for each in roofer.held("Payment")] == [50]
    roofer.quickbooks.received.clear()
    moved(roofer, second)
    assert len(roofer.held("Invoice")) == 3
    assert roofer.held("Payment") == []
    moved(roofer, first)
    assert [each.path for each in roofer.writes()] == []


def stages_changed_in_settings(new_roofer: NewRoofer) -> None:
    """Old projects are not swept, and a chosen stage that ProLine no longer has is told."""
    roofer = new_roofer()
    roofer.contact().project(stage="Sold").invoice().settle()
    roofer.contact("c2", number="1002", archived=True).project("p2", contact_id="c2", stage="Lead")
    roofer.settle()

    choose(roofer, stages=["Sold", "Signed"])
    roofer.settle()
    not_swept = state(roofer, "project", "p1")
    with roofer.system.pool.connection() as connection:
        unknown = missing_stages(connection, COMPANY)
        ready = count_ready(connection, COMPANY, CompanySettings(stages=("Sold", "Signed")))
    show_stages(roofer, "Lead", "Sold")
    with roofer.system.pool.connection() as connection:
        missing = missing_stages(connection, COMPANY)
    roofer.project("p2", stage="Sold").settle()

    assert not_swept == "waiting: stage"
    assert state(roofer, "invoice", "i1") == "waiting: stage"
    assert (unknown, missing, ready) == (None, ("Signed",), 1)
    assert state(roofer, "project", "p2") == "done"
    assert state(roofer, "contact", "c2") == "done"


def projects_in_a_trigger_stage_at_enable(new_roofer: NewRoofer) -> None:
    """They are counted and not sent; a person transfers one, on what it holds, in either mode."""
    roofer = new_roofer(settings=CompanySettings(customer_mode="sub"))
    never_enabled(roofer)
    roofer.contact().project()
    taken_in(roofer)
    enable_company(roofer.system.pool, COMPANY, by=OFFICE)
    roofer.invoice().settle()
    with roofer.system.pool.connection() as connection:
        company = companies.get(connection, COMPANY)
        assert company is not None
        counted = count_ready(connection, COMPANY, company.settings)
        held = roofer.held("Customer")
        key = RecordKey(COMPANY, "project", "p1")
        transfer = Transfer(key, company.settings.customer_mode, "Sam")
        assert transfer_by_hand(connection, transfer)
    roofer.settle()
    with roofer.system.pool.connection() as connection:
        after = count_ready(connection, COMPANY, CompanySettings())

    assert (counted, held, after) == (1, [], 0)
    assert [each["DisplayName"] for each in roofer.held("Customer") if each.get("Job")] == [
        "Ada Example's Project - P#2001"
    ]
    assert notes(roofer) == ["ProLine invoice 501"]
    assert roofer.rows("SELECT transferred_by FROM proline_qbo.transfers") == [("Sam",)]


def before_the_first_enable(new_roofer: NewRoofer) -> None:
    """Contacts and projects are kept, money is dropped and counted, and the enable asks nothing."""
    roofer = new_roofer()
    never_enabled(roofer)
    roofer.contact().project(stage="Lead").invoice().payment("40.00", {"i1": "40.00"})
    taken_in(roofer)
    kept = roofer.rows("SELECT entity FROM proline_qbo.records ORDER BY entity")

    enable_company(roofer.system.pool, COMPANY, by=OFFICE)
    earlier = roofer.now - timedelta(days=30)
    roofer.project(stage="Closed - Won").invoice("i2", sent_at=earlier.isoformat()).settle()
    with roofer.system.pool.connection() as connection:
        company = companies.get(connection, COMPANY)
        by_rule = count_skipped_by_rule(connection, COMPANY)

    assert kept == [("contact",), ("project",)]
    assert company is not None
    assert company.dropped_events == 2
    assert names(roofer) == ["Ada Example - C#1001"]
    assert (roofer.held("Invoice"), by_rule) == ([], 1)


def customer_type_switched(new_roofer: NewRoofer) -> None:
    """Each project keeps its mode, each invoice its customer; what comes after has the new one."""
    roofer = new_roofer()
    roofer.contact().project().invoice().settle()

    choose(roofer, customer_mode="sub")
    roofer.project(name="Newer roof").invoice(total="120.00").invoice("i2")
    roofer.project("p2", number="2002").invoice("i3", project_id="p2").settle()

    (main,) = [each["Id"] for each in roofer.held("Customer") if not each.get("Job")]
    (job,) = [each["Id"] for each in roofer.held("Customer") if each.get("Job")]
    on = {each["PrivateNote"][-1]: each["CustomerRef"]["value"] for each in roofer.held("Invoice")}
    assert on == {"1": main, "2": main, "3": job}


def invoice_sent_before_the_trigger_stage(new_roofer: NewRoofer) -> None:
    """It waits for its project, its payments behind it, and all go by themselves."""
    roofer = new_roofer()
    roofer.contact().project(stage="Lead").invoice().payment("40.00", {"i1": "40.00"}).settle()
    waited = [state(roofer, *each) for each in (("invoice", "i1"), ("payment", "y1"))]

    roofer.project(stage="Closed - Won").settle()

    assert waited == ["waiting: stage", "waiting: parent"]
    assert [each["Balance"] for each in roofer.held("Invoice")] == [60]
    assert len(roofer.held("Payment")) == 1


def two_proline_companies_one_realm(new_roofer: NewRoofer) -> None:
    """Refused before anything is asked of those books, for as long as the first one has them."""
    roofer = new_roofer()
    open_company(roofer.system.pool, OTHER_COMPANY, "Zenith Roofing", by=OFFICE)
    realm_id = roofer.realm.settings.realm_id

    with pytest.raises(RealmTaken, match="Another ProLine company already writes into this"):
        connect_company(
            roofer.system.pool,
            roofer.system.quickbooks,
            roofer.system.slots,
            company_id=OTHER_COMPANY,
            realm_id=realm_id,
            code=roofer.operator("code")["code"],
            by=OFFICE,
        )

    assert roofer.rows("SELECT company_id FROM proline_qbo.tokens") == [(COMPANY,)]
    assert not roofer.rows("SELECT FROM proline_qbo.calls WHERE company_id = %s", OTHER_COMPANY)
    with roofer.system.pool.connection() as connection, pytest.raises(psycopg.Error):
        connection.execute("UPDATE proline_qbo.companies SET realm_id = %s", [realm_id])


def connection_lost(new_roofer: NewRoofer) -> None:
    """Changes are held, no record fails, and all is replayed by itself after the reconnect."""
    roofer = new_roofer()
    roofer.contact().project().settle()
    roofer.operator("disconnect")
    roofer.invoice()
    until(lambda: waits(roofer) == "connection", roofer_module.SETTLE_SECONDS)
    roofer.invoice(total="120.00").payment("40.00", {"i1": "40.00"})
    taken_in(roofer)
    held = (state(roofer, "invoice", "i1"), roofer.held("Invoice"))

    roofer.connect().settle()

    assert held == ("pending", [])
    assert [each["Balance"] for each in roofer.held("Invoice")] == [80]
    assert len(roofer.held("Payment")) == 1


def subscription_lapsed(new_roofer: NewRoofer) -> None:
    """The company waits, no record fails, and all is replayed by itself once it probes again."""
    roofer = new_roofer()
    roofer.contact().project().settle()
    roofer.fault({"operation": "create", "entity": "invoice"}, status=403, fault="6190")
    roofer.invoice()
    until(lambda: waits(roofer) == "paused", roofer_module.SETTLE_SECONDS)
    roofer.invoice(total="120.00")
    taken_in(roofer)
    held = (state(roofer, "invoice", "i1"), roofer.held("Invoice"))

    with roofer.system.pool.connection() as connection:
        companies.resume(connection, roofer.company_id)
    roofer.settle()

    assert held == ("pending", [])
    assert [each["TotalAmt"] for each in roofer.held("Invoice")] == [120]


def _never_lost(patch: pytest.MonkeyPatch) -> None:
    """A refused token and a refused call both say that the connection is lost."""
    patch.setattr("connections.companies.lose", lambda *_: False)
    patch.setattr("workers.session.lose", lambda *_: False)


ROWS = (
    Row(
        SECTION,
        "turned off, then on",
        'Changes are held, newest version each; on asks "send or skip".',
        turned_off_then_on,
        replaced("app.onboarding.find_changed", lambda *_: ()),
        "app.onboarding.enable_company",
    ),
    Row(
        SECTION,
        "turned off, then on: skip",
        "Left out until it changes again, or until something new hangs from it.",
        turned_off_then_on_and_skipped,
        replaced("app.onboarding.skip_changed", lambda *_: 0),
        "records.changed_while_off.skip_changed",
    ),
    Row(
        SECTION,
        "reconnect to another QuickBooks company",
        "Confirmed; nothing done before goes there by itself, and all comes back with the first.",
        reconnect_to_another_quickbooks_company,
        replaced("records.eligibility._stays_in_former_books", lambda _: False),
        "records.other_books.change_books",
    ),
    Row(
        SECTION,
        "stages changed in settings",
        "Held records are looked at again; old projects are not swept; a missing stage is told.",
        stages_changed_in_settings,
        replaced("outbox.intake._transfers", lambda *_: []),
        "outbox.stages.missing_stages",
    ),
    Row(
        SECTION,
        "projects in a trigger stage at enable",
        "Counted, not sent; a person transfers one on what it holds.",
        projects_in_a_trigger_stage_at_enable,
        replaced("records.transfers.latch", lambda *_: []),
        "records.transfers.transfer_by_hand",
    ),
    Row(
        SECTION,
        "before the first enable",
        "Contacts and projects are kept; invoices and payments are dropped and counted.",
        before_the_first_enable,
        replaced("outbox.intake._without_dropped", lambda _, events, __: list(events)),
        "outbox.intake",
    ),
    Row(
        SECTION,
        "customer type switched",
        "Each project keeps its mode, each invoice its customer.",
        customer_type_switched,
        replaced(
            "records.transfers._LATCH",
            transfers._LATCH.replace(
                "DO NOTHING", "DO UPDATE SET customer_mode = excluded.customer_mode"
            ),
        ),
        "records.transfers.latch",
    ),
    Row(
        SECTION,
        "invoice sent before the trigger stage",
        "Waits, and is released by itself, its payments behind it.",
        invoice_sent_before_the_trigger_stage,
        replaced("records.eligibility._missing_ancestor", lambda _: None),
        "records.eligibility",
    ),
    Row(
        SECTION,
        "two ProLine companies, one realm",
        "Refused before anything is asked of those books.",
        two_proline_companies_one_realm,
        replaced(
            "connections.companies._TAKEN",
            "SELECT FROM proline_qbo.companies WHERE false AND realm_id = %s AND id <> %s",
        ),
        "connections.companies.check_realm",
    ),
    Row(
        SECTION,
        "connection lost",
        "Held, and replayed by itself after the reconnect.",
        connection_lost,
        _never_lost,
        "connections.companies.lose",
        goes_round=True,
    ),
    Row(
        SECTION,
        "subscription lapsed",
        "Held, and replayed by itself after the repair.",
        subscription_lapsed,
        replaced("workers.session.pause", lambda *_: False),
        "connections.companies.pause",
        goes_round=True,
    ),
)
