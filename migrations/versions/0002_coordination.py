"""What every process shares: the clock, processes, leadership, nudges, limiters and calls."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE SCHEMA proline_qbo;

-- The one source of time in all SQL; tests replace it. Never now(): that is the
-- transaction's start, and a limiter that waits for a row lock would count by the past.
CREATE FUNCTION proline_qbo.clock() RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT clock_timestamp()';

CREATE TABLE proline_qbo.processes (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('relay', 'worker', 'web', 'cli')),
    host        text NOT NULL,
    pid         integer NOT NULL,
    queues      text[] NOT NULL DEFAULT '{}',
    threads     integer NOT NULL DEFAULT 0 CHECK (threads BETWEEN 0 AND 256),
    claims      uuid[] NOT NULL DEFAULT '{}',
    beats       bigint NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    beat_at     timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    gone_at     timestamptz
);
COMMENT ON COLUMN proline_qbo.processes.claims IS
    'dispatch tokens of the claims this process is running, as of its last beat';
CREATE INDEX processes_living ON proline_qbo.processes (beat_at) WHERE gone_at IS NULL;

CREATE TABLE proline_qbo.leadership (
    name    text PRIMARY KEY,
    holder  uuid,
    term    bigint NOT NULL DEFAULT 0,
    beats   bigint NOT NULL DEFAULT 0,
    beat_at timestamptz
);
INSERT INTO proline_qbo.leadership (name) VALUES ('relay');

CREATE TABLE proline_qbo.nudges (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  text NOT NULL,
    entity      text CHECK (entity IN ('contact', 'project', 'invoice', 'payment')),
    record_id   text,
    created_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    CONSTRAINT nudge_names_a_record_or_a_company CHECK ((entity IS NULL) = (record_id IS NULL))
);

CREATE TABLE proline_qbo.limiters (
    realm_id       text PRIMARY KEY,
    ceiling        integer NOT NULL DEFAULT 450 CHECK (ceiling BETWEEN 0 AND 500),
    last_slot_at   timestamptz,
    last_end_at    timestamptz,
    paused_until   timestamptz,
    lowered_until  timestamptz
);

CREATE TABLE proline_qbo.calls (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    realm_id     text NOT NULL REFERENCES proline_qbo.limiters,
    company_id   text NOT NULL,
    record_pk    bigint,
    attempt_id   bigint,
    process_id   uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('read', 'write')),
    purpose      text NOT NULL CHECK (length(purpose) <= 64),
    slot_at      timestamptz NOT NULL,
    ended_at     timestamptz,
    unsent       boolean NOT NULL DEFAULT false,
    status       integer,
    fault_code   text,
    intuit_tid   text,
    CONSTRAINT unsent_is_ended CHECK (NOT unsent OR ended_at IS NOT NULL)
);
CREATE INDEX calls_in_window ON proline_qbo.calls (realm_id, ended_at) WHERE NOT unsent;
CREATE INDEX calls_open ON proline_qbo.calls (realm_id) WHERE ended_at IS NULL;
CREATE INDEX calls_of_process ON proline_qbo.calls (process_id) WHERE ended_at IS NULL;
CREATE INDEX calls_of_attempt ON proline_qbo.calls (attempt_id) WHERE attempt_id IS NOT NULL;
"""


def upgrade() -> None:
    """Create the schema proline_qbo and the shared tables."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Remove the schema with everything in it."""
    op.execute("DROP SCHEMA proline_qbo CASCADE")
