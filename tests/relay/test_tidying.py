"""The leader removes what no longer counts as fast as it comes, and never much at a time."""

from coordination.database import Pool
from tests.support.hand_worker import HandWorker
from tests.support.proline import enable_company
from tests.support.relay_in_hand import Office, limits

OLD_CALLS = (
    "INSERT INTO proline_qbo.calls"
    " (realm_id, company_id, process_id, kind, purpose, slot_at, ended_at)"
    " SELECT 'realm-old', 'acme', gen_random_uuid(), 'write', 'old', long_ago, long_ago"
    " FROM generate_series(1, 17), (SELECT proline_qbo.clock() - interval '40 days') k (long_ago)"
)


def test_old_calls_go_in_a_few_pieces_a_tick_until_none_is_left(pool: Pool) -> None:
    """A piece a minute would be less than a busy fleet makes."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(tidy_batch=2))
    office.hand.drain()
    office.do("INSERT INTO proline_qbo.limiters (realm_id) VALUES ('realm-old')")
    office.do(OLD_CALLS)

    left = []
    for seconds in (60.0, 1.0, 1.0):
        office.hand.after(seconds)
        left.append(len(office.rows("SELECT FROM proline_qbo.calls")))

    assert left == [7, 0, 0]
