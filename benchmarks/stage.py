"""What the benchmarks stand on: private servers as production runs them, companies, and work.

The servers keep what they confirm: fsync and synchronous commit as they come. Companies are written
as rows, connected to invented books; the work is written as ProLine writes it, as events in the
outbox.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from app.rabbitmq import PrivateRabbitmq
from connections import books, companies, tokens
from connections.books import Books
from connections.keys import TokenKeys
from connections.settings import CompanySettings
from coordination import limiter
from coordination.database import Connection
from qbo_client.oauth import TokenReply

POSTGRES_OPTIONS: Final = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "max_connections": "200",
    "checkpoint_timeout": "30min",
}
"""Memory as a small server has it; no checkpoint falls into one half of a pair alone."""
KEYS: Final = TokenKeys([("bench", b"b" * 32)])
EASY: Final = CompanySettings(customer_mode="sub", existing_customers="create")
"""A job for each project, and no look-up before a customer is created."""


@dataclass(frozen=True)
class Servers:
    """The addresses of a database that is migrated and of a broker that is empty."""

    database_url: str
    amqp_url: str


@contextmanager
def database() -> Iterator[str]:
    """Run a migrated PostgreSQL for as long as the block takes."""
    with EmbeddedPostgres(options=POSTGRES_OPTIONS) as server:
        migrate(server.url)
        yield server.url


@contextmanager
def servers() -> Iterator[Servers]:
    """Run PostgreSQL and RabbitMQ for as long as the block takes."""
    with database() as url, PrivateRabbitmq() as broker:
        yield Servers(url, broker.url)


@contextmanager
def session(url: str) -> Iterator[psycopg.Connection]:
    """Open a session without our timeouts, in autocommit: for filling and for looking."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def company_ids(number: int) -> list[str]:
    """Name so many companies."""
    return [f"company-{n}" for n in range(1, number + 1)]


def add_companies(
    connection: Connection,
    ids: Sequence[str],
    *,
    settings: CompanySettings = EASY,
    realm_of: Callable[[str], str] | None = None,
    first_realm: int = 9_000_001,
) -> None:
    """Write companies that are on and connected, each to books of its own.

    Args:
        connection: a session in autocommit.
        ids: of companies that are not there yet.
        settings: of all.
        realm_of: names a company's realm; None: they are numbered from `first_realm`.
        first_realm: see there.
    """
    for number, company_id in enumerate(ids):
        realm_id = realm_of(company_id) if realm_of else str(first_realm + number)
        with connection.transaction():
            companies.open_company(connection, company_id, company_id.title())
            companies.connect(connection, company_id, realm_id)
            books.store(connection, _books(realm_id))
            tokens.put(connection, KEYS, company_id, realm_id, _tokens())
            companies.change_settings(connection, company_id, settings)
            companies.enable(connection, company_id)
            limiter.set_ceiling(connection, realm_id, settings.ceiling)
    connection.execute("DELETE FROM proline_qbo.nudges")


def _books(realm_id: str) -> Books:
    return Books(
        realm_id=realm_id,
        company_name="Example Books",
        country="US",
        home_currency="USD",
        custom_txn_numbers=True,
        using_sales_tax=False,
        book_close_date=None,
        income_item_id="1",
        payment_method_id="1",
        deposit_account_id=None,
        income_account_id="1",
    )


def _tokens() -> TokenReply:
    day_seconds = 86_400
    return TokenReply("access", "refresh", day_seconds, 100 * day_seconds, None, None)


