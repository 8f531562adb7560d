"""The checker sees what is out of order, before its parent, or void too early."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chaos.checker import Kind
from demo.comparer.proline import AllocationRow
from tests.chaos.calls import Written, at, kinds, running, shown_in_turn, sound, voided_in_proline


def test_a_write_before_its_commit_is_seen() -> None:
    """What is not committed yet may never be."""
    written = sound()
    written.revision(4, committed=7.5)
    written.customer(7, 4, "update")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_an_older_revision_after_a_newer_is_seen() -> None:
    """Versions of one record are written in the order of their commits."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.revision(6)
    written.customer(7, 5, "update")
    written.customer(8, 4, "update")
    written.customer(9, 6, "update")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_order_is_that_in_which_the_books_changed() -> None:
    """Two calls that overtake each other on the way are judged by what became of the books."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", applied_at=at(8.5), ended_at=at(8.6))
    written.customer(8, 5, "update", applied_at=at(8.1), ended_at=at(8.2))
    written.revision(6)
    written.customer(9, 6, "update")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1, Kind.OVERLAPS: 1}


def test_a_refused_older_revision_harms_nobody() -> None:
    """QuickBooks refuses a stale SyncToken: its books did not change."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 5, "update")
    written.customer(8, 4, "update", applied_at=None)

    assert written.judged().is_clean


def test_members_of_a_running_balance_each_go_forwards() -> None:
    """One object shows them in turn: after a void it is an older one's again, and that goes on."""
    written = shown_in_turn()
    written.revision(6, "invoice", "i2", total="100.00")
    written.revision(7, "invoice", "i3", total="100.00", gone=True, committed=9)
    written.invoice(10, 4, "update", object_id="6")
    assert written.judged().is_clean

    written.invoice(11, 6, "update", object_id="6")
    written.invoice(12, 4, "update", object_id="6")
    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


@pytest.mark.parametrize("void_at", [None, 11.0], ids=["it lives", "it lives until then"])
def test_an_older_member_while_the_newer_lives_is_seen(void_at: float | None) -> None:
    """Of a project's running balance the newest living invoice shows, and that alone."""
    written = shown_in_turn()
    if void_at is not None:
        written.revision(7, "invoice", "i3", total="100.00", gone=True, committed=void_at)
    written.invoice(10, 4, "update", object_id="6")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_an_older_member_is_seen_also_behind_one_that_is_void() -> None:
    """Three were shown: with the last void it is the second's turn, not the first's."""
    written = shown_in_turn()
    written.invoices.append(running("i4", "4"))
    written.revision(6, "invoice", "i4", total="100.00")
    written.revision(7, "invoice", "i4", total="100.00", gone=True, committed=9.5)
    written.invoice(9, 6, "update", object_id="6")
    written.invoice(10, 4, "update", object_id="6")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_the_newest_member_is_the_one_that_was_sent_last() -> None:
    """Whatever its id, and whatever its revision: here it is i2, which i3 must not follow."""
    written = shown_in_turn(sent=20.0)
    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}

    written.invoice(10, 4, "update", object_id="6")
    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_a_child_before_its_parent_is_seen() -> None:
    """Whatever a create refers to was made before it."""
    written = Written()
    written.revision(1)
    written.revision(2, "invoice", "i1", total="100.00")
    written.invoice(5, 2, customer="1")
    written.customer(6, 1, object_id="1")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


@pytest.mark.parametrize("customer", ["1", "9"], ids=["made meanwhile", "never made"])
def test_a_child_before_its_parent_is_seen_also_where_quickbooks_refuses_it(customer: str) -> None:
    """It refuses every one: what was asked for tells."""
    written = Written()
    written.revision(1)
    written.revision(2, "invoice", "i1", total="100.00")
    written.customer(4.9, 1, ended_at=at(5.3), applied_at=at(5.2))
    written.invoice(5, 2, customer=customer, status=400, applied_at=None)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_a_parent_of_which_nobody_had_an_answer_is_there() -> None:
    """It was made; its child comes once somebody has found it."""
    written = sound()
    written.calls[0] = replace(written.calls[0], status=None)

    assert written.judged().is_clean


def test_a_payment_that_leaves_out_its_invoice_is_seen() -> None:
    """A payment waits for the invoices it pays: booked without one, it came too early."""
    written = sound()
    written.revision(4, "payment", "y2", total="10.00")
    written.allocations.append(AllocationRow("y2", "i1", Decimal("10.00")))
    written.payment(7, 4, "10", amount="10.00", pays=None)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}

    written.calls[-1] = replace(written.calls[-1], status=400, applied_at=None)
    assert kinds(written.judged())[Kind.INVERSIONS] == 1


def test_a_void_of_what_is_still_paid_is_seen() -> None:
    """Removal flows up: the payments go first."""
    written = voided_in_proline()
    written.call(9, "Invoice", "void", "5", {"Id": "5", "SyncToken": "0"})
    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}

    written = voided_in_proline()
    written.call(9, "Payment", "void", "9", {"Id": "9", "SyncToken": "0"})
    written.call(10, "Invoice", "void", "5", {"Id": "5", "SyncToken": "0"})
    assert written.judged().is_clean


def test_a_sparse_update_of_a_payment_leaves_what_it_pays() -> None:
    """What is not said stays as it is: its invoice is still paid."""
    written = voided_in_proline()
    written.call(
        9, "Payment", "update", "9", {"Id": "9", "SyncToken": "0", "TxnDate": "2026-01-01"}
    )
    written.call(10, "Invoice", "void", "5", {"Id": "5", "SyncToken": "0"})

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_a_running_balance_is_void_with_its_members() -> None:
    """They are void in ProLine, and what stands for them is in QuickBooks."""
    written = shown_in_turn()
    written.revision(9, "invoice", "i2", total="100.00", gone=True)
    written.revision(10, "invoice", "i3", total="100.00", gone=True)
    written.call(11, "Invoice", "void", "6", {"Id": "6", "SyncToken": "1"})

    assert written.judged().is_clean


@pytest.mark.parametrize("committed", [None, 9.5])
def test_a_void_of_what_is_not_void_is_seen(committed: float | None) -> None:
    """Never voided in ProLine, or not yet."""
    written = sound()
    if committed is not None:
        written.revision(4, "payment", "y1", total="40.00", gone=True, committed=committed)
    written.call(9, "Payment", "void", "9", {"Id": "9", "SyncToken": "0"})

    assert kinds(written.judged()) == {Kind.STRAYS: 1}
