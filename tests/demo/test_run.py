"""The demonstration from beginning to verdict, over HTTP, with a bookkeeper for a system."""

import io
import json
from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

import psycopg
import pytest
from rich.console import Console
from sqlalchemy import Engine

from demo import comparer
from demo.comparer import (
    Books,
    Customer,
    Invoice,
    Payment,
    actual,
    expected_books,
    read_ledger,
)
from demo.outcome import Outcome
from demo.play import Commit
from demo.run import Stage, judge, play, run
from demo.scenario import Plan
from demo.simulator_control import SimulatorControl
from qbo_simulator import Simulator, serve

AS_FAST_AS_POSSIBLE = 1e9


class IdleSystem:
    """A system that does nothing and calls it settled."""

    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return True

    def states(self) -> Mapping[str, int]:
        """Count the records by state."""
        return {"done": 3}


class RestlessSystem(IdleSystem):
    """A system that is never done."""

    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return False


class Bookkeeper:
    """Enters by hand, over QuickBooks' API, what books must hold."""

    def __init__(self, control: SimulatorControl, realm_id: str) -> None:
        """Sit down before one company."""
        self._url = f"{control.base_url}/v3/company/{realm_id}"
        self._token = control.access_token(realm_id)
        self._ids: dict[str, str] = {}
        self.posted: dict[str, dict[str, Any]] = {}

    def enter(self, books: Books) -> None:
        """Enter customers, then invoices, then payments, then void what is voided."""
        method = self.post("paymentmethod", {"Name": "ProLine"})["PaymentMethod"]["Id"]
        for customer in sorted(books.customers, key=lambda each: each.parent is not None):
            self._keep(customer.key, "customer", self._customer(customer))
        for invoice in books.invoices:
            if not invoice.voided:
                self._keep(invoice.key, "invoice", self._invoice(invoice))
        open_balances = {each.key: each.total for each in books.invoices}
        for payment in books.payments:
            if not payment.voided:
                self._keep(payment.key, "payment", self._payment(payment, method, open_balances))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Write one object."""
        request = Request(  # noqa: S310 - the test's own simulator
            f"{self._url}/{path}",
            data=json.dumps(body, default=float).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
        )
        with urlopen(request, timeout=10) as response:  # noqa: S310 - as above
            reply: dict[str, Any] = json.load(response)
        return reply

    def _keep(self, key: str, path: str, body: dict[str, Any]) -> None:
        reply = self.post(path, body)[path.capitalize()]
        self._ids[key] = reply["Id"]
        self.posted[key] = reply

    def _customer(self, customer: Customer) -> dict[str, Any]:
        if customer.parent is not None:
            parent = {"value": self._ids[customer.parent]}
            return {"DisplayName": customer.name, "Job": True, "ParentRef": parent}
        fields: dict[str, Any] = {
            "DisplayName": customer.name,
            "BillAddr": dict(zip(comparer.ADDRESS_PARTS, customer.address, strict=True)),
            "PrimaryPhone": {"FreeFormNumber": customer.phone},
        }
        email = {"PrimaryEmailAddr": {"Address": customer.email}} if customer.email else {}
        return fields | email

    def _invoice(self, invoice: Invoice) -> dict[str, Any]:
        discount = {
            "Amount": invoice.discount,
            "DetailType": "DiscountLineDetail",
            "DiscountLineDetail": {"PercentBased": False},
        }
        return {
            "CustomerRef": {"value": self._ids[invoice.customer]},
            "TxnDate": str(invoice.issued_on),
            "DueDate": str(invoice.due_on),
            "PrivateNote": f"ProLine {invoice.key}",
            "CustomerMemo": {"value": invoice.memo},
            "ShipAddr": {"City": invoice.city},
            "Line": [
                *(
                    {
                        "DetailType": "DescriptionOnly",
                        "Description": line.text,
                        "DescriptionLineDetail": {},
                    }
                    if line.amount is None
                    else {
                        "DetailType": "SalesItemLineDetail",
                        "Amount": line.amount,
                        "Description": line.text,
                        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
                    }
                    for line in invoice.lines
                ),
                *([discount] if invoice.discount else []),
            ],
        }

    def _payment(
        self, payment: Payment, method: str, open_balances: dict[str, Decimal]
    ) -> dict[str, Any]:
        lines = []
        for key, most in payment.applied.items():
            amount = min(most, open_balances[key])
            open_balances[key] -= amount
            linked = [{"TxnId": self._ids[key], "TxnType": "Invoice"}]
            lines.append({"Amount": amount, "LinkedTxn": linked})
        return {
            "CustomerRef": {"value": self._ids[payment.customer]},
            "TotalAmt": payment.amount,
            "TxnDate": str(payment.received_on),
            "PaymentRefNum": payment.reference,
            "PaymentMethodRef": {"value": method},
            "PrivateNote": f"ProLine {payment.key}",
            "Line": [line for line in lines if line["Amount"]],
        }


@pytest.fixture
def control() -> Generator[SimulatorControl]:
    """Give a simulator behind HTTP."""
    with serve(Simulator()) as server:
        yield SimulatorControl(server.base_url)


@pytest.fixture
def stage(engine: Engine, database_url: str, scenario: Plan, control: SimulatorControl) -> Stage:
    """Give everything to play on, with an idle system and no limits in QuickBooks."""
    realms = {
        office.id: control.add_realm(office.name, custom_txn_numbers=office.mode == "main")
        for office in scenario.offices
    }
    for realm_id in realms.values():
        control.lift_limits(realm_id)
    return Stage(
        plan=scenario,
        engine=engine,
        database_url=database_url,
        system=IdleSystem(),
        enable=lambda: {each.id: datetime.now(UTC) for each in scenario.offices if each.enabled},
        simulator=control,
        realms=realms,
        speed=AS_FAST_AS_POSSIBLE,
        reads_apart_seconds=0.0,
    )


def enter_books(stage: Stage, enabled_at: Mapping[str, datetime]) -> dict[str, Bookkeeper]:
    """Let a bookkeeper enter what each company must hold."""
    keepers = {}
    for office in stage.plan.offices:
        setting = comparer.Office(office.id, office.name, office.mode, enabled_at.get(office.id))
        with psycopg.connect(stage.database_url) as connection:
            books = expected_books(setting, read_ledger(connection, office.id))
        keepers[office.id] = Bookkeeper(stage.simulator, stage.realms[office.id])
        keepers[office.id].enter(books)
    return keepers


def played(stage: Stage) -> tuple[dict[str, datetime], Outcome]:
    """Play before the idle system and remember when each company was enabled."""
    times: dict[str, datetime] = {}

    def enable() -> Mapping[str, datetime]:
        times.update(stage.enable())
        return times

    outcome = play(replace(stage, enable=enable), Console(file=io.StringIO()), quiet=True)
    return times, outcome


def test_a_system_that_does_nothing_fails_the_demonstration(stage: Stage) -> None:
    """Everything expected is missing, the JSON says how much, and the exit code is not zero."""
    written = io.StringIO()

    code = run(stage, Console(file=written, width=200), as_json=True)

    told = json.loads(written.getvalue())
    assert code == 1
    assert told["differences"] > 100
    assert told["records"] == {"done": 3}
    assert told["quickbooks"] == {"Customer": 0, "Invoice": 0, "Payment": 0}
    assert told["commit_to_quickbooks_ms"] == {"p50": None, "p99": None}
    assert told["changes"] > 300


def test_books_entered_right_agree_and_the_report_says_so(stage: Stage) -> None:
    """The comparer reads the simulator's own shapes: lines, discounts, credits, jobs."""
    enabled_at, _ = played(stage)
    enter_books(stage, enabled_at)

    outcome = judge(stage, enabled_at, [], settled=True)

    assert outcome.differences == ()
    assert outcome.agrees
    assert outcome.quickbooks["Invoice"] > 40
    assert outcome.invoices_paid > 20


