"""Locks that two transactions both take are taken in one order: the company, then its limiter.

So go a change of settings and a connect of the office; a worker that was told 429 does the same.
"""

import psycopg

from tests.support.roofer import COMPANY, Roofer, until

HELD = "SELECT FROM proline_qbo.companies WHERE id = %s FOR NO KEY UPDATE"
WAITING = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def test_a_worker_told_429_waits_for_the_company_before_it_locks_the_limiter(
    roofer: Roofer,
) -> None:
    """The other way round the office's change of settings and the worker wait for each other."""
    roofer.fault({"entity": "customer", "operation": "create"}, status=429, xml=True)

    with psycopg.connect(roofer.proline.info.dsn) as office:
        office.execute(HELD, [COMPANY])
        roofer.contact().project()
        until(lambda: roofer.writes("customer") and roofer.rows(WAITING))

        free = office.execute("SELECT realm_id FROM proline_qbo.limiters FOR UPDATE NOWAIT")

        assert free.fetchall() == [(roofer.realm.settings.realm_id,)]
    roofer.settle()
    assert roofer.record("contact", "c1").state == "done"
