"""One contractor: its company in ProLine, its QuickBooks company, and the system between the two.

ProLine's side writes events as ProLine does, through the outbox's SQL function; QuickBooks' side is
read from the simulator's own books, so that looking costs no call.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol, Self

import psycopg
from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from app.connecting import connect_company
from app.embedded import embedded_system
from app.quickbooks import QuickBooks, QuickBooksAccess
from app.tuning import Tuning
from connections import companies
from connections.keys import TokenKeys
from connections.settings import CompanySettings
from connections.slots import RealmSlots
from coordination.database import Pool
from coordination.limiter import Limits
from outbox.limits import RelayLimits
from qbo_client import endpoints_below
from qbo_simulator.http_server import serve
from qbo_simulator.realm import Realm
from qbo_simulator.settings import change_settings
from qbo_simulator.wire import Request, parse_json
from records.deciding import AnswerRefused, Open, answer, open_questions
from records.orders import Order, order
from tests.support.proline import OFFICE
from tests.support.watched_quickbooks import WatchedQuickBooks
from workers.waits import Waits

COMPANY = "acme"
KEYS = TokenKeys([("key", b"k" * 32)])
POLL_SECONDS = 0.01
SETTLE_SECONDS = 20.0
QUICK = Tuning(
    threads=4,
    limits=Limits(pace_ms=1, send_within_ms=1_000, foreign_pause_seconds=0.3),
    relay=RelayLimits(pace_ms=1),
    waits=Waits(look_up_after=timedelta(seconds=0.5), settle_again=timedelta(milliseconds=20)),
    deadline_seconds=5.0,
)
"""Production's parts with short waits; how the limits are kept is shown elsewhere."""


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something is so; fail when it is not in time."""
    never = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {seconds} s")
        never.wait(POLL_SECONDS)


class Between(Protocol):
    """What stands between ProLine and QuickBooks, in this process or in others."""

    @property
    def pool(self) -> Pool:
        """Sessions on its database."""

    @property
    def quickbooks(self) -> QuickBooks:
        """How it reaches QuickBooks."""

    @property
    def slots(self) -> RealmSlots:
        """Slots for the calls of connecting."""

    def settled(self) -> bool:
        """Whether nothing is left to do."""


@dataclass
class Roofer:
    """A contractor whose changes go the whole way."""

    system: Between
    quickbooks: WatchedQuickBooks
    realm: Realm
    proline: psycopg.Connection
    port: int
    server: ExitStack
    company_id: str = COMPANY
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))
    latest: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    # --- ProLine's side ------------------------------------------------------------------------

    def contact(self, record_id: str = "c1", **changes: object) -> Self:
        """Say that a contact is now so; what is not named stays as it was last said."""
        first = {"number": "1001", "display_name": "Ada Example", "email": "ada@example.com"}
        return self._say("contact", record_id, first, changes)

    def project(self, record_id: str = "p1", **changes: object) -> Self:
        """Say that a project, already won, is now so."""
        first = {
            "number": "2001",
            "name": "New roof",
            "contact_id": "c1",
            "stage": "Closed - Won",
            "status": "Won",
        }
        return self._say("project", record_id, first, changes)

    def invoice(self, record_id: str = "i1", total: str = "100.00", **changes: object) -> Self:
        """Say that an invoice of one line, sent after the enable, is now so."""
        line = {"id": "l1", "kind": "item", "name": "Tear-off", "amount": total}
        first = {
            "number": f"50{record_id[1:]}",
            "kind": "standalone",
            "project_id": "p1",
            "contact_id": "c1",
            "sent_at": self.now.isoformat(),
            "issued_on": "2026-11-20",
        }
        sums = {"lines": [line | {"quantity": "1", "unit_price": total}], "total": total}
        return self._say("invoice", record_id, first, sums | changes)

    def payment(
        self,
        amount: str,
        on: Mapping[str, str] | None = None,
        record_id: str = "y1",
        **changes: object,
    ) -> Self:
        """Say that a complete payment is now so; `on` tells how much goes to which invoice."""
        first = {
            "number": f"99{record_id[1:]}",
            "project_id": "p1",
            "contact_id": "c1",
            "status": "complete",
            "received_on": "2026-11-21",
        }
        allocations = [{"invoice_id": each, "amount": sum_} for each, sum_ in (on or {}).items()]
        return self._say(
            "payment", record_id, first, {"amount": amount, "allocations": allocations} | changes
        )

    def void(self, entity: str, record_id: str) -> Self:
        """Say that a document said before is now void."""
        return self._say(entity, record_id, {}, {"voided_at": self.now.isoformat()})

    def unvoid(self, entity: str, record_id: str) -> Self:
        """Say that a document said to be void is alive again."""
        return self._say(entity, record_id, {}, {"voided_at": None})

    def _say(
        self,
        entity: str,
        record_id: str,
        first: Mapping[str, object],
        changes: Mapping[str, object],
    ) -> Self:
        before = self.latest.get((entity, record_id), dict(first))
        said = before | dict(changes) | {"id": record_id, "updated_at": self.now.isoformat()}
        self.latest[entity, record_id] = said
        self.proline.execute(
            "SELECT proline_outbox.append(%s, %s, %s, %s, 'changed')",
            [self.company_id, entity, record_id, Jsonb(said)],
        )
        return self

    # --- waiting and looking -------------------------------------------------------------------

    def settle(self, seconds: float | None = None) -> Self:
        """Wait until nothing is left to do."""
        until(self.system.settled, seconds or SETTLE_SECONDS)
        return self

    def record(self, entity: str, record_id: str) -> Any:  # noqa: ANN401  # a row, by name
        """Return the record as it stands."""
        with self.system.pool.connection() as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)
            return cursor.execute(
                "SELECT * FROM proline_qbo.records WHERE (company_id, entity, record_id) "
                "= (%s, %s, %s)",
                [self.company_id, entity, record_id],
            ).fetchone()

    def rows(self, statement: str, *arguments: object) -> list[Any]:
        """Ask our own tables."""
        with self.system.pool.connection() as connection:
            cursor = connection.cursor(row_factory=namedtuple_row)
            return cursor.execute(statement, arguments).fetchall()

    def attempts(self, entity: str, record_id: str) -> list[Any]:
        """Return the record's attempts in the order in which they were made."""
        pk = self.record(entity, record_id).pk
        return self.rows("SELECT * FROM proline_qbo.attempts WHERE record_pk = %s ORDER BY id", pk)

    def reads(self) -> list[str]:
        """Say what the workers' metered calls were for."""
        found = self.rows(
            "SELECT purpose FROM proline_qbo.calls "
            "WHERE kind = 'read' AND record_pk IS NOT NULL AND NOT unsent ORDER BY id"
        )
        return [row.purpose for row in found]

    # --- QuickBooks' side ----------------------------------------------------------------------

    def held(self, kind: str) -> list[dict[str, Any]]:
        """Return the objects of one kind in the books, oldest first."""
        with self.realm.lock:
            return sorted(self.realm.objects[kind].values(), key=lambda each: int(each["Id"]))

    def balances(self) -> dict[str, Decimal]:
        """Return what is open of each invoice in the books, by its number."""
        return {each["DocNumber"]: each["Balance"] for each in self.held("Invoice")}

    def the(self, kind: str) -> dict[str, Any]:
        """Return the only object of this kind."""
        (only,) = self.held(kind)
        return only

    def writes(self, entity: str | None = None) -> list[Request]:
        """Return the writes that arrived since the company was enabled."""
        ours = [each for each in self.quickbooks.received if not each.path.endswith("/query")]
        return [each for each in ours if entity is None or each.path.endswith(f"/{entity}")]

    def bodies(self, entity: str | None = None) -> list[dict[str, Any]]:
        """Return the bodies of those writes."""
        return [parse_json(each.body) for each in self.writes(entity)]

    def fault(self, match: Mapping[str, object], **then: object) -> Self:
        """Order a fault for the next calls that match, as the control interface does."""
        body = json.dumps({"match": match, "then": then}).encode()
        answer = self.quickbooks.handle(Request("POST", "/_simulator/faults", {}, body))
        assert answer.status == 200, answer.body
        return self

    def operator(self, action: str, **asked: object) -> dict[str, Any]:
        """Act on the books as their operator: code, expire, disconnect, merge, by_hand."""
        target = f"/_simulator/realms/{self.realm.settings.realm_id}/{action}"
        answer = self.quickbooks.handle(
            Request("POST", target, {}, json.dumps(asked, default=float).encode())
        )
        assert answer.status == 200, answer.body
        return answer.json()

    def by_hand(self, entity: str, **fields: object) -> dict[str, Any]:
        """Write to the books as a person at QuickBooks' own screen would."""
        code = self.operator("code")["code"]
        token = self.system.quickbooks.oauth.exchange_code(code).access_token
        target = f"/v3/company/{self.realm.settings.realm_id}/{entity}?minorversion=75"
        headers = {"authorization": f"Bearer {token}"}
        body = json.dumps(fields).encode()
        with self._unwatched():
            answer = self.quickbooks.handle(Request("POST", target, headers, body))
        assert answer.status == 200, answer.body
        written: dict[str, Any] = next(iter(answer.json().values()))
        return written

    def hand(self, operation: str, kind: str, **fields: object) -> dict[str, Any]:
        """Do to the only object of a kind, or make, what a person does in QuickBooks itself."""
        its = {} if operation == "create" or "Id" in fields else {"Id": self.the(kind)["Id"]}
        return self.operator("by_hand", operation=operation, entity=kind, fields=its | fields)

    def prefer(self, **preferences: object) -> Self:
        """Change settings of the QuickBooks company, as its bookkeeper does."""
        self.realm.settings = change_settings(self.realm.settings, preferences)
        return self

    # --- the office's side ---------------------------------------------------------------------

    def question(self, entity: str, record_id: str) -> Open:
        """Return the one question that stands open about a record."""
        with self.system.pool.connection() as connection:
            (only,) = open_questions(
                connection, record_id=record_id, entity=entity, company_id=self.company_id
            )
        return only

    def decide(self, entity: str, record_id: str, said: str, argument: str | None = None) -> Self:
        """Answer the question that stands open, as the office does, and wait for the outcome."""
        asked = self.question(entity, record_id)
        with self.system.pool.connection() as connection:
            answer(connection, asked, said, by="the office", argument=argument)
        return self.settle()

    def answer_as_shown(self, shown: Open, said: str, argument: str | None = None) -> bool:
        """Answer a question as it was shown some time ago; False: the answer is refused."""
        try:
            with self.system.pool.connection() as connection:
                answer(connection, shown, said, by="the office", argument=argument)
        except AnswerRefused:
            return False
        return True

    def order(self, entity: str, record_id: str, kind: Literal["send", "skip"]) -> Self:
        """Send a record that was left out, or leave one out, and wait for the outcome."""
        pk = self.record(entity, record_id).pk
        with self.system.pool.connection() as connection:
            order(connection, [Order(pk, kind, "the office")])
        return self.settle()

    def findings(self, kind: str | None = None) -> list[Any]:
        """Return what a person should know, of one kind or all."""
        return self.rows(
            "SELECT * FROM proline_qbo.findings WHERE %s::text IS NULL OR kind = %s ORDER BY id",
            kind,
            kind,
        )

    def connect(self) -> Self:
        """Consent as the office does, now or again."""
        connect_company(
            self.system.pool,
            self.system.quickbooks,
            self.system.slots,
            company_id=self.company_id,
            realm_id=self.realm.settings.realm_id,
            code=self.operator("code")["code"],
            by=OFFICE,
        )
        return self

    def enabled(self, settings: CompanySettings | None = None) -> Self:
        """Open the company's page, connect it, and turn it on; nothing is watched so far."""
        with self.system.pool.connection() as connection:
            companies.open_company(connection, self.company_id, "Acme Roofing")
            companies.change_settings(connection, self.company_id, settings or CompanySettings())
        self.connect()
        with self.system.pool.connection() as connection:
            companies.enable(connection, self.company_id)
        self.quickbooks.received.clear()
        return self

    def another(
        self,
        company_id: str,
        settings: CompanySettings | None = None,
        books: Mapping[str, object] | None = None,
    ) -> Self:
        """Put another contractor, with books of its own, before the same system."""
        realm = new_realm(self.quickbooks, books)
        now = datetime.now(UTC) + timedelta(minutes=1)
        other = replace(self, company_id=company_id, realm=realm, now=now, latest={})
        return other.enabled(settings)

    @contextmanager
    def quickbooks_down(self) -> Iterator[None]:
        """Refuse connections until the block ends."""
        self.server.close()
        try:
            yield
        finally:
            self.server.enter_context(serve(self.quickbooks, port=self.port))

    @contextmanager
    def _unwatched(self) -> Iterator[None]:
        seen = list(self.quickbooks.received)
        yield
        self.quickbooks.received[:] = seen


