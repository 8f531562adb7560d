"""Who holds money on an invoice is asked while its payments wait: by index, whatever is there."""

from coordination.database import open_pool
from records.holders import HOLDERS, LOCKED_IN_QUICKBOOKS

ASKED_FOR = (
    "Index Cond: ((realm_id = COALESCE(c.realm_id, c.former_realm_id)) AND (invoice_pk = i.pk))"
)


def test_a_workers_session_finds_the_holders_by_realm_and_invoice(database_url: str) -> None:
    """Of an empty table's plan too, which a session keeps while the table grows."""
    with (
        open_pool(database_url, max_size=1, application_name="test", by_key=True) as pool,
        pool.connection() as connection,
    ):
        rows = connection.execute(f"EXPLAIN {HOLDERS}", [list(LOCKED_IN_QUICKBOOKS), [1]])
        plan = [line.strip() for (line,) in rows.fetchall()]

    assert ASKED_FOR in plan
    assert not any("Seq Scan" in line for line in plan)
