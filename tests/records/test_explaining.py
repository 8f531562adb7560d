"""Explaining a record: found by ProLine's id alone, and said in one sentence what it waits for."""

import pytest

from coordination.database import Pool
from records import explaining
from tests.support.proline import ACME, enable_company

MANY = """
INSERT INTO proline_qbo.records (company_id, entity, record_id, version, reason)
SELECT %s, 'invoice', 'i' || g, 1, 'stage' FROM generate_series(1, 20000) g
"""


def plan(pool: Pool) -> str:
    """Show how one of very many records is found by its id alone."""
    arguments = {"record_id": "i7", "entity": None, "company_id": None}
    with pool.connection() as connection:
        connection.execute("ANALYZE proline_qbo.records")
        found = connection.execute(f"EXPLAIN {explaining.FIND}", arguments).fetchall()
    return "\n".join(line for (line,) in found)


@pytest.fixture
def many(pool: Pool) -> Pool:
    """Give a database with very many records."""
    with pool.connection() as connection:
        enable_company(connection)
        connection.execute(MANY, [ACME])
    return pool


def test_one_of_very_many_records_is_found_without_reading_them_all(many: Pool) -> None:
    """Support knows ProLine's id, and not always the company."""
    assert "using records_by_id" in plan(many)
