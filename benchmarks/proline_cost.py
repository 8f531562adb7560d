"""What writing an event costs ProLine: its commits a second with and without, by pgbench.

Once a transaction that does nothing else, beside a bare INSERT of the same bytes; once a change of
an invoice as ProLine makes it, with the outbox's row and without; and that with a bare INSERT in
the event's place, which tells how much of it any one more statement costs. On a server with fsync
and synchronous_commit on, its statements prepared, as a role that may append and nothing more. No
relay runs: what is measured is the writer. Clients, server and pgbench share this machine's cores,
so that beyond one client it is work that is compared, and not the waits for the disk.

Weakness: a real ProLine sends its statements over a network and does more in between, and the
event's share is smaller there.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.conninfo import make_conninfo

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from benchmarks.figures import Bar, Figure, at_least, of_pairs
from benchmarks.options import Options, progress
from benchmarks.proline_cost_turns import Side, pairs_of
from coordination.database import Connection

PAIRS: Final = 5
CLIENTS: Final = (1, 16, 64)
SECONDS: Final = {1: 1.0, 16: 2.5, 64: 2.5}
"""That each side writes in each pair, by clients; in the long form five times as many."""
BARE_INSERT_BAR: Final = at_least(0.95, of="ratio")
TRANSACTION_BAR: Final = at_least(0.85, of="ratio")
BARRED: Final = (16, 64)

POSTGRES_OPTIONS: Final = {
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    # A vacuum that falls into the turns of one side would be counted to it.
    "autovacuum": "off",
}
ROLE: Final = "proline"
INVOICES: Final = 40_000
"""So many that 64 clients hardly ever want the same row."""

_ROLE = f"CREATE ROLE {ROLE} LOGIN; GRANT proline_outbox_writer TO {ROLE}"
# Plain is what one would write without this service: the outbox's columns with their types, NOT
# NULLs, defaults and numbered primary key; no CHECK, no domain, no function, no storage parameter,
# PostgreSQL's defaults throughout. Its INSERT asks for no id back, and the outbox's gives one.
_PLAIN = f"""
CREATE SCHEMA plain AUTHORIZATION {ROLE};
SET ROLE {ROLE};
CREATE TABLE plain.events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  text NOT NULL,
    entity      text NOT NULL,
    record_id   text NOT NULL,
    event_type  text NOT NULL DEFAULT '',
    snapshot    jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
