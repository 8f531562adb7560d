"""What operating needs: counts of what waits, the demand for workers, and roles with little power.

New code runs on the schema before this one, and old code on this one: nothing is changed, only
added. The index is made while intake waits for it; about a second for a million waiting records.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCHEMA = """
-- Counts what waits by its reason, and gives the oldest of each, without the rows.
CREATE INDEX records_waiting ON proline_qbo.records (reason, company_id, entity, since)
    WHERE state = 'waiting';
-- What a person left out and others may hang from: few among the many that a rule leaves out.
CREATE INDEX records_skipped_by_people ON proline_qbo.records (since)
    WHERE state = 'skipped' AND skipped_by <> 'rule';

-- How many threads could be busy with an entity now: of each company that may send, the first ten
-- records that are dispatched or eligible. And how long the oldest waits for a thread: a company
-- that is near its own ceiling waits for QuickBooks, and no worker more would help it.
CREATE VIEW proline_qbo.eligible_work AS
SELECT e.entity,
       count(w.company_id) AS usable,
       coalesce(extract(epoch FROM max(w.now) - min(w.since) FILTER (WHERE w.starved)), 0)
           ::double precision AS oldest_seconds
FROM (VALUES ('contact'), ('project'), ('invoice'), ('payment')) AS e (entity)
LEFT JOIN (
    SELECT c.id AS company_id, r.entity, r.since, t.now,
           r.state = 'pending' AND NOT coalesce(q.is_full, false) AS starved
    FROM (SELECT proline_qbo.clock() AS now) t
    CROSS JOIN proline_qbo.companies c
    LEFT JOIN LATERAL (
        SELECT count(k.id) >= 0.8 * CASE WHEN l.lowered_until > t.now THEN l.ceiling / 2
                                         ELSE l.ceiling END AS is_full
        FROM proline_qbo.limiters l
        LEFT JOIN proline_qbo.calls k ON k.realm_id = l.realm_id AND NOT k.unsent
             AND (k.ended_at IS NULL OR k.ended_at > t.now - interval '60 seconds')
        WHERE l.realm_id = c.realm_id
          AND EXISTS (SELECT FROM proline_qbo.records p
                      WHERE p.company_id = c.id AND p.state = 'pending')
        GROUP BY l.realm_id, l.ceiling, l.lowered_until
    ) q ON true
    CROSS JOIN LATERAL (
        SELECT * FROM (
            (SELECT entity, since, state FROM proline_qbo.records
             WHERE company_id = c.id AND state = 'dispatched' LIMIT 10)
            UNION ALL
            (SELECT entity, since, state FROM proline_qbo.records
             WHERE company_id = c.id AND state = 'pending' ORDER BY since, pk LIMIT 10)
        ) first LIMIT 10
    ) r
    WHERE c.enabled AND c.connection = 'connected'
      AND (c.paused_until IS NULL OR c.paused_until <= t.now)
) w ON w.entity = e.entity
GROUP BY e.entity;
COMMENT ON VIEW proline_qbo.eligible_work IS
    'what the workers of each entity are scaled by: deploy/kubernetes/autoscaling';
"""

# As in revision 0001: roles belong to the cluster, and whoever migrates may not be allowed to make
# any. A login role is made a member of these by hand; none of them can log in. What they may do is
# granted after every migration, by `app.migrate`.
ROLES = """
DO $roles$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['proline_qbo_service', 'proline_qbo_scaler'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE WARNING 'may not create the role %: make it as an administrator, then run '
                    'proline-qbo migrate once more, which grants what is missing', name;
        END;
    END LOOP;
END
$roles$;
"""


def upgrade() -> None:
    """Let it be watched, scaled and run with little power."""
    op.execute(SCHEMA)
    op.execute(ROLES)


def downgrade() -> None:
    """Take that back; the roles stay, they belong to the cluster."""
    op.execute("DROP VIEW proline_qbo.eligible_work")
    op.execute("DROP INDEX proline_qbo.records_waiting, proline_qbo.records_skipped_by_people")
