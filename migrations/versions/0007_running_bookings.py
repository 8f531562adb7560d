"""How each project's running-balance invoices are booked, and what each of them asked for first.

Until this revision one invoice stood for all of a project's: projects that have one keep it.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SCHEMA = r"""
-- Pinned once, at a project's first sent running-balance invoice; by key, since the invoice may
-- come before its project.
CREATE TABLE proline_qbo.running_bookings (
    company_id text NOT NULL REFERENCES proline_qbo.companies,
    project_id text NOT NULL,
    booking    text NOT NULL CHECK (booking IN ('one_invoice', 'each')),
    pinned_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    PRIMARY KEY (company_id, project_id)
);
INSERT INTO proline_qbo.running_bookings (company_id, project_id, booking)
SELECT company_id, substr(record_id, length('running:') + 1), 'one_invoice'
FROM proline_qbo.records WHERE entity = 'invoice' AND starts_with(record_id, 'running:');

-- Only the newest snapshot of a record is kept, so what the first sent one asked for is kept here.
CREATE TABLE proline_qbo.amounts_due (
    record_pk bigint PRIMARY KEY REFERENCES proline_qbo.records ON DELETE CASCADE,
    amount    numeric(20, 5) NOT NULL,
    version   bigint NOT NULL
);
-- Of those that were sent before this revision, the oldest that is still known.
INSERT INTO proline_qbo.amounts_due (record_pk, amount, version)
SELECT m.record_pk, (s.snapshot ->> 'amount_due')::numeric, s.version
FROM proline_qbo.members m JOIN proline_qbo.snapshots s ON s.record_pk = m.record_pk
WHERE s.snapshot ->> 'sent_at' IS NOT NULL
  AND s.snapshot ->> 'amount_due' ~ '^-?[0-9]{1,15}(\.[0-9]{1,5}0{0,15})?$';

ALTER TABLE proline_qbo.members ADD COLUMN booked_itself boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN proline_qbo.members.booked_itself IS
    'true: an invoice of its own in QuickBooks, for ever; false: its project''s one stands for it';
"""


def upgrade() -> None:
    """Let running-balance invoices be booked each by itself."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Forget how they were booked: what was booked each by itself would be booked once more."""
    op.execute("ALTER TABLE proline_qbo.members DROP COLUMN booked_itself")
    op.execute("DROP TABLE proline_qbo.amounts_due, proline_qbo.running_bookings")
