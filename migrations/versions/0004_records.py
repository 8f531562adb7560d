"""Records and what hangs on them: the state machine whose invariants are constraints."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE TABLE proline_qbo.records (
    pk                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id         text NOT NULL REFERENCES proline_qbo.companies,
    entity             text NOT NULL CHECK (entity IN ('contact', 'project', 'invoice', 'payment')),
    record_id          text NOT NULL,
    version            bigint NOT NULL CHECK (version >= 0),
    -- The version judged last: a claim takes no other, whatever comes while a message waits.
    judged_version     bigint,
    state              text NOT NULL DEFAULT 'waiting' CHECK (state IN
                           ('pending', 'dispatched', 'waiting', 'retrying', 'done', 'failed',
                            'skipped')),
    reason             text CHECK (reason IN
                           ('stage', 'unsent', 'parent', 'children', 'closed_books', 'decision')),
    code               text,
    sentence           text,
    since              timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    retry_at           timestamptz,
    skipped_by         text,
    skipped_version    bigint,
    dispatch_token     uuid,
    dispatched_at      timestamptz,
    claimed_by         uuid,
    claimed_at         timestamptz,
    settled_version    bigint,
    settled_basis      text,
    failed_version     bigint,
    failed_basis       text,
    failed_code        text,
    failed_sentence    text,
    generation         integer NOT NULL DEFAULT 0,
    transient_errors   integer NOT NULL DEFAULT 0,
    unfinished_starts  integer NOT NULL DEFAULT 0,
    CONSTRAINT one_row_per_record UNIQUE (company_id, entity, record_id),
    CONSTRAINT a_wait_has_a_reason CHECK ((state = 'waiting') = (reason IS NOT NULL)),
    CONSTRAINT a_failure_has_a_code CHECK (state <> 'failed' OR code IS NOT NULL),
    CONSTRAINT a_skip_has_an_author CHECK ((state = 'skipped') = (skipped_by IS NOT NULL)),
    CONSTRAINT a_retry_has_a_time CHECK ((state = 'retrying') = (retry_at IS NOT NULL)),
    -- A place is held exactly while dispatched; the token is the place.
    CONSTRAINT a_place_has_a_token CHECK ((state = 'dispatched') = (dispatch_token IS NOT NULL)),
    CONSTRAINT a_place_has_a_time CHECK ((state = 'dispatched') = (dispatched_at IS NOT NULL)),
    CONSTRAINT only_a_place_is_claimed CHECK (claimed_by IS NULL OR state = 'dispatched'),
    CONSTRAINT a_claim_has_a_time CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
    CONSTRAINT done_means_this_version CHECK (state <> 'done' OR settled_version = version)
);
CREATE INDEX records_pending ON proline_qbo.records (company_id, since, pk) WHERE state = 'pending';
CREATE INDEX records_dispatched ON proline_qbo.records (company_id) WHERE state = 'dispatched';
CREATE INDEX records_retrying ON proline_qbo.records (retry_at) WHERE state = 'retrying';
-- The slow look passes over hundreds of thousands of records that are done: its set and no other.
CREATE INDEX records_looked_at_slowly ON proline_qbo.records (pk)
    WHERE state = 'waiting' OR (state = 'done' AND entity = 'payment')
       OR (state = 'failed' AND code = 'parent_unknown');
-- Support knows a ProLine id, and not always the company it belongs to.
CREATE INDEX records_by_id ON proline_qbo.records (record_id);
CREATE UNIQUE INDEX records_token ON proline_qbo.records (dispatch_token)
    WHERE dispatch_token IS NOT NULL;

-- The newest snapshot, in a table of its own: a change of state rewrites a small row.
CREATE TABLE proline_qbo.snapshots (
    record_pk  bigint PRIMARY KEY REFERENCES proline_qbo.records ON DELETE CASCADE,
    version    bigint NOT NULL,
    snapshot   jsonb NOT NULL CHECK (jsonb_typeof(snapshot) = 'object')
);

-- A project once transferred stays transferred, in the mode it had then, whatever is chosen later.
CREATE TABLE proline_qbo.transfers (
    record_pk       bigint PRIMARY KEY REFERENCES proline_qbo.records ON DELETE CASCADE,
    customer_mode   text NOT NULL CHECK (customer_mode IN ('main', 'sub')),
    transferred_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    transferred_by  text NOT NULL
);

-- By key, so also on records that have not been seen yet.
CREATE TABLE proline_qbo.dependencies (
    record_pk     bigint NOT NULL REFERENCES proline_qbo.records ON DELETE CASCADE,
    company_id    text NOT NULL,
    on_entity     text NOT NULL CHECK (on_entity IN ('contact', 'project', 'invoice')),
    on_record_id  text NOT NULL,
    PRIMARY KEY (record_pk, on_entity, on_record_id)
);
CREATE INDEX dependencies_dependants
    ON proline_qbo.dependencies (company_id, on_entity, on_record_id, record_pk);

-- Running-balance invoices repeat the whole project sum: each is a member of one derived record.
CREATE TABLE proline_qbo.members (
    record_pk   bigint PRIMARY KEY REFERENCES proline_qbo.records ON DELETE CASCADE,
    company_id  text NOT NULL,
    project_id  text NOT NULL
);
CREATE INDEX members_of_project ON proline_qbo.members (company_id, project_id);

CREATE TABLE proline_qbo.links (
    realm_id    text NOT NULL,
    record_pk   bigint NOT NULL REFERENCES proline_qbo.records,
    part        text NOT NULL DEFAULT '',
    kind        text NOT NULL CHECK (kind IN ('Customer', 'Invoice', 'Payment')),
    qbo_id      text NOT NULL,
    sync_token  text NOT NULL,
    customer_id text,
    total       numeric(20, 5),
    owned       jsonb NOT NULL DEFAULT '{}',
    adopted     boolean NOT NULL DEFAULT false,
    voided      boolean NOT NULL DEFAULT false,
    generation  integer NOT NULL DEFAULT 0,
    linked_at   timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    PRIMARY KEY (realm_id, record_pk, part)
);
-- One QuickBooks object belongs to one record, whatever else goes wrong.
CREATE UNIQUE INDEX links_one_owner ON proline_qbo.links (realm_id, kind, qbo_id);
CREATE INDEX links_of_record ON proline_qbo.links (record_pk);

CREATE TABLE proline_qbo.attempts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_pk   bigint NOT NULL REFERENCES proline_qbo.records,
    realm_id    text NOT NULL,
    part        text NOT NULL DEFAULT '',
    generation  integer NOT NULL,
    version     bigint NOT NULL,
    basis       text NOT NULL,
    operation   text NOT NULL CHECK (operation IN ('create', 'update', 'void')),
    kind        text NOT NULL CHECK (kind IN ('Customer', 'Invoice', 'Payment')),
    path        text NOT NULL,
    params      jsonb NOT NULL,
    body        bytea NOT NULL CHECK (length(body) <= 1048576),
    request_id  text NOT NULL CHECK (length(request_id) <= 50),
    wanted      jsonb NOT NULL DEFAULT '{}',
    started_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    sends       integer NOT NULL DEFAULT 0,
    answer      text CHECK (answer IN ('applied', 'refused', 'unsent', 'archived')),
    answered_at timestamptz,
    status      integer,
    fault_code  text,
    intuit_tid  text,
    CONSTRAINT an_answer_has_a_time CHECK ((answer IS NULL) = (answered_at IS NULL))
);
-- While an outcome is unknown nothing else is written for that record: one open attempt at most.
CREATE UNIQUE INDEX attempts_one_open ON proline_qbo.attempts (record_pk) WHERE answer IS NULL;
CREATE INDEX attempts_of_record ON proline_qbo.attempts (record_pk, id);

CREATE TABLE proline_qbo.applications (
    payment_pk  bigint NOT NULL REFERENCES proline_qbo.records,
    realm_id    text NOT NULL,
    part        text NOT NULL DEFAULT '',
    invoice_pk  bigint NOT NULL REFERENCES proline_qbo.records,
    settled     numeric(20, 5) NOT NULL DEFAULT 0 CHECK (settled >= 0),
    open        numeric(20, 5) CHECK (open >= 0),
    -- What other payments must leave alone: what QuickBooks has, or what is on its way if larger.
    held        numeric(20, 5) NOT NULL
                    GENERATED ALWAYS AS (greatest(settled, coalesce(open, 0))) STORED,
    CONSTRAINT an_application_holds_something CHECK (settled > 0 OR open IS NOT NULL),
    PRIMARY KEY (realm_id, payment_pk, part, invoice_pk)
);
CREATE INDEX applications_of_invoice ON proline_qbo.applications (realm_id, invoice_pk);

CREATE TABLE proline_qbo.decisions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_pk    bigint NOT NULL REFERENCES proline_qbo.records,
    question     text NOT NULL,
    basis        text NOT NULL,
    asked_at     timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    answer       text,
    answered_by  text,
    answered_at  timestamptz,
    CONSTRAINT an_answer_has_an_author CHECK
        ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL))
);
CREATE UNIQUE INDEX decisions_one_open ON proline_qbo.decisions (record_pk) WHERE answer IS NULL;
CREATE INDEX decisions_of_record ON proline_qbo.decisions (record_pk, id);

CREATE TABLE proline_qbo.findings (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id   text NOT NULL,
    record_pk    bigint REFERENCES proline_qbo.records,
    kind         text NOT NULL,
    key          text NOT NULL DEFAULT '',
    sentence     text NOT NULL,
    found_at     timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    resolved_at  timestamptz,
    resolved_by  text,
    CONSTRAINT once_per_event UNIQUE NULLS NOT DISTINCT (company_id, record_pk, kind, key)
);

-- The ring: one row per company that ever had work; `position` is its turn, NULL without one.
CREATE TABLE proline_qbo.ring (
    company_id  text PRIMARY KEY REFERENCES proline_qbo.companies,
    position    bigint,
    not_before  timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX ring_turns ON proline_qbo.ring (position) WHERE position IS NOT NULL;
CREATE SEQUENCE proline_qbo.ring_tail;
CREATE SEQUENCE proline_qbo.ring_head INCREMENT BY -1 MAXVALUE -1 START -1;
"""


def upgrade() -> None:
    """Create records, what they hang from, attempts, links, decisions, findings and the ring."""
    op.execute(SCHEMA)


def downgrade() -> None:
    """Remove them."""
    op.execute(
        "DROP TABLE proline_qbo.ring, proline_qbo.findings, proline_qbo.decisions,"
        " proline_qbo.applications, proline_qbo.attempts, proline_qbo.links, proline_qbo.members,"
        " proline_qbo.dependencies, proline_qbo.transfers, proline_qbo.snapshots,"
        " proline_qbo.records CASCADE"
    )
    op.execute("DROP SEQUENCE proline_qbo.ring_tail, proline_qbo.ring_head")
