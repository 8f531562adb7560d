"""Explaining a record: found by ProLine's id alone, and said in one sentence what it waits for."""

import pytest

from coordination.database import Pool
from records import explaining
from records.explaining import explain, explain_each
from tests.support.proline import ACME, connect_company, enable_company, realm_of
from tests.support.put_records import NOON, link, put

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


def because(pool: Pool, *pks: int) -> list[str]:
    """Say why each of these stands where it does, as a list and each alone."""
    with pool.connection() as connection:
        found = explain_each(connection, ACME, pks)
        listed = [found[pk].because(None, frozenset()) for pk in pks]
        for pk, said in zip(pks, listed, strict=True):
            (alone,) = explain(connection, found[pk].record_id, entity=found[pk].entity)
            assert alone.because(None, frozenset()) == said
    return listed


FORMER = "It is in the QuickBooks company from before (ID ending in 0001), under id 8."


def test_what_was_done_in_books_given_up_is_said_to_be_there(pool: Pool) -> None:
    """Nothing done before is booked again, and an office that looks for it finds it."""
    with pool.connection() as connection:
        connect_company(connection)
        there = put(connection, "invoice", "i1")
        in_both = put(connection, "invoice", "i2")
        nowhere = put(connection, "project", "p1")
        link(connection, there, "Invoice", "8", "before-0001")
        link(connection, in_both, "Invoice", "9", "before-0001")
        link(connection, in_both, "Invoice", "77", realm_of(ACME))

    assert because(pool, there, in_both, nowhere) == [
        FORMER,
        "It is in QuickBooks as ProLine has it, under id 77.",
        "It needs nothing in QuickBooks.",
    ]


def test_of_several_books_given_up_the_last_is_named(pool: Pool) -> None:
    """That is where the office worked last."""
    with pool.connection() as connection:
        connect_company(connection)
        pk = put(connection, "invoice", "i1")
        link(connection, pk, "Invoice", "7", "earlier-0002")
        link(connection, pk, "Invoice", "8", "before-0001")
        connection.execute("UPDATE proline_qbo.links SET linked_at = %s WHERE qbo_id = '7'", [NOON])

    assert because(pool, pk) == [FORMER]


def test_a_record_that_is_not_done_is_explained_by_what_it_waits_for(pool: Pool) -> None:
    """What former books have of it is no answer."""
    with pool.connection() as connection:
        connect_company(connection)
        pk = put(connection, "invoice", "i1", "failed")
        link(connection, pk, "Invoice", "8", "before-0001")

    assert because(pool, pk) == ["It is failed."]
