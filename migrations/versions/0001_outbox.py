"""The outbox: ProLine appends to it in its own transactions, the relay takes from it."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = """
CREATE SCHEMA proline_outbox;

-- Append only: ProLine inserts, the relay deletes what it has taken in. No trigger, no NOTIFY and
-- no other index: this insert runs inside ProLine's transactions and is all that does.
CREATE TABLE proline_outbox.outbox_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  text NOT NULL,
    entity      text NOT NULL,
    record_id   text NOT NULL,
    event_type  text NOT NULL DEFAULT '',
    snapshot    jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Only what could not be addressed is refused here. A snapshot that does not fit its entity's
    -- schema is taken, so that it never breaks ProLine's transaction.
    CONSTRAINT an_event_names_its_company CHECK (length(company_id) BETWEEN 1 AND 64),
    CONSTRAINT an_event_names_its_record CHECK (length(record_id) BETWEEN 1 AND 64),
    CONSTRAINT an_event_is_of_a_known_entity CHECK
        (entity IN ('contact', 'project', 'invoice', 'payment')),
    CONSTRAINT an_event_type_is_short CHECK (length(event_type) <= 64),
    CONSTRAINT a_snapshot_is_an_object CHECK (jsonb_typeof(snapshot) = 'object'),
    -- As it is printed, so that every writer can measure it too; 5 µs for 1 KB.
    CONSTRAINT a_snapshot_is_at_most_1_mb CHECK (octet_length(snapshot::text) <= 1048576)
) WITH (
    -- Every row dies within seconds: a share of a table that is nearly always empty says nothing.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_vacuum_cost_delay = 0,
    -- Giving pages back to the disk takes an ACCESS EXCLUSIVE lock, and ProLine would wait for it.
    vacuum_truncate = false,
    toast.vacuum_truncate = false
);
COMMENT ON COLUMN proline_outbox.outbox_events.id IS
    'per record the order of commits: every writer first locks the row of the record''s root';

-- The only way in for ProLine: it may append, and neither read nor delete. The path is pinned with
-- pg_temp last: https://www.postgresql.org/docs/15/sql-createfunction.html
CREATE FUNCTION proline_outbox.append(
    company_id text, entity text, record_id text, snapshot jsonb, event_type text DEFAULT ''
) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $append$
    INSERT INTO proline_outbox.outbox_events (company_id, entity, record_id, snapshot, event_type)
    VALUES (append.company_id, append.entity, append.record_id, append.snapshot, append.event_type)
    RETURNING id
$append$;
REVOKE EXECUTE ON FUNCTION proline_outbox.append FROM PUBLIC;
"""

# Roles belong to the cluster: another database of it may have made this one, perhaps this moment,
# and the migrating role may not be allowed to make any. Then an administrator grants by hand.
GRANTS = """
DO $grants$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'proline_outbox_writer') THEN
        CREATE ROLE proline_outbox_writer NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'may not create the role proline_outbox_writer: grant USAGE on the schema '
            'proline_outbox and EXECUTE on its function append to the roles ProLine logs in with';
END
$grants$;
DO $grants$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'proline_outbox_writer') THEN
        GRANT USAGE ON SCHEMA proline_outbox TO proline_outbox_writer;
        GRANT EXECUTE ON FUNCTION proline_outbox.append TO proline_outbox_writer;
    END IF;
END
$grants$;
"""


def upgrade() -> None:
    """Create the outbox, its one function, and the role that may call it."""
    op.execute(SCHEMA)
    op.execute(GRANTS)


def downgrade() -> None:
    """Remove the outbox with what is in it; the role stays, it belongs to the cluster."""
    op.execute("DROP SCHEMA proline_outbox CASCADE")
