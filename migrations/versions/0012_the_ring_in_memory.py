"""The ring of companies is the leader's memory; its rows were written with every turn."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = """
DROP TABLE proline_qbo.ring;
DROP SEQUENCE proline_qbo.ring_tail, proline_qbo.ring_head;
"""
DOWN = """
CREATE TABLE proline_qbo.ring (
    company_id  text PRIMARY KEY REFERENCES proline_qbo.companies,
    position    bigint,
    not_before  timestamptz NOT NULL DEFAULT '-infinity'
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0, fillfactor = 50);
CREATE INDEX ring_turns ON proline_qbo.ring (position) WHERE position IS NOT NULL;
CREATE SEQUENCE proline_qbo.ring_tail;
CREATE SEQUENCE proline_qbo.ring_head INCREMENT BY -1 MAXVALUE -1 START -1;
"""


def upgrade() -> None:
    """Drop it: a leader builds the ring from the records."""
    op.execute(UP)


def downgrade() -> None:
    """Create it, empty: a leader of before lets every company with work join."""
    op.execute(DOWN)
