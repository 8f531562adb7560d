"""Less to write for each call and each claim: two indexes fewer, and room beside each record."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = """
-- A call was entered into six indexes when it began and into four more when it ended. The one of
-- the window finds open calls too, as those without an end; old ones are found by their ids, which
-- rise with time.
DROP INDEX proline_qbo.calls_ended, proline_qbo.calls_open;

-- A claim changes no indexed column: with room on its page it writes into none of the indexes. Only
-- pages written from now on have that room.
ALTER TABLE proline_qbo.records SET (fillfactor = 80);

-- Small tables of which every row dies within seconds, or is written each second: a share of what
-- they hold says nothing of what has died there.
ALTER TABLE proline_qbo.nudges SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE proline_qbo.ring SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0, fillfactor = 50);
ALTER TABLE proline_qbo.limiters SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0, fillfactor = 50);
"""
DOWN = """
ALTER TABLE proline_qbo.limiters RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay,
    fillfactor);
ALTER TABLE proline_qbo.ring RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay,
    fillfactor);
ALTER TABLE proline_qbo.nudges RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
    autovacuum_vacuum_insert_threshold, autovacuum_vacuum_cost_delay);
ALTER TABLE proline_qbo.records RESET (fillfactor);
CREATE INDEX calls_ended ON proline_qbo.calls (ended_at);
CREATE INDEX calls_open ON proline_qbo.calls (realm_id) WHERE ended_at IS NULL;
"""


def upgrade() -> None:
    """Drop what is found otherwise, and leave room."""
    op.execute(UP)


def downgrade() -> None:
    """Put both indexes back."""
    op.execute(DOWN)
