"""Which claims died with their process, and which record killed it: what poison is known by.

Workers from before this revision can claim nothing after it: stop them first. What they hold at
that moment is kept.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCHEMA = """
-- An orderly stop is no death: what it leaves behind counts against no record.
ALTER TABLE proline_qbo.processes ADD COLUMN retired boolean NOT NULL DEFAULT false;
ALTER TABLE proline_qbo.processes
    ADD CONSTRAINT who_retired_is_gone CHECK (NOT retired OR gone_at IS NOT NULL);

ALTER TABLE proline_qbo.records
    -- How often its process had beaten when it was claimed.
    ADD COLUMN claimed_beats bigint,
    ADD COLUMN alone boolean NOT NULL DEFAULT false,
    ADD COLUMN deaths_alone integer NOT NULL DEFAULT 0,
    -- The version it was parked in: a newer one is tried again.
    ADD COLUMN parked_version bigint;
-- Claims of workers that still run while this is done: two beats later they are looked at.
UPDATE proline_qbo.records SET claimed_beats = 0 WHERE claimed_by IS NOT NULL;
ALTER TABLE proline_qbo.records
    ADD CONSTRAINT a_claim_knows_its_beats
        CHECK ((claimed_by IS NULL) = (claimed_beats IS NULL)),
    ADD CONSTRAINT only_a_claim_runs_alone CHECK (NOT alone OR claimed_by IS NOT NULL);
"""


def upgrade() -> None:
    """Count deaths."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Forget them."""
    op.execute(
        "ALTER TABLE proline_qbo.records"
        " DROP COLUMN claimed_beats, DROP COLUMN alone, DROP COLUMN deaths_alone,"
        " DROP COLUMN parked_version"
    )
    op.execute("ALTER TABLE proline_qbo.processes DROP COLUMN retired")