def test_books_of_more_than_one_page_are_read_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QuickBooks answers a page at a time; what stands on the second one counts as well."""
    enabled_at, _ = played(stage)
    enter_books(stage, enabled_at)

    monkeypatch.setattr(actual, "PAGE_SIZE", 7)

    assert judged(stage, enabled_at).differences == ()


def test_books_of_more_pages_than_the_limit_are_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison of half the books would be worse than none."""
    enabled_at, _ = played(stage)
    enter_books(stage, enabled_at)

    monkeypatch.setattr(actual, "PAGE_SIZE", 2)
    monkeypatch.setattr(actual, "PAGES_MOST", 2)

    with pytest.raises(ValueError, match="More than 4 objects of Customer"):
        judged(stage, enabled_at)


def test_a_system_that_never_rests_fails_the_demonstration(stage: Stage) -> None:
    """The wait has its limit, and the report says that it was reached."""
    restless = replace(stage, system=RestlessSystem(), settle_within_seconds=0.0)
    written = io.StringIO()

    code = run(restless, Console(file=written, width=120))

    assert code == 1
    assert "did not come to rest" in written.getvalue()


def test_a_planted_error_in_quickbooks_is_found_end_to_end(stage: Stage) -> None:
    """A voided payment, a moved due date: read back over HTTP and held against ProLine."""
    enabled_at, _ = played(stage)
    keeper = enter_books(stage, enabled_at)[stage.plan.offices[0].id]
    key, invoice = next(each for each in keeper.posted.items() if each[0].startswith("invoice"))
    changed = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "DueDate": "2031-01-01"}
    paid, payment = next(each for each in keeper.posted.items() if each[0].startswith("payment"))
    void = {"Id": payment["Id"], "SyncToken": payment["SyncToken"], "sparse": True}

    keeper.post("payment?operation=update&include=void", void)
    keeper.post("invoice", changed | {"SyncToken": latest_token(keeper, invoice["Id"])})

    found = {(each.what, each.field) for each in judged(stage, enabled_at).differences}
    assert (key, "due date") in found
    assert (paid, "voided") in found


