"""What a question is about is looked up by its ids, and of its own company alone."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.database import Pool
from records.asked_about import customers_asked_about, invoices_asked_about
from records.id_lists import join_ids, split_ids
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    ACME,
    contact,
    enable_company,
    invoice,
    pays,
    project,
    running,
)
from tests.support.relay_in_hand import Office

OTHER = "other"


@pytest.fixture
def job(pool: Pool) -> Pool:
    """Give a company whose contact has a project with invoices and a payment, all of them sent."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice(), running("r1", "50.00"))
    office.say("payment", pays("y1", "40.00", i1="40.00"))
    office.finish()
    return pool


@given(st.lists(st.text(min_size=1)))
def test_any_ids_are_read_as_they_were_written(ids: list[str]) -> None:
    """Also those that hold what parts them."""
    assert list(split_ids(join_ids(ids))) == sorted(ids)


def test_an_invoice_is_found_with_what_is_not_paid_of_it(job: Pool) -> None:
    """What stands for a whole project is one too; what nobody knows is left out."""
    with job.connection() as connection:
        found = invoices_asked_about(connection, ACME, ["i1", "running:p1", "i9"])

    whole = found["i1"].shown.amount
    assert whole is not None
    assert {each: one.left for each, one in found.items()} == {
        "i1": whole - 40,
        "running:p1": Decimal(50),
    }


def test_another_companys_invoices_and_customers_are_not_found(job: Pool) -> None:
    """Whatever ids are named."""
    with job.connection() as connection:
        (pk,) = connection.execute(
            "SELECT pk FROM proline_qbo.records WHERE record_id = 'c1'"
        ).fetchone() or (0,)

        assert invoices_asked_about(connection, OTHER, ["i1"]) == {}
        assert customers_asked_about(connection, OTHER, [pk]) == {}
        assert customers_asked_about(connection, ACME, [pk])[pk].qbo_id