RESET ROLE
"""
# ProLine's own tables as lean as they can be, so that the event's share is not made small: no
# foreign keys and no second index. Each side has its own, as a stopped side keeps its row locks.
_BOOKS = f"""
CREATE SCHEMA {{schema}} AUTHORIZATION {ROLE};
SET ROLE {ROLE};
SET search_path = {{schema}};
CREATE TABLE projects (id bigint PRIMARY KEY, name text NOT NULL,
                       invoiced numeric(12, 2) NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO projects SELECT n, 'New roof ' || n, 0, now() FROM generate_series(1, {INVOICES} / 2) n;
CREATE TABLE invoices (id bigint PRIMARY KEY, project_id bigint NOT NULL, number text NOT NULL,
                       total numeric(12, 2) NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO invoices
SELECT n, (n + 1) / 2, (1000 + n)::text, 0, now() FROM generate_series(1, {INVOICES}) n;
CREATE TABLE invoice_lines (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                            invoice_id bigint NOT NULL, name text NOT NULL,
                            quantity numeric(12, 4) NOT NULL, amount numeric(12, 2) NOT NULL);
RESET search_path;
RESET ROLE
"""
_EMPTIED = "TRUNCATE proline_outbox.outbox_events, plain.events"
_BOOKS_EMPTIED = "TRUNCATE with_event.invoice_lines, without_event.invoice_lines"
_BOOKS_COMPACT = (
    "VACUUM (FULL, ANALYZE) with_event.invoices, with_event.projects, "
    "without_event.invoices, without_event.projects"
)

_INVOICE = f"\\set invoice random(1, {INVOICES})\n"
_APPEND = "SELECT proline_outbox.append(:company, 'invoice', :invoice, :snapshot, :event_type);\n"
_BARE_INSERT = (
    "INSERT INTO plain.events (company_id, entity, record_id, snapshot, event_type) "
    "VALUES (:company, 'invoice', :invoice, :snapshot, :event_type);\n"
)
# Five statements once it has begun; the event is one more, and the last, as the README has it.
_CHANGE = f"""{_INVOICE}\\set project (:invoice + 1) / 2
BEGIN;
SELECT project_id, total FROM invoices WHERE id = :invoice FOR UPDATE;
UPDATE invoices SET total = total + 85.00, updated_at = now() WHERE id = :invoice;
INSERT INTO invoice_lines (invoice_id, name, quantity, amount)
VALUES (:invoice, 'Tear-off', 1, 85.00);
UPDATE projects SET invoiced = invoiced + 85.00, updated_at = now() WHERE id = :project;
"""
_COMMIT = "COMMIT;\n"

_EVENTS = ("proline_outbox", "outbox_events_id_seq")
_PLAIN_EVENTS = ("plain", "events_id_seq")
_LINES = ("without_event", "invoice_lines_id_seq")


@dataclass(frozen=True)
class Comparison:
    """A thing that is measured: our side, its control, and the bar of their ratio or none."""

    name: str
    ours: Side
    control: Side
    bar: Bar | None = None
    clients: tuple[int, ...] = CLIENTS


COMPARISONS: Final = (
    Comparison(
        "proline cost: append, not a bare INSERT",
        Side(_INVOICE + _APPEND, _EVENTS, "public"),
        Side(_INVOICE + _BARE_INSERT, _PLAIN_EVENTS, "public"),
        BARE_INSERT_BAR,
    ),
    Comparison(
        "proline cost: a change with its event",
        Side(_CHANGE + _APPEND + _COMMIT, _EVENTS, "with_event"),
        Side(_CHANGE + _COMMIT, _LINES, "without_event"),
        TRANSACTION_BAR,
    ),
    # What one more statement costs by itself, whatever it does: for information.
    Comparison(
        "proline cost: a change and a bare INSERT",
        Side(_CHANGE + _BARE_INSERT + _COMMIT, _PLAIN_EVENTS, "with_event"),
        Side(_CHANGE + _COMMIT, _LINES, "without_event"),
        clients=BARRED,
    ),
)


def run(options: Options) -> list[Figure]:
    """Measure both comparisons with one, sixteen and sixty-four clients."""
    with _server() as (url, observer):
        return [
            _measured(comparison, clients, url, observer, options)
            for comparison in COMPARISONS
            for clients in comparison.clients
        ]


@contextmanager
def _server() -> Iterator[tuple[str, Connection]]:
    """Give the address for ProLine's role, and a session that may all."""
    with EmbeddedPostgres(options=POSTGRES_OPTIONS) as server:
        migrate(server.url)
        with psycopg.connect(server.url, autocommit=True) as observer:
            books = [_BOOKS.format(schema=schema) for schema in ("with_event", "without_event")]
            for statements in (_ROLE, _PLAIN, *books):
                observer.execute(statements)
            yield make_conninfo(server.url, user=ROLE), observer


def _measured(
    comparison: Comparison, clients: int, url: str, observer: Connection, options: Options
) -> Figure:
    name = f"{comparison.name}, {clients} client{'s' if clients > 1 else ''}"
    progress(name)
    for statement in (_EMPTIED, _BOOKS_EMPTIED, _BOOKS_COMPACT, "CHECKPOINT"):
        observer.execute(statement)
    pairs = pairs_of(
        (comparison.ours, comparison.control),
        url=url,
        observer=observer,
        clients=clients,
        variables={
            "company": "company-1",
            "event_type": "invoice.changed",
            "snapshot": json.dumps(_snapshot()),
        },
        pairs=PAIRS,
        seconds=SECONDS[clients] * (5 if options.long else 1),
    )
    return of_pairs(name, pairs, "commits/s", comparison.bar if clients in BARRED else None)


def _snapshot() -> dict[str, object]:
    """Give an invoice of two lines as ProLine sends it; 0.9 KB as it is printed."""
    return {
        "id": "4711",
        "number": "1042",
        "name": "Final invoice",
        "kind": "standalone",
        "project_id": "812",
        "contact_id": "77",
        "sent_at": "2026-03-02T10:15:00-05:00",
        "issued_on": "2026-03-02",
        "due_on": "2026-04-01",
        "currency": "USD",
        "lines": [
            _line("1", "Tear-off", quantity="24.5", unit_price="85.00", amount="2082.50"),
            _line("2", "Laminate shingles", quantity="24.5", unit_price="190.00", amount="4655.00"),
        ],
        "tax": {"name": "Sales tax", "rate": "8.25", "amount": "555.84"},
        "total": "7293.34",
        "balance": "7293.34",
        "memo": "Thank you for your business.",
        "updated_at": "2026-03-02T10:15:00-05:00",
    }


def _line(line_id: str, name: str, **sums: str) -> dict[str, object]:
    return {
        "id": line_id,
        "group": "Main roof",
        "kind": "item",
        "name": name,
        "description": "Of one layer, with underlayment and disposal",
        "service": "Roofing",
        "unit": "SQ",
        **sums,
    }
