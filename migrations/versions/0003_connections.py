"""Companies with their settings and pauses, and their encrypted QuickBooks tokens."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE proline_qbo.companies (
    id                text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name              text NOT NULL DEFAULT '',
    created_at        timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    enabled           boolean NOT NULL DEFAULT false,
    first_enabled_at  timestamptz,
    connection        text NOT NULL DEFAULT 'none'
                          CHECK (connection IN ('none', 'connected', 'lost')),
    realm_id          text,
    former_realm_id   text,
    epoch             bigint NOT NULL DEFAULT 0,
    paused_until      timestamptz,
    pause_reason      text CHECK
                          (pause_reason IN ('limit', 'subscription', 'unavailable', 'person')),
    settings          jsonb NOT NULL DEFAULT '{}',
    dropped_events    bigint NOT NULL DEFAULT 0,
    -- Two ProLine companies never write into one set of books.
    CONSTRAINT one_company_per_realm UNIQUE (realm_id),
    CONSTRAINT a_connection_names_its_realm CHECK (connection = 'none' OR realm_id IS NOT NULL),
    CONSTRAINT enabled_once_is_remembered CHECK (NOT enabled OR first_enabled_at IS NOT NULL),
    CONSTRAINT a_pause_has_a_reason CHECK ((paused_until IS NULL) = (pause_reason IS NULL))
);

-- What the connected QuickBooks company is, read when connecting and on faults that dispute it.
CREATE TABLE proline_qbo.books (
    realm_id            text PRIMARY KEY,
    company_name        text NOT NULL,
    country             text NOT NULL,
    home_currency       text NOT NULL,
    custom_txn_numbers  boolean NOT NULL,
    using_sales_tax     boolean NOT NULL,
    book_close_date     date,
    income_item_id      text,
    payment_method_id   text,
    deposit_account_id  text,
    read_at             timestamptz NOT NULL
);

CREATE TABLE proline_qbo.tokens (
    company_id          text NOT NULL REFERENCES proline_qbo.companies,
    realm_id            text NOT NULL,
    version             bigint NOT NULL DEFAULT 1,
    access_token        bytea NOT NULL,
    refresh_token       bytea NOT NULL,
    previous_refresh    bytea,
    access_expires_at   timestamptz NOT NULL,
    refresh_expires_at  timestamptz NOT NULL,
    hard_expires_at     timestamptz,
    refreshed_at        timestamptz NOT NULL,
    refresh_until       timestamptz NOT NULL DEFAULT '-infinity',
    refused_at          timestamptz,
    PRIMARY KEY (company_id, realm_id)
);
COMMENT ON COLUMN proline_qbo.companies.former_realm_id IS
    'the realm given up by Disconnect: connecting to another one needs a confirmation';
COMMENT ON TABLE proline_qbo.tokens IS
    'AES-GCM, key id and nonce in front; bound to company, realm and kind as associated data';
COMMENT ON COLUMN proline_qbo.tokens.refresh_until IS
    'the lease: one process refreshes at a time, with no transaction open during the call';
"""


def upgrade() -> None:
    """Create companies, books and tokens."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Remove them, and with them every token."""
    op.execute("DROP TABLE proline_qbo.tokens, proline_qbo.books, proline_qbo.companies CASCADE")