def test_latency_is_measured_from_the_commit_that_caused_the_write(stage: Stage) -> None:
    """Each write is laid beside the newest commit before it that can have caused it."""
    enabled_at, _ = played(stage)
    before = datetime.now(UTC)
    enter_books(stage, enabled_at)
    office = stage.plan.offices[0]
    with psycopg.connect(stage.database_url) as connection:
        ledger = read_ledger(connection, office.id)

    commits = [Commit(before, office.id, "contact", contact.id) for contact in ledger.contacts]
    outcome = judge(stage, enabled_at, commits, settled=True)

    assert outcome.latency.p50 is not None
    assert outcome.latency.p99 is not None
    assert 0 < outcome.latency.p50 <= outcome.latency.p99 < 60_000


def test_the_report_names_differences_and_a_verdict(stage: Stage) -> None:
    """A bookkeeper reads both sides of each company and what differs."""
    written = io.StringIO()

    code = run(stage, Console(file=written, width=200, force_terminal=True), as_json=False)

    text = written.getvalue()
    assert code == 1
    assert all(office.name in text for office in stage.plan.offices)
    assert "is missing" in text
    assert "does not agree" in text


def judged(stage: Stage, enabled_at: Mapping[str, datetime]) -> Outcome:
    """Judge what QuickBooks holds now."""
    return judge(stage, enabled_at, [], settled=True)


def latest_token(keeper: Bookkeeper, invoice_id: str) -> str:
    """Read the token an invoice has now: payments have bumped it."""
    request = Request(  # noqa: S310 - the test's own simulator
        f"{keeper._url}/invoice/{invoice_id}",
        headers={"Authorization": f"Bearer {keeper._token}", "Accept": "application/json"},
    )
    with urlopen(request, timeout=10) as response:  # noqa: S310 - as above
        return str(json.load(response)["Invoice"]["SyncToken"])
