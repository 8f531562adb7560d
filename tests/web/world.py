"""An Integrations page in the tests' hands: whoever opens it, its database, its clock, its HTML.

Each visitor comes from an address of its own, since launches are counted by address.
"""

import io
import itertools
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import psycopg
import structlog
from psycopg import sql
from psycopg.rows import dict_row

from app import logs
from app.web import addresses
from qbo_simulator.wire import Request
from records.as_shown import AsShown
from records.cursors import Cursor
from records.findings import find
from tests.support.database_clock import DatabaseClock
from tests.support.office import Office, office_in
from tests.support.roofer import COMPANY, Roofer
from tests.support.visitor import Visitor

ROLES: Final = ("stranger", "viewer", "office", "admin")
SIGNED_IN: Final = "__Host-proline-qbo"
LAUNCHED: Final = "__Host-proline-qbo-launch"
# They beat, whatever anybody asks of the page.
LIVING: Final = frozenset({"processes", "leadership", "clock_of_the_test"})
FOR_EVER: Final = "9999-12-31T00:00:00+00:00"
# What a form of a group brings back from who was shown all there can ever be.
EVERYTHING: Final = AsShown(999_999, Cursor(datetime.fromisoformat(FOR_EVER), 0)).encode()


@dataclass
class World:
    """An office, with what stands around it."""

    office: Office
    database: psycopg.Connection[dict[str, Any]]
    clock: DatabaseClock
    closing: ExitStack
    addresses: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def roofer(self) -> Roofer:
        """The contractor, and the way to QuickBooks."""
        return self.office.roofer

    def stranger(self, address: str | None = None) -> Visitor:
        """Give somebody who is not signed in, from an address of this machine."""
        number = next(self.addresses)
        came_from = address or f"127.1.{number // 250}.{number % 250 + 1}"
        client = httpx.Client(
            transport=httpx.HTTPTransport(local_address=came_from),
            base_url=self.office.url,
            follow_redirects=False,
            timeout=30,
        )
        self.closing.callback(client.close)
        return Visitor(client)

    def visitor(self, role: str = "admin", **claims: object) -> Visitor:
        """Give somebody of that role who is signed in; a stranger is nobody."""
        visitor = self.stranger()
        if role != "stranger":
            arrived = visitor.get(self.office.link(role=role, **claims))
            assert arrived.status_code == 200, arrived.text
        return visitor

    def rows(self, statement: str, *arguments: object) -> list[dict[str, Any]]:
        """Ask our own tables."""
        return self.database.execute(statement.encode(), arguments).fetchall()

    def one(self, statement: str, *arguments: object) -> Any:  # noqa: ANN401  # a column of a row
        """Ask for one value."""
        (row,) = self.rows(statement, *arguments)
        (value,) = row.values()
        return value

    def photograph(self, *, but: frozenset[str] = frozenset()) -> dict[str, str]:
        """Give a digest of each table; of two photographs those that differ are named by `==`."""
        found = self.rows(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'proline%%'"
        )
        shown = [each for each in found if each["tablename"] not in LIVING | but]
        assert len(shown) > 20
        digests = [
            sql.SQL(
                "SELECT {name} AS name, md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text),"
                " '')) AS digest FROM {table} t"
            ).format(
                name=sql.Literal(each["tablename"]),
                table=sql.Identifier(each["schemaname"], each["tablename"]),
            )
            for each in shown
        ]
        rows = self.database.execute(sql.SQL(" UNION ALL ").join(digests)).fetchall()
        return {row["name"]: row["digest"] for row in rows}

    def dump(self) -> str:
        """Give every row of every table of ours as text; bytes are in hexadecimal."""
        found = self.rows(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'proline%%'"
        )
        return "\n".join(
            str(row["t"])
            for each in found
            for row in self.database.execute(
                sql.SQL("SELECT t::text AS t FROM {} t").format(
                    sql.Identifier(each["schemaname"], each["tablename"])
                )
            )
        )

    def consent(self, address: str, realm_id: str | None = None, decision: str = "connect") -> str:
        """Answer on QuickBooks' own page; give the address it sends the browser back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        chosen = realm_id or self.roofer.realm.settings.realm_id
        form = urlencode(asked | {"realm_id": chosen, "decision": decision}).encode()
        answer = self.roofer.quickbooks.handle(Request("POST", "/connect/oauth2", {}, form))
        return dict(answer.headers)["Location"]

    def connect(self, visitor: Visitor, realm_id: str | None = None) -> httpx.Response:
        """Go through Connect as far as the question which books they are."""
        sent = visitor.send("POST", addresses.CONNECT, data={"csrf": visitor.csrf()})
        assert sent.status_code == 303, sent.text
        return visitor.get(self.consent(sent.headers["location"], realm_id))


@contextmanager
def world_in(database_url: str, books: dict[str, object] | None = None) -> Iterator[World]:
    """Serve a page, with the database's clock in hand."""
    with ExitStack() as stack:
        clock = DatabaseClock.on(database_url)
        stack.callback(clock.close)
        database = stack.enter_context(
            psycopg.connect(database_url, autocommit=True, row_factory=dict_row)
        )
        office = stack.enter_context(office_in(database_url, books))
        yield World(office, database, clock, stack)


