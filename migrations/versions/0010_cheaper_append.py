"""The outbox's rules move from CHECKs of its table into domains, and an append costs less.

PostgreSQL prepares the CHECKs of a table anew for every statement that inserts, and keeps those of
a domain with the type, for as long as the session lasts (its sources: `ExecRelCheck` in execMain.c,
`load_domaintype_info` in typcache.c). The rules, their names and their SQLSTATE stay; `append`
stays too, as an INSERT casts to the type of a column by itself.

One table is written anew, `outbox_events`, and no append passes meanwhile: it is nearly empty where
a relay has just run, and takes about a second for 100,000 events. Stop relays, workers and the page
first: what their sessions have prepared would give back the old types, which PostgreSQL refuses.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHEMA = """
-- Of a domain's CHECKs the first by name comes first: what is no object is not printed. A refusal
-- names the domain and the rule, and no value, where that of a table's CHECK told the whole row. So
-- does that of a NULL still, which stays with the columns: domains and NOT NULL do not go together
-- (https://www.postgresql.org/docs/15/sql-createdomain.html).
CREATE DOMAIN proline_outbox.company_id AS text
    CONSTRAINT an_event_names_its_company CHECK (length(VALUE) BETWEEN 1 AND 64);
CREATE DOMAIN proline_outbox.entity AS text
    CONSTRAINT an_event_is_of_a_known_entity CHECK
        (VALUE IN ('contact', 'project', 'invoice', 'payment'));
CREATE DOMAIN proline_outbox.record_id AS text
    CONSTRAINT an_event_names_its_record CHECK (length(VALUE) BETWEEN 1 AND 64);
CREATE DOMAIN proline_outbox.event_type AS text
    CONSTRAINT an_event_type_is_short CHECK (length(VALUE) <= 64);
CREATE DOMAIN proline_outbox.snapshot AS jsonb
    CONSTRAINT a_snapshot_is_an_object CHECK (jsonb_typeof(VALUE) = 'object')
    -- As it is printed. The stored size is no bound of it: 1e131071 takes a few bytes there.
    CONSTRAINT a_snapshot_is_at_most_1_mb CHECK (octet_length(VALUE::text) <= 1048576);

ALTER TABLE proline_outbox.outbox_events
    DROP CONSTRAINT an_event_names_its_company,
    DROP CONSTRAINT an_event_names_its_record,
    DROP CONSTRAINT an_event_is_of_a_known_entity,
    DROP CONSTRAINT an_event_type_is_short,
    DROP CONSTRAINT a_snapshot_is_an_object,
    DROP CONSTRAINT a_snapshot_is_at_most_1_mb,
    ALTER COLUMN company_id TYPE proline_outbox.company_id,
    ALTER COLUMN entity TYPE proline_outbox.entity,
    ALTER COLUMN record_id TYPE proline_outbox.record_id,
    ALTER COLUMN event_type TYPE proline_outbox.event_type,
    ALTER COLUMN snapshot TYPE proline_outbox.snapshot;
"""

BEFORE = """
ALTER TABLE proline_outbox.outbox_events
    ALTER COLUMN company_id TYPE text,
    ALTER COLUMN entity TYPE text,
    ALTER COLUMN record_id TYPE text,
    ALTER COLUMN event_type TYPE text,
    ALTER COLUMN snapshot TYPE jsonb,
    ADD CONSTRAINT an_event_names_its_company CHECK (length(company_id) BETWEEN 1 AND 64),
    ADD CONSTRAINT an_event_names_its_record CHECK (length(record_id) BETWEEN 1 AND 64),
    ADD CONSTRAINT an_event_is_of_a_known_entity CHECK
        (entity IN ('contact', 'project', 'invoice', 'payment')),
    ADD CONSTRAINT an_event_type_is_short CHECK (length(event_type) <= 64),
    ADD CONSTRAINT a_snapshot_is_an_object CHECK (jsonb_typeof(snapshot) = 'object'),
    ADD CONSTRAINT a_snapshot_is_at_most_1_mb CHECK (octet_length(snapshot::text) <= 1048576);
DROP DOMAIN proline_outbox.company_id, proline_outbox.entity, proline_outbox.record_id,
    proline_outbox.event_type, proline_outbox.snapshot;
"""


def upgrade() -> None:
    """Let PostgreSQL keep the rules of an event prepared."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Put the rules back on the table; nothing is written anew, the rows are read once."""
    op.execute(BEFORE)
