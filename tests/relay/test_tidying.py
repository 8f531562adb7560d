"""The leader removes what no longer counts as fast as it comes, and never much at a time."""

from coordination.database import Pool
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, enable_company, project
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


def test_old_requests_are_emptied_and_go_on_counting(pool: Pool) -> None:
    """What was sent is a customer's data; that it was answered is a part of the next request id."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool), limits(tidy_batch=2))
    office.say("contact", contact())
    office.say("project", project())
    office.finish()
    office.do(OLD_ATTEMPTS)

    for seconds in (60.0, 1.0, 1.0):
        office.hand.after(seconds)

    rows = office.rows(
        "SELECT answer, length(body) AS bytes, wanted FROM proline_qbo.attempts ORDER BY id"
    )
    assert [(row.answer, row.bytes, row.wanted) for row in rows] == [
        ("applied", 0, {}),
        ("refused", 0, {}),
        (None, 5, {"a": 1}),
    ]


# One of each answer, and one whose outcome is still unknown: its bytes have to go out again.
OLD_ATTEMPTS = """
INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation, version, basis, operation, kind,
    path, params, body, request_id, wanted, started_at, answer, answered_at)
SELECT pk, 'realm', 0, 1, '', 'create', 'Customer', '/', '[]', 'bytes', n::text, '{"a": 1}', at,
       CASE n WHEN 1 THEN 'applied' WHEN 2 THEN 'refused' END, CASE WHEN n < 3 THEN at END
FROM (SELECT pk FROM proline_qbo.records LIMIT 1) r, generate_series(1, 3) AS n,
     (SELECT proline_qbo.clock() - interval '40 days') k (at)
"""
