"""Defects of what every process meets in the database.

What replaces a function asks for it first: one of another name would be made beside it, and would
change nothing.
"""

from typing import Final

LIMITER_WITHOUT_ITS_ROW: Final = """
SELECT 'proline_qbo.lock_limiter(text)'::regprocedure;
CREATE OR REPLACE FUNCTION proline_qbo.lock_limiter(realm text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    INSERT INTO proline_qbo.limiters (realm_id) VALUES (realm) ON CONFLICT DO NOTHING;
END $body$
"""
"""Counts the calls of a realm without its row: two callers count the same place."""

NOW_FOR_THE_CLOCK: Final = """
SELECT 'proline_qbo.clock()'::regprocedure;
CREATE OR REPLACE FUNCTION proline_qbo.clock() RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT now()'
"""
"""Takes the beginning of the transaction for the time: whoever waited for a lock is in the past."""

CREATED_AS_ITS_TRANSACTION_BEGAN: Final = """
ALTER TABLE proline_outbox.outbox_events ALTER created_at SET DEFAULT now()
"""
"""Stamps an event with the time at which its transaction began, long before its commit perhaps."""