def furnish(roofer: Roofer, word: str = "") -> Roofer:
    """Give a company that is on some of everything the page shows; `word` marks its texts.

    Sent: a contact, a project, invoice i1 and payment y1. Left out: i2. Asked about: y2. Failed: i3
    and i4. A finding about i1. Ready to be transferred: project p2.
    """
    wrong = [{"id": "l1", "kind": "item", "name": "Tear-off", "amount": "7.00"}]
    roofer.project("p2", stage="Inspection", status="Open", name=f"{word}Old roof", number="2002")
    roofer.contact(display_name=f"{word}Ada Example").project(name=f"{word}New roof").invoice()
    roofer.payment("100.00", {"i1": "100.00"})
    roofer.invoice("i2", sent_at="2020-01-01T00:00:00+00:00").settle()
    roofer.payment("5.00", {"i2": "5.00"}, "y2")
    for each in ("i3", "i4"):
        roofer.invoice(each, total="10.00", lines=wrong)
    roofer.settle()
    with roofer.system.pool.connection() as connection:
        pk = roofer.record("invoice", "i1").pk
        find(connection, roofer.company_id, pk, "total_differs", "1", f"{word}A cent differs.")
    return roofer


def record_of(world: World, entity: str, record_id: str, company_id: str = COMPANY) -> Any:  # noqa: ANN401  # a row
    """Give a record's row; one that has not come in yet has no state."""
    rows = world.rows(
        "SELECT * FROM proline_qbo.records WHERE (company_id, entity, record_id) = (%s, %s, %s)",
        company_id,
        entity,
        record_id,
    )
    return rows[0] if rows else {"state": None, "standing": None}


def audit_of(world: World, company_id: str = COMPANY) -> list[dict[str, Any]]:
    """Give what was noted of a company, the oldest first."""
    return world.rows(
        "SELECT * FROM proline_qbo.audit WHERE company_id = %s ORDER BY id", company_id
    )


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Give all that is logged meanwhile, as production writes it, from DEBUG on."""
    root, text = logging.getLogger(), io.StringIO()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    logs.configure(level="DEBUG", stream=text)
    try:
        yield text
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**configured)


@dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class Html(HTMLParser):
    """A page as a browser reads it: elements with attributes, forms, and text."""

    def __init__(self, text: str) -> None:
        """Read it."""
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[Form] = []
        self.texts: list[str] = []
        self._inside: list[str] = []
        self._said: list[tuple[list[str], str]] = []
        self.inline: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and what of a form it is."""
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag in {"script", "style"}:
            self._inside.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", given.get("method") or "get"))
        if self.forms and given.get("name") and tag in {"input", "button", "select", "textarea"}:
            self.forms[-1].fields.append((given["name"] or "", given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def every(self, css_class: str) -> list[str]:
        """Give what the elements of a class say, each up to the next element."""
        return [" ".join(text.split()) for classes, text in self._said if css_class in classes]

    def handle_data(self, data: str) -> None:
        """Note a text, or code that stands in the page itself."""
        if data.strip() and self.elements:
            self._said.append(((self.elements[-1][1].get("class") or "").split(), data))
        (self.inline if self._inside and data.strip() else self.texts).append(data)

    @property
    def text(self) -> str:
        """What a person reads, in one line."""
        return " ".join(" ".join(self.texts).split())

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The elements with the names of their attributes, whatever their values."""
        return [(tag, tuple(given)) for tag, given in self.elements]

    def first(self, tag: str, css_class: str) -> list[dict[str, str | None]]:
        """Give the elements of a class."""
        return [
            given
            for each, given in self.elements
            if each == tag and css_class in (given.get("class") or "").split()
        ]


def shown_settings(visitor: Visitor) -> str:
    """Read what the settings form of a page says it was filled in on."""
    found = re.search(r'name="shown" value="([^"]*)"', visitor.get(addresses.SETTINGS).text)
    return found[1] if found else ""


def csrf_of(page: httpx.Response) -> str:
    """Read the token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]
