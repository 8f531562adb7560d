"""An office at its page, without the page: it connects through `app.connecting` to a simulator."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
from psycopg.rows import dict_row

from app import connecting
from app.quickbooks import QuickBooks, QuickBooksAccess
from connections import companies
from connections.audit import Actor
from connections.books import Books
from connections.companies import Company
from connections.consents import Pending
from connections.slots import RealmSlots
from connections.tokens import TokenStore
from coordination import processes
from coordination.database import Pool
from coordination.limiter import Limits
from qbo_client import ReconnectRequired, endpoints_below
from qbo_simulator import Request
from tests.connections.intuit import BASE_URL, COMPANY, KEYS, Intuit

JANE = Actor("Jane Example", "page", "user-1")
MINE = b"m" * 32
OTHERS = b"o" * 32
QUICK = Limits(pace_ms=1, send_within_ms=5_000)


@dataclass(frozen=True)
class Redirect:
    """What QuickBooks' consent page sends the browser back with."""

    state: str
    realm_id: str
    code: str


@dataclass
class Desk:
    """One known company and its office; threads may share it."""

    pool: Pool
    intuit: Intuit = field(default_factory=lambda: Intuit(pkce=True))
    company_id: str = COMPANY

    def __post_init__(self) -> None:
        """Open the page of the company, and QuickBooks."""
        with self.pool.connection() as connection:
            process_id = processes.register(connection, "web")
            companies.open_company(connection, self.company_id, "Example Roofing")
        self.slots = RealmSlots(self.pool, process_id, QUICK, fresh=lambda: True)
        access = QuickBooksAccess(
            base_url=BASE_URL,
            endpoints=endpoints_below(BASE_URL),
            client_id="app",
            client_secret="secret",
            redirect_uri="https://proline.example.com/callback",
            keys=KEYS,
        )
        tokens = TokenStore(self.pool, KEYS, self.intuit.oauth)
        self.quickbooks = QuickBooks(access, self.intuit.http, self.intuit.oauth, tokens)

    def begin(self, session: bytes = MINE, company_id: str | None = None) -> str:
        """Press Connect, and give the address it leads to."""
        return connecting.begin(
            self.pool,
            self.quickbooks,
            company_id=company_id or self.company_id,
            session_hash=session,
        )

    def consent(self, url: str, realm_id: str | None = None) -> Redirect:
        """Pick a company on QuickBooks' own page, and press Connect there."""
        asked = dict(parse_qsl(urlsplit(url).query))
        form = asked | {"realm_id": realm_id or self.intuit.realm_id, "decision": "connect"}
        sent = Request("POST", "/connect/oauth2", {}, urlencode(form).encode())
        answer = self.intuit.simulator.handle(sent)
        back = dict(parse_qsl(urlsplit(dict(answer.headers)["Location"]).query))
        return Redirect(back["state"], back["realmId"], back["code"])

    def receive(self, back: Redirect, session: bytes = MINE) -> Pending:
        """Come back from there."""
        return connecting.receive(
            self.pool,
            self.quickbooks,
            self.slots,
            session_hash=session,
            state=back.state,
            realm_id=back.realm_id,
            code=back.code,
        )

    def confirm(self, other_books: str | None = None, session: bytes = MINE) -> Books:
        """Say that these are the books."""
        return connecting.confirm(
            self.pool,
            self.quickbooks,
            self.slots,
            session_hash=session,
            other_books=other_books,
            by=JANE,
        )

    def cancel(self, session: bytes = MINE) -> bool:
        """Say that they are not."""
        return connecting.cancel(self.pool, self.quickbooks, session_hash=session)

    def obtain(self, realm_id: str | None = None) -> Pending:
        """Go as far as the question which books they are."""
        return self.receive(self.consent(self.begin(), realm_id))

    def connected(self) -> "Desk":
        """Go the whole way."""
        self.obtain()
        self.confirm()
        return self

    @property
    def company(self) -> Company:
        """The company as it stands."""
        with self.pool.connection() as connection:
            found = companies.get(connection, self.company_id)
        assert found is not None
        return found

    def lives(self, refresh_token: str) -> bool:
        """Whether QuickBooks still takes this refresh token."""
        try:
            self.intuit.oauth.refresh(refresh_token)
        except ReconnectRequired:
            return False
        return True

    def rows(self, statement: str, *arguments: object) -> list[dict[str, object]]:
        """Ask the database."""
        with self.pool.connection() as connection, connection.cursor(row_factory=dict_row) as c:
            return c.execute(statement.encode(), arguments).fetchall()

    def stored_in_plain(self, secrets: list[str]) -> list[str]:
        """Name those of these secrets that a dump of all our tables shows as they are."""
        with self.pool.connection() as connection:
            dump = "\n".join(_dump(connection, table) for table in _tables(connection))
        assert "Example Roofing" in dump
        return [each for each in secrets if each in dump or each.encode().hex() in dump]


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname LIKE 'proline%'"
    ).fetchall()
    assert rows
    return [row[0] for row in rows]


def _dump(connection: psycopg.Connection, table: str) -> str:
    # As text: bytes are in hexadecimal.
    rows = connection.execute(f"SELECT each::text FROM {table} each".encode()).fetchall()
    return "\n".join(row[0] for row in rows)
