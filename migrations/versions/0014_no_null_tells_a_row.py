"""A NULL of an event is refused by its domain, where its column's refusal showed the whole row.

PostgreSQL prints the row that a NOT NULL refuses, the customer's data in it, into ProLine's log
and its own; a domain's CHECK names itself alone. The columns stay NOT NULL, which is why no event
there need be read for it: NOT VALID, so that no append waits. Nothing new is asked for, and code of
either side runs on either schema.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

DOMAINS = {
    "company_id": "an_event_has_a_company",
    "entity": "an_event_has_an_entity",
    "record_id": "an_event_has_a_record",
    "event_type": "an_event_has_a_type",
    "snapshot": "an_event_has_a_snapshot",
}


def upgrade() -> None:
    """Let each domain refuse NULL, before the column sees it."""
    for domain, rule in DOMAINS.items():
        op.execute(
            f"ALTER DOMAIN proline_outbox.{domain}"
            f" ADD CONSTRAINT {rule} CHECK (VALUE IS NOT NULL) NOT VALID"
        )


def downgrade() -> None:
    """Leave it to the columns."""
    for domain, rule in DOMAINS.items():
        op.execute(f"ALTER DOMAIN proline_outbox.{domain} DROP CONSTRAINT {rule}")