# One chain is contact, project, invoice, payment; the snapshots are as large as ProLine's are, an
# invoice about 0.9 KB. Events come in the order in which an office works: each kind after the one
# it hangs from, the companies turn and turn about.
_CHAINS = """
INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, event_type, snapshot)
SELECT company_id, entity, left(entity, 1) || n, 'benchmark',
       jsonb_build_object('id', left(entity, 1) || n, 'number', n::text,
                          'updated_at', clock_timestamp())
       || CASE entity
    WHEN 'contact' THEN jsonb_build_object(
        'display_name', 'Jane ' || substr(md5(n::text), 1, 8) || ' Example',
        'given_name', 'Jane', 'family_name', substr(md5(n::text), 1, 8) || ' Example',
        'email', 'jane' || n || '@example.com', 'phone', '555-0100',
        'address', jsonb_build_object('line1', n || ' Example Street', 'city', 'Springfield',
            'state', 'IL', 'postal_code', '62701', 'country', 'US'))
    WHEN 'project' THEN jsonb_build_object(
        'name', 'New roof ' || n, 'contact_id', 'c' || n, 'pipeline', 'Sales',
        'stage', 'Closed - Won', 'status', 'Won',
        'address', jsonb_build_object('line1', n || ' Example Street', 'city', 'Springfield',
            'state', 'IL', 'postal_code', '62701', 'country', 'US'))
    WHEN 'invoice' THEN jsonb_build_object(
        'name', 'Invoice ' || n, 'kind', 'standalone', 'project_id', 'p' || n,
        'contact_id', 'c' || n, 'sent_at', clock_timestamp(),
        'issued_on', current_date, 'due_on', current_date + 30, 'currency', 'USD',
        'total', '1200.00', 'amount_due', '1200.00', 'balance', '1200.00',
        'memo', 'Thank you for your business.',
        'lines', (SELECT jsonb_agg(jsonb_build_object('id', i::text, 'kind', 'item',
            'name', 'Tear-off ' || i, 'description', 'Old shingles taken off and hauled away.',
            'quantity', '1', 'unit', 'sq', 'unit_price', '400.00', 'amount', '400.00'))
            FROM generate_series(1, 3) AS i))
    ELSE jsonb_build_object(
        'project_id', 'p' || n, 'contact_id', 'c' || n, 'status', 'complete',
        'received_on', current_date, 'amount', '1200.00', 'currency', 'USD', 'method', 'check',
        'reference', n::text, 'allocations', jsonb_build_array(
            jsonb_build_object('invoice_id', 'i' || n, 'amount', '1200.00')))
    END
FROM unnest(%(companies)s::text[]) AS company_id,
     generate_series(%(first)s::int, %(last)s::int) AS n,
     unnest(%(entities)s::text[]) WITH ORDINALITY AS kinds (entity, rank)
ORDER BY n, rank, md5(company_id)
"""
ENTITIES: Final = ("contact", "project", "invoice", "payment")


def say_chains(
    connection: Connection,
    ids: Sequence[str],
    *,
    chains: int,
    first: int = 1,
    entities: Sequence[str] = ENTITIES,
) -> int:
    """Write so many chains of each company into the outbox, in one transaction; count events."""
    arguments = {
        "companies": list(ids),
        "first": first,
        "last": first + chains - 1,
        "entities": list(entities),
    }
    return connection.execute(_CHAINS, arguments).rowcount


_HANDED_OUT = """
SELECT NOT EXISTS (SELECT FROM proline_outbox.outbox_events)
   AND NOT EXISTS (SELECT FROM proline_qbo.nudges)
   AND NOT EXISTS (SELECT FROM proline_qbo.records WHERE state = 'pending')
   AND NOT EXISTS (SELECT FROM proline_qbo.records WHERE state = 'dispatched')
"""


def is_handed_out(connection: Connection) -> bool:
    """Whether nothing is left to take in, to look at or to send; what retries may still wait."""
    return connection.execute(_HANDED_OUT).fetchone() == (True,)


_IN_QUICKBOOKS = """
WITH linked AS (
    INSERT INTO proline_qbo.links (realm_id, record_pk, kind, qbo_id, sync_token)
    SELECT c.realm_id, r.pk, 'Customer', r.pk::text, '0'
    FROM proline_qbo.records r JOIN proline_qbo.companies c ON c.id = r.company_id
)
UPDATE proline_qbo.records
SET state = 'done', reason = NULL, sentence = NULL, settled_version = version, settled_basis = ''
"""


def put_into_quickbooks(connection: Connection) -> None:
    """Link every record to a customer and settle it, as if each had been written."""
    connection.execute(_IN_QUICKBOOKS)
