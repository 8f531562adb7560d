"""What every process shares: the clock, processes, leadership, nudges, limiters and calls."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCHEMA = """
CREATE SCHEMA proline_qbo;

-- The one source of time in all SQL; tests replace it. Never now(): that is the
-- transaction's start, and a limiter that waits for a row lock would count by the past.
CREATE FUNCTION proline_qbo.clock() RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT clock_timestamp()';

CREATE TABLE proline_qbo.processes (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('relay', 'worker', 'web', 'cli')),
    host        text NOT NULL,
    pid         integer NOT NULL,
    queues      text[] NOT NULL DEFAULT '{}',
    threads     integer NOT NULL DEFAULT 0 CHECK (threads BETWEEN 0 AND 256),
    claims      uuid[] NOT NULL DEFAULT '{}',
    beats       bigint NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    beat_at     timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    gone_at     timestamptz
);
COMMENT ON COLUMN proline_qbo.processes.claims IS
    'dispatch tokens of the claims this process is running, as of its last beat';
CREATE INDEX processes_living ON proline_qbo.processes (beat_at) WHERE gone_at IS NULL;

CREATE TABLE proline_qbo.leadership (
    name    text PRIMARY KEY,
    holder  uuid,
    term    bigint NOT NULL DEFAULT 0,
    beats   bigint NOT NULL DEFAULT 0,
    beat_at timestamptz
);
INSERT INTO proline_qbo.leadership (name) VALUES ('relay');

CREATE TABLE proline_qbo.nudges (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id  text NOT NULL,
    entity      text CHECK (entity IN ('contact', 'project', 'invoice', 'payment')),
    record_id   text,
    created_at  timestamptz NOT NULL DEFAULT proline_qbo.clock(),
    CONSTRAINT nudge_names_a_record_or_a_company CHECK ((entity IS NULL) = (record_id IS NULL))
);

CREATE TABLE proline_qbo.limiters (
    realm_id       text PRIMARY KEY,
    ceiling        integer NOT NULL DEFAULT 450 CHECK (ceiling BETWEEN 0 AND 500),
    last_slot_at   timestamptz,
    paused_until   timestamptz,
    lowered_until  timestamptz
);

CREATE TABLE proline_qbo.calls (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    realm_id     text NOT NULL REFERENCES proline_qbo.limiters,
    company_id   text NOT NULL,
    record_pk    bigint,
    attempt_id   bigint,
    process_id   uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('read', 'write')),
    purpose      text NOT NULL CHECK (length(purpose) <= 64),
    slot_at      timestamptz NOT NULL,
    ended_at     timestamptz,
    unsent       boolean NOT NULL DEFAULT false,
    status       integer,
    fault_code   text,
    intuit_tid   text,
    CONSTRAINT unsent_is_ended CHECK (NOT unsent OR ended_at IS NOT NULL)
);
CREATE INDEX calls_in_window ON proline_qbo.calls (realm_id, ended_at) WHERE NOT unsent;
CREATE INDEX calls_ended ON proline_qbo.calls (ended_at);
CREATE INDEX calls_open ON proline_qbo.calls (realm_id) WHERE ended_at IS NULL;
CREATE INDEX calls_of_process ON proline_qbo.calls (process_id) WHERE ended_at IS NULL;
CREATE INDEX calls_of_attempt ON proline_qbo.calls (attempt_id) WHERE attempt_id IS NOT NULL;
"""

SLOTS = """
-- When the next call of a realm may leave: `until` instead of `slot_at` when it may not yet.
-- Whoever calls this holds the limiter's row lock; every statement here has a snapshot of its own,
-- newer than the lock, because the function is VOLATILE and the transaction READ COMMITTED.
CREATE FUNCTION proline_qbo.next_slot(
    realm text, counted integer, window_length interval, in_flight integer, pace interval,
    longest_wait interval, OUT slot_at timestamptz, OUT clock_at timestamptz, OUT until timestamptz)
LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    limiter   proline_qbo.limiters;
    last_end  timestamptz;
    allowed   integer;
    open_now  integer;
    ended     integer;
    overflow  integer;
