"""What the page counts, lists and searches, each by an index of its own.

Two tables are written anew, `records` and `snapshots`: stop relays and workers first; it takes
some ten seconds for a million records.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SCHEMA = r"""
-- The five words of the page, said once, here: counted, listed and filtered by. `records.standings`
-- names them.
ALTER TABLE proline_qbo.records ADD COLUMN standing text NOT NULL GENERATED ALWAYS AS (
    CASE WHEN state = 'done' THEN 'sent'
         WHEN state IN ('pending', 'dispatched', 'retrying') THEN 'in_progress'
         WHEN state = 'failed' OR reason = 'decision' THEN 'attention'
         WHEN state = 'skipped' THEN 'skipped'
         ELSE 'waiting' END) STORED,
    -- Since when it is in progress: `since` moves with each dispatch and each retry, this does not.
    ADD COLUMN under_way_since timestamptz NOT NULL DEFAULT proline_qbo.clock();
UPDATE proline_qbo.records SET under_way_since = since
WHERE state IN ('pending', 'dispatched', 'retrying');
CREATE FUNCTION proline_qbo.begin_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.under_way_since := proline_qbo.clock();
    RETURN NEW;
END $$;
CREATE TRIGGER records_under_way BEFORE UPDATE OF state ON proline_qbo.records FOR EACH ROW
    WHEN (OLD.state NOT IN ('pending', 'dispatched', 'retrying')
          AND NEW.state IN ('pending', 'dispatched', 'retrying'))
    EXECUTE FUNCTION proline_qbo.begin_way();
-- The one index that every change of state pays for. It counts what was not sent, gives the oldest
-- that is in progress and the newest that was sent, and lists any choice of kinds and standings,
-- newest first, as a merge of at most twenty ranges.
CREATE INDEX records_standing ON proline_qbo.records (company_id, entity, standing, since, pk)
    INCLUDE (under_way_since);
-- The index answers without the rows only where a vacuum has passed: often, then, in small bites.
ALTER TABLE proline_qbo.records SET (autovacuum_vacuum_scale_factor = 0.05,
                                     autovacuum_vacuum_insert_scale_factor = 0.05);

-- How many records a company has, so that the most, those that were sent, need not be counted. Only
-- intake adds any, so the row is nobody else's to wait for.
CREATE TABLE proline_qbo.record_counts (
    company_id  text PRIMARY KEY REFERENCES proline_qbo.companies,
    records     bigint NOT NULL CHECK (records >= 0)
);
INSERT INTO proline_qbo.record_counts
SELECT company_id, count(*) FROM proline_qbo.records GROUP BY company_id;
CREATE FUNCTION proline_qbo.count_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO proline_qbo.record_counts AS c (company_id, records)
    SELECT company_id, count(*) FROM moved GROUP BY company_id ORDER BY company_id
    ON CONFLICT (company_id) DO UPDATE SET records = c.records + excluded.records;
    RETURN NULL;
END $$;
CREATE FUNCTION proline_qbo.discount_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE proline_qbo.record_counts c SET records = c.records - m.records
    FROM (SELECT company_id, count(*) AS records FROM moved GROUP BY company_id) m
    WHERE c.company_id = m.company_id;
    RETURN NULL;
END $$;
CREATE TRIGGER records_counted AFTER INSERT ON proline_qbo.records
    REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION proline_qbo.count_records();
CREATE TRIGGER records_discounted AFTER DELETE ON proline_qbo.records
    REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION proline_qbo.discount_records();

-- What needs attention, by its code: few rows, written only when something fails or is asked.
CREATE INDEX records_attention ON proline_qbo.records (company_id, state, code, since, pk)
    WHERE standing = 'attention';

