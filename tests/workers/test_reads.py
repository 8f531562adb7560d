"""Reads cost money: in the steady state there is none, and each that is spent has its reason."""

from connections.settings import CompanySettings
from tests.workers.conftest import NewRoofer

CREATE = CompanySettings(existing_customers="create", customer_mode="sub")


def test_in_the_steady_state_one_change_is_one_request(new_roofer: NewRoofer) -> None:
    """Creates, edits, payments and voids of what nobody else touches read nothing."""
    roofer = new_roofer(settings=CREATE)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()
    assert len(roofer.writes()) == 4
    roofer.contact(phone="555-0100").settle()
    roofer.invoice("i2", "70.00").settle()
    roofer.void("payment", "y1").settle()

    assert len(roofer.writes()) == 7
    assert roofer.reads() == []


def test_a_first_transfer_under_a_matching_rule_reads_once(new_roofer: NewRoofer) -> None:
    """The contact is looked for by name, once and never again."""
    roofer = new_roofer()

    roofer.contact().project().settle()
    roofer.contact(phone="555-0100").project("p2", number="2002").settle()

    assert roofer.reads() == ["existing_customer"]