BEGIN
    SELECT * INTO STRICT limiter FROM proline_qbo.limiters WHERE realm_id = realm;
    -- The ends before the clock: one that is committed between the two is no clock that went back.
    SELECT max(ended_at) INTO last_end FROM proline_qbo.calls
     WHERE realm_id = realm AND NOT unsent;
    clock_at := proline_qbo.clock();
    IF last_end > clock_at THEN
        -- The clock went back. What ended "later" counts as ended now, and one window is waited.
        UPDATE proline_qbo.calls SET ended_at = clock_at
         WHERE realm_id = realm AND NOT unsent AND ended_at > clock_at;
        UPDATE proline_qbo.limiters
           SET last_slot_at = least(last_slot_at, clock_at), paused_until = clock_at + window_length
         WHERE realm_id = realm;
        until := clock_at + window_length;
        RETURN;
    END IF;
    IF limiter.paused_until > clock_at THEN
        until := limiter.paused_until;
        RETURN;
    END IF;
    allowed := CASE WHEN limiter.lowered_until > clock_at THEN limiter.ceiling / 2
                    ELSE limiter.ceiling END;
    SELECT count(*) INTO open_now FROM proline_qbo.calls
     WHERE realm_id = realm AND NOT unsent AND ended_at IS NULL;
    SELECT count(*) INTO ended FROM proline_qbo.calls
     WHERE realm_id = realm AND NOT unsent AND ended_at > clock_at - window_length;
    overflow := open_now + ended + counted - allowed;
    IF overflow > 0 THEN
        SELECT ended_at + window_length INTO until FROM proline_qbo.calls
         WHERE realm_id = realm AND NOT unsent AND ended_at > clock_at - window_length
         ORDER BY ended_at OFFSET greatest(least(overflow, ended) - 1, 0) LIMIT 1;
        until := coalesce(until, clock_at + longest_wait);
        RETURN;
    END IF;
    IF open_now + counted > in_flight THEN
        until := clock_at + pace;
        RETURN;
    END IF;
    slot_at := greatest(clock_at, limiter.last_slot_at + pace);
    IF slot_at > clock_at + longest_wait THEN
        until := slot_at - longest_wait;
        slot_at := NULL;
        RETURN;
    END IF;
    UPDATE proline_qbo.limiters l SET last_slot_at = next_slot.slot_at WHERE realm_id = realm;
END $body$;

-- Hold the limiter's row until the caller's transaction ends; make it at a realm's first call.
CREATE FUNCTION proline_qbo.lock_limiter(realm text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE 'a slot is taken at READ COMMITTED only: an older snapshot would miscount';
    END IF;
    PERFORM FROM proline_qbo.limiters WHERE realm_id = realm FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO proline_qbo.limiters (realm_id) VALUES (realm) ON CONFLICT DO NOTHING;
        PERFORM FROM proline_qbo.limiters WHERE realm_id = realm FOR UPDATE;
    END IF;
END $body$;

-- One round trip for a slot: lock, then clock, then count, then the row of the call.
CREATE FUNCTION proline_qbo.take_slot(
    realm text, company text, process uuid, call_kind text, call_purpose text,
    call_record bigint, call_attempt bigint,
    window_length interval, in_flight integer, pace interval, longest_wait interval,
    OUT living boolean, OUT call_id bigint, OUT wait_seconds double precision,
    OUT until timestamptz)
LANGUAGE plpgsql VOLATILE AS $body$
DECLARE found_slot record;
BEGIN
    PERFORM proline_qbo.lock_limiter(realm);
    living := EXISTS (SELECT FROM proline_qbo.processes WHERE id = process AND gone_at IS NULL);
    IF NOT living THEN
        RETURN;
    END IF;
    found_slot := proline_qbo.next_slot(realm, 1, window_length, in_flight, pace, longest_wait);
    until := found_slot.until;
    IF found_slot.slot_at IS NULL THEN
        RETURN;
    END IF;
    wait_seconds := extract(epoch FROM found_slot.slot_at - found_slot.clock_at);
    INSERT INTO proline_qbo.calls
        (realm_id, company_id, record_pk, attempt_id, process_id, kind, purpose, slot_at)
    VALUES (realm, company, call_record, call_attempt, process, call_kind, call_purpose,
            found_slot.slot_at)
    RETURNING id INTO call_id;
END $body$;

-- A thread that woke too late moves its own row, which goes on counting, to a new slot.
CREATE FUNCTION proline_qbo.move_slot(
    call bigint, window_length interval, in_flight integer, pace interval, longest_wait interval,
    OUT living boolean, OUT call_id bigint, OUT wait_seconds double precision,
    OUT until timestamptz)
LANGUAGE plpgsql VOLATILE AS $body$
DECLARE
    found_slot  record;
    realm       text := (SELECT realm_id FROM proline_qbo.calls WHERE id = call);
BEGIN
    PERFORM proline_qbo.lock_limiter(realm);
    living := EXISTS (SELECT FROM proline_qbo.calls WHERE id = call AND ended_at IS NULL);
    IF NOT living THEN
        RETURN;
    END IF;
    found_slot := proline_qbo.next_slot(realm, 0, window_length, in_flight, pace, longest_wait);
    until := found_slot.until;
    IF found_slot.slot_at IS NULL THEN
        RETURN;
    END IF;
    wait_seconds := extract(epoch FROM found_slot.slot_at - found_slot.clock_at);
    UPDATE proline_qbo.calls SET slot_at = found_slot.slot_at WHERE id = call
    RETURNING id INTO call_id;
END $body$;
"""


def upgrade() -> None:
    """Create the schema proline_qbo and the shared tables."""
    op.execute(SCHEMA + SLOTS)


def downgrade() -> None:
    """Remove the schema with everything in it."""
    op.execute("DROP SCHEMA proline_qbo CASCADE")