-- Words as they are searched by, each with its company before it: a name that every company has
-- would otherwise be read in the books of all. Cut where a word would be too long for the index,
-- which would break the intake. No parser: it would take names apart as addresses, signs and hosts.
CREATE FUNCTION proline_qbo.words(company_id text, said text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT array_to_tsvector(array_remove(string_to_array(
    lower(left(company_id, 64) || ' ' || replace(
        translate(left(said, 400),
                  E'!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r\f\v', repeat(' ', 37)),
        ' ', chr(10) || left(company_id, 64) || ' ')),
    chr(10)), lower(left(company_id, 64) || ' ')))
$$;

-- What a list shows of a snapshot stands beside it: fifty whole snapshots may be fifty megabytes.
-- All text, and cut: a misfit is a failed record with a sentence, and no error of the intake.
ALTER TABLE proline_qbo.snapshots ADD COLUMN company_id text;
UPDATE proline_qbo.snapshots s SET company_id = r.company_id
FROM proline_qbo.records r WHERE r.pk = s.record_pk;
ALTER TABLE proline_qbo.snapshots
    ALTER COLUMN company_id SET NOT NULL,
    ADD COLUMN number text GENERATED ALWAYS AS (left(snapshot ->> 'number', 64)) STORED,
    ADD COLUMN name text GENERATED ALWAYS AS
        (left(coalesce(snapshot ->> 'display_name', snapshot ->> 'name'), 200)) STORED,
    ADD COLUMN amount text GENERATED ALWAYS AS
        (left(coalesce(snapshot ->> 'total', snapshot ->> 'amount'), 40)) STORED,
    ADD COLUMN currency text GENERATED ALWAYS AS (left(snapshot ->> 'currency', 8)) STORED,
    -- Whose an invoice or a payment is: its office knows it by that name.
    ADD COLUMN contact_id text GENERATED ALWAYS AS (left(snapshot ->> 'contact_id', 64)) STORED,
    -- A project's; a payment has a status too, and names its project.
    ADD COLUMN stage text GENERATED ALWAYS AS
        (CASE WHEN NOT snapshot ? 'project_id' THEN left(snapshot ->> 'stage', 256) END) STORED,
    ADD COLUMN status text GENERATED ALWAYS AS
        (CASE WHEN NOT snapshot ? 'project_id' THEN left(snapshot ->> 'status', 256) END) STORED,
    ADD COLUMN words tsvector GENERATED ALWAYS AS (proline_qbo.words(company_id,
        coalesce(left(snapshot ->> 'number', 64), '') || ' '
        || coalesce(left(coalesce(snapshot ->> 'display_name', snapshot ->> 'name'), 200), '')
        || ' ' || coalesce(left(snapshot ->> 'company_name', 100), ''))) STORED;
-- No list of pending entries: every search would have to read through it.
CREATE INDEX snapshots_words ON proline_qbo.snapshots USING gin (words) WITH (fastupdate = off);
-- "Transfer this project": the projects that stand in a chosen stage or status.
CREATE INDEX snapshots_stage ON proline_qbo.snapshots (company_id, stage, record_pk)
    WHERE stage IS NOT NULL;
CREATE INDEX snapshots_status ON proline_qbo.snapshots (company_id, status, record_pk)
    WHERE status IS NOT NULL;

-- The number QuickBooks shows is what an office has before it.
CREATE INDEX links_doc_number ON proline_qbo.links (realm_id, doc_number)
    WHERE doc_number IS NOT NULL;

-- A company's open questions, oldest first, without those of all others.
ALTER TABLE proline_qbo.decisions ADD COLUMN company_id text;
UPDATE proline_qbo.decisions d SET company_id = r.company_id
FROM proline_qbo.records r WHERE r.pk = d.record_pk;
ALTER TABLE proline_qbo.decisions ALTER COLUMN company_id SET NOT NULL;
CREATE INDEX decisions_open ON proline_qbo.decisions (company_id, asked_at, id) INCLUDE (question)
    WHERE answer IS NULL;
-- The same for findings, by id.
CREATE INDEX findings_open ON proline_qbo.findings (company_id, id) INCLUDE (kind)
    WHERE resolved_at IS NULL;
"""


def upgrade() -> None:
    """Let the page count, list and search."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Leave it to read everything."""
    op.execute("DROP INDEX proline_qbo.findings_open, proline_qbo.links_doc_number")
    op.execute("ALTER TABLE proline_qbo.decisions DROP COLUMN company_id")
    op.execute(
        "ALTER TABLE proline_qbo.snapshots DROP COLUMN words, DROP COLUMN status,"
        " DROP COLUMN stage, DROP COLUMN currency, DROP COLUMN contact_id, DROP COLUMN amount,"
        " DROP COLUMN name, DROP COLUMN number, DROP COLUMN company_id"
    )
    op.execute("DROP FUNCTION proline_qbo.words(text, text)")
    op.execute("DROP TRIGGER records_counted ON proline_qbo.records")
    op.execute("DROP TRIGGER records_discounted ON proline_qbo.records")
    op.execute("DROP TRIGGER records_under_way ON proline_qbo.records")
    op.execute(
        "DROP FUNCTION proline_qbo.begin_way(), proline_qbo.count_records(),"
        " proline_qbo.discount_records()"
    )
    op.execute("DROP TABLE proline_qbo.record_counts")
    op.execute(
        "ALTER TABLE proline_qbo.records RESET (autovacuum_vacuum_scale_factor,"
        " autovacuum_vacuum_insert_scale_factor), DROP COLUMN under_way_since,"
        " DROP COLUMN standing"
    )
