"""Nudges are taken oldest first, once, and only with the transaction that evaluates them."""

import psycopg
import pytest

from coordination import nudges
from coordination.database import Connection, Pool
from coordination.nudges import About


def test_nudges_are_taken_in_order_and_in_bounded_batches(connection: Connection) -> None:
    """The relay's work of one tick has a limit."""
    nudges.nudge(connection, "a", "project", "7")
    nudges.nudge_many(connection, [About("b"), About("c", "invoice", "9")])

    first = nudges.take(connection, 2)
    second = nudges.take(connection, 2)

    assert [(n.company_id, n.entity, n.record_id) for n in first] == [
        ("a", "project", "7"),
        ("b", None, None),
    ]
    assert [n.company_id for n in second] == ["c"]
    assert nudges.take(connection, 1) == []


def test_a_nudge_is_back_when_its_evaluation_fails(pool: Pool) -> None:
    """Taken and evaluated are one transaction: no wake-up is lost to a crash."""
    with pool.connection() as c:
        nudges.nudge(c, "a")

    with pool.connection() as c:
        nudges.take(c)
        c.rollback()

    with pool.connection() as c:
        assert [taken.company_id for taken in nudges.take(c)] == ["a"]


def test_a_nudge_names_a_whole_record_or_a_company(connection: Connection) -> None:
    """Half a name is refused by the table."""
    with pytest.raises(psycopg.errors.CheckViolation):
        nudges.nudge(connection, "a", entity="project")