@contextmanager
def roofer_in(
    database_url: str,
    settings: CompanySettings | None = None,
    books: Mapping[str, object] | None = None,
    tuning: Tuning = QUICK,
) -> Iterator[Roofer]:
    """Run the whole way for one contractor, connected and enabled.

    Args:
        database_url: a migrated database.
        settings: what the office chose.
        books: settings of the simulated QuickBooks company.
        tuning: of the system.
    """

    def embedded(access: QuickBooksAccess) -> AbstractContextManager[Between]:
        return embedded_system(database_url, access, tuning)

    with roofer_with(database_url, embedded, settings, books) as roofer:
        yield roofer


@contextmanager
def roofer_with(
    database_url: str,
    start: Callable[[QuickBooksAccess], AbstractContextManager[Between]],
    settings: CompanySettings | None = None,
    books: Mapping[str, object] | None = None,
) -> Iterator[Roofer]:
    """Put one contractor, connected and enabled, before a system of whatever shape.

    Args:
        database_url: a migrated database.
        start: starts the system, which reaches QuickBooks as it is told.
        settings: what the office chose.
        books: settings of the simulated QuickBooks company.
    """
    quickbooks = WatchedQuickBooks()
    realm = new_realm(quickbooks, books)
    with ExitStack() as stack:
        server_stack = stack.enter_context(ExitStack())
        server = server_stack.enter_context(serve(quickbooks))
        system = stack.enter_context(start(access_to(server.base_url)))
        proline = stack.enter_context(psycopg.connect(database_url, autocommit=True))
        port = int(server.base_url.rpartition(":")[2])
        roofer = Roofer(system, quickbooks, realm, proline, port, server_stack)
        yield roofer.enabled(settings)


def new_realm(quickbooks: WatchedQuickBooks, books: Mapping[str, object] | None) -> Realm:
    """Make a QuickBooks company and give what the simulator knows of it."""
    realm_id = quickbooks.add_realm({"limits": None, "custom_txn_numbers": True, **(books or {})})
    realm = quickbooks.realms.find(realm_id)
    assert realm is not None
    return realm


def access_to(base_url: str) -> QuickBooksAccess:
    """Reach a simulator as the tests' own app."""
    return QuickBooksAccess(
        base_url=base_url,
        endpoints=endpoints_below(base_url),
        client_id="app",
        client_secret="secret",
        redirect_uri="https://proline.example.com/callback",
        keys=KEYS,
    )
