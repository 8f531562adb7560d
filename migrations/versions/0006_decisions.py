"""What people decide, and what a record needs so that it can be asked and answered."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHEMA = """
ALTER TABLE proline_qbo.records
    -- Skipped with many others at once: what hangs from it may still need it.
    ADD COLUMN skipped_in_bulk boolean NOT NULL DEFAULT false,
    -- The realm into which it is sent although a rule or a skip would leave it out.
    ADD COLUMN sent_anyway_in text,
    ADD COLUMN taken_in_at timestamptz NOT NULL DEFAULT proline_qbo.clock();
ALTER TABLE proline_qbo.records ADD CONSTRAINT only_a_skip_is_in_bulk
    CHECK (NOT skipped_in_bulk OR state = 'skipped');

ALTER TABLE proline_qbo.companies ADD COLUMN disabled_at timestamptz;
COMMENT ON COLUMN proline_qbo.companies.disabled_at IS
    'when it was turned off last; what changed since is what "on" asks about';

-- The contact a project was transferred with: in QuickBooks it stays there.
ALTER TABLE proline_qbo.transfers ADD COLUMN company_id text, ADD COLUMN contact_id text;
UPDATE proline_qbo.transfers t
SET company_id = r.company_id, contact_id = s.snapshot ->> 'contact_id'
FROM proline_qbo.records r JOIN proline_qbo.snapshots s ON s.record_pk = r.pk
WHERE r.pk = t.record_pk;
ALTER TABLE proline_qbo.transfers ALTER COLUMN company_id SET NOT NULL;
CREATE INDEX transfers_of_contact ON proline_qbo.transfers (company_id, contact_id, record_pk);

ALTER TABLE proline_qbo.links
    -- Merged, or made inactive there: nothing can be booked on it.
    ADD COLUMN gone boolean NOT NULL DEFAULT false,
    -- Of an invoice: what others than we have applied to it there, as last read.
    ADD COLUMN elsewhere numeric(20, 5) NOT NULL DEFAULT 0 CHECK (elsewhere >= 0),
    ADD COLUMN doc_number text,
    ADD COLUMN currency text,
    -- Fields that a person left as QuickBooks has them, each with our value that was turned down.
    ADD COLUMN kept jsonb NOT NULL DEFAULT '{}';

-- Where a record was before it was sent as new: once given up, an object is never ours again.
CREATE TABLE proline_qbo.former_links (
    realm_id    text NOT NULL,
    record_pk   bigint NOT NULL REFERENCES proline_qbo.records,
    part        text NOT NULL,
    generation  integer NOT NULL,
    kind        text NOT NULL,
    qbo_id      text NOT NULL,
    given_up_at timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    PRIMARY KEY (realm_id, kind, qbo_id)
);
CREATE INDEX former_links_of_record ON proline_qbo.former_links (record_pk);

ALTER TABLE proline_qbo.decisions
    -- What the answer needs besides its word: an id in QuickBooks, an invoice of ProLine.
    ADD COLUMN argument text,
    -- What the person is shown, and what carrying the answer out needs: values of both sides.
    ADD COLUMN shown jsonb NOT NULL DEFAULT '{}',
    -- The version it was asked for by the worker; the relay's own questions have none.
    ADD COLUMN version bigint,
    ADD COLUMN spent_at timestamptz;
COMMENT ON COLUMN proline_qbo.decisions.spent_at IS
    'an answer that was carried out and did not help is asked for again';

-- What a person orders for a record; it takes effect where the record is at rest.
CREATE TABLE proline_qbo.orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_pk   bigint NOT NULL REFERENCES proline_qbo.records,
    kind        text NOT NULL CHECK (kind IN ('send', 'skip')),
    in_bulk     boolean NOT NULL DEFAULT false,
    why         text NOT NULL DEFAULT '',
    ordered_by  text NOT NULL,
    ordered_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    carried_out_at timestamptz
);
CREATE INDEX orders_open ON proline_qbo.orders (record_pk, id) WHERE carried_out_at IS NULL;
"""


def upgrade() -> None:
    """Let records be asked about, answered and ordered."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Forget what was asked, answered and ordered in these ways."""
    op.execute("DROP TABLE proline_qbo.orders, proline_qbo.former_links")
    op.execute(
        "ALTER TABLE proline_qbo.decisions DROP COLUMN argument, DROP COLUMN shown,"
        " DROP COLUMN version, DROP COLUMN spent_at"
    )
    op.execute(
        "ALTER TABLE proline_qbo.links DROP COLUMN gone, DROP COLUMN elsewhere,"
        " DROP COLUMN doc_number, DROP COLUMN currency, DROP COLUMN kept"
    )
    op.execute("ALTER TABLE proline_qbo.transfers DROP COLUMN company_id, DROP COLUMN contact_id")
    op.execute("ALTER TABLE proline_qbo.companies DROP COLUMN disabled_at")
    op.execute(
        "ALTER TABLE proline_qbo.records DROP COLUMN skipped_in_bulk,"
        " DROP COLUMN sent_anyway_in, DROP COLUMN taken_in_at"
    )
