"""Who is at the page, how a company is connected, what was changed, and what can be chosen."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = """
-- One sign-in from ProLine each; the cookie's value itself is nowhere, only its SHA-256.
CREATE TABLE proline_qbo.sessions (
    token_hash  bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    company_id  text NOT NULL REFERENCES proline_qbo.companies,
    user_id     text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
    user_name   text NOT NULL CHECK (length(user_name) BETWEEN 1 AND 200),
    role        text NOT NULL CHECK (role IN ('admin', 'office', 'viewer')),
    -- False: it was opened beside another company's, and the person has not said which.
    confirmed   boolean NOT NULL,
    opened_at   timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX sessions_expire ON proline_qbo.sessions (expires_at);

-- A launch token opens one session, once.
CREATE TABLE proline_qbo.launches (
    issuer      text NOT NULL,
    jti         text NOT NULL CHECK (length(jti) BETWEEN 1 AND 128),
    used_at     timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (issuer, jti)
);
CREATE INDEX launches_expire ON proline_qbo.launches (expires_at);

-- From Connect to the person's last word. What QuickBooks gave lies here encrypted, for minutes,
-- and no worker reads it; nothing is stored of a company before its person has confirmed which.
CREATE TABLE proline_qbo.consents (
    state_hash     bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    session_hash   bytea NOT NULL,
    company_id     text NOT NULL REFERENCES proline_qbo.companies,
    code_verifier  bytea,
    asked_at       timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    expires_at     timestamptz NOT NULL,
    -- Set by the one redirect that uses the state.
    returned_at    timestamptz,
    realm_id       text,
    company_name   text,
    country        text,
    tokens         bytea,
    obtained_at    timestamptz,
    CONSTRAINT what_was_obtained_was_returned CHECK
        (obtained_at IS NULL OR returned_at IS NOT NULL),
    -- The realm is what the redirect says, until the token that comes proves it.
    CONSTRAINT a_consent_is_whole CHECK
        ((obtained_at IS NULL) = (tokens IS NULL)
         AND (obtained_at IS NULL OR realm_id IS NOT NULL)
         AND (returned_at IS NOT NULL OR realm_id IS NULL))
);
CREATE INDEX consents_of_session ON proline_qbo.consents (session_hash);
CREATE INDEX consents_expire ON proline_qbo.consents (expires_at);
COMMENT ON COLUMN proline_qbo.consents.session_hash IS
    'the session that asked: only it may use the state and confirm';

CREATE INDEX consents_of_realm ON proline_qbo.consents (realm_id) WHERE realm_id IS NOT NULL;

-- While QuickBooks is told to end something there, no consent for the same books comes back.
CREATE TABLE proline_qbo.revocations (
    realm_id  text PRIMARY KEY,
    until     timestamptz NOT NULL
);

-- Append only: who changed what, from what to what. No customer data, no secret.
CREATE TABLE proline_qbo.audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  text NOT NULL REFERENCES proline_qbo.companies,
    at          timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    user_id     text,
    user_name   text NOT NULL,
    via         text NOT NULL CHECK (via IN ('page', 'command_line', 'program')),
    action      text NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
    entity      text,
    record_id   text,
    before      jsonb,
    after       jsonb,
    intuit_tid  text
);
CREATE INDEX audit_of_company ON proline_qbo.audit (company_id, id DESC);

-- What the drop-downs of the page offer: read when connecting and when a person asks for it.
CREATE TABLE proline_qbo.book_lists (
    realm_id  text NOT NULL,
    kind      text NOT NULL CHECK
                  (kind IN ('income_account', 'deposit_account', 'item', 'tax_code')),
    qbo_id    text NOT NULL,
    name      text NOT NULL,
    PRIMARY KEY (realm_id, kind, qbo_id)
);

ALTER TABLE proline_qbo.books ADD COLUMN lists_read_at timestamptz,
                              ADD COLUMN income_account_id text;
ALTER TABLE proline_qbo.companies ADD COLUMN connected_at timestamptz,
                                  ADD COLUMN connected_by text;
"""


def upgrade() -> None:
    """Make room for the page."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Forget sessions, consents under way, the audit and the lists."""
    op.execute(
        "DROP TABLE proline_qbo.sessions, proline_qbo.launches, proline_qbo.consents,"
        " proline_qbo.revocations, proline_qbo.audit, proline_qbo.book_lists"
    )
    op.execute(
        "ALTER TABLE proline_qbo.companies DROP COLUMN connected_at, DROP COLUMN connected_by"
    )
    op.execute(
        "ALTER TABLE proline_qbo.books DROP COLUMN lists_read_at, DROP COLUMN income_account_id"
    )
