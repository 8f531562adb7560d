"""The checker sees each broken promise, once, and none where none is."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chaos.checker import Facts, Kind, Realm, Verdict, judge
from chaos.checker.repeats import LOOKED_FOR_AFTER
from chaos.ground import Contractor
from chaos.harm.diary import Diary
from chaos.judging import modes_of
from demo.comparer import Books, Customer, Ledger, Office, expected_books
from demo.comparer.proline import AllocationRow, InvoiceRow
from records.claims import OpenAttempt
from tests.chaos.calls import BEGAN, COMPANY, OTHER, Written, at, sound
from tests.demo.sample_ledger import ENABLED, LATER, ledger
from workers.lookups import query_for
from workers.waits import Waits


def kinds(verdict: Verdict) -> Counter[Kind]:
    """Count what the checker found."""
    return Counter(each.kind for each in verdict.breaches)


def test_a_sound_run_is_clean() -> None:
    """A contact, its invoice and a payment, each written once and in order, break nothing."""
    verdict = sound().judged()

    assert verdict.breaches == ()
    assert verdict.writes == 3
    assert verdict.is_clean


def test_a_run_without_a_write_proves_nothing() -> None:
    """Whoever writes nothing breaks no promise, and keeps none."""
    assert not Written().judged().is_clean


def test_a_revision_that_was_never_committed_is_seen() -> None:
    """What was rolled back in ProLine must not be in QuickBooks."""
    written = sound()
    written.customer(7, 99, "update")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_a_create_without_a_revision_is_seen() -> None:
    """Every record carries one: what comes without is not of ProLine."""
    written = sound()
    written.call(7, "Customer", "create", "2", {"DisplayName": "Nobody"})

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_another_records_object_is_seen() -> None:
    """What was made for one record is never written for another, even if that is put right."""
    written = sound()
    written.revision(4, record_id="c2")
    written.revision(5)
    written.customer(7, 4, "update")
    written.customer(8, 5, "update")

    found = kinds(written.judged())

    assert found == {Kind.STRAYS: 1}


def test_a_change_of_another_kind_is_seen() -> None:
    """An invoice shows no contact's revision."""
    written = sound()
    written.revision(4, record_id="c2")
    written.invoice(8, 4, object_id="6")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


@pytest.mark.parametrize("entity", ["contact", "project"])
def test_a_change_that_never_arrives_is_seen(entity: str) -> None:
    """By the log alone: the object shows an older revision than its record's newest."""
    written = sound()
    written.revision(4, entity, "x1")
    written.revision(5, entity, "x1")
    place = {"PrimaryPhone": {"FreeFormNumber": "(555) 010-4"}}
    if entity == "project":
        place = {"ShipAddr": {"Line2": "Unit 4"}}
    written.call(7, "Customer", "create", "2", place)

    assert kinds(written.judged()) == {Kind.LOST: 1}


@pytest.mark.parametrize(
    ("entity", "record_id", "total"), [("invoice", "i1", "100.00"), ("payment", "y1", "40.00")]
)
def test_a_documents_change_that_never_arrives_is_seen(
    entity: str, record_id: str, total: str
) -> None:
    """Its sum is as before, so the comparer may see nothing of it."""
    written = sound()
    written.revision(4, entity, record_id, total=total)

    assert kinds(written.judged()) == {Kind.LOST: 1}


def test_another_companys_record_of_the_same_id_is_another() -> None:
    """Its change arrives in its own books."""
    written = sound()
    written.revision(4, company_id=OTHER)

    assert written.judged().is_clean


def test_what_is_void_need_not_arrive() -> None:
    """A void document's words are nobody's any more: the comparer judges that it is void."""
    written = voided_in_proline()
    written.call(9, "Payment", "void", "9", {"Id": "9", "SyncToken": "0"})
    written.call(10, "Invoice", "void", "5", {"Id": "5", "SyncToken": "0"})
    written.revision(11, "invoice", "i1", total="100.00", gone=True)

    assert written.judged().is_clean


def test_one_version_written_twice_is_seen() -> None:
    """The same words of the same revision change nothing."""
    written = sound()
    written.revision(4)
    written.customer(7, 4, "update")
    written.customer(8, 4, "update")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_the_token_of_a_version_is_none_of_its_words() -> None:
    """Each write raises it."""
    written = sound()
    written.revision(4)
    for token in ("0", "1"):
        body = {"PrimaryPhone": {"FreeFormNumber": "(555) 010-4"}, "SyncToken": token}
        written.call(7 + int(token), "Customer", "update", "1", body)

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_another_companys_change_is_seen() -> None:
    """A company's books hold nothing of another's."""
    written = sound()
    written.revision(4, record_id="c9", company_id=OTHER)
    written.customer(7, 4, object_id="2")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


SITES: Mapping[str, tuple[str, str, str]] = {
    "a project of another company": (OTHER, "project", "p1"),
    "a contact": (COMPANY, "contact", "p1"),
    "another project": (COMPANY, "project", "p2"),
}


@pytest.mark.parametrize(("company_id", "entity", "record_id"), SITES.values(), ids=SITES)
def test_an_invoice_with_another_job_site_is_seen(
    company_id: str, entity: str, record_id: str
) -> None:
    """It says where the job of its own project is, and with it a revision of that."""
    written = with_site()
    written.revision(6, entity, record_id, company_id=company_id)
    written.invoice(8, 5, "update", site=6)

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_a_job_site_that_was_never_committed_is_seen() -> None:
    """What was rolled back in ProLine must not be in QuickBooks, wherever it would stand."""
    written = with_site()
    written.invoice(8, 5, "update", site=99)

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


def test_an_older_job_site_stays_until_the_invoice_is_written() -> None:
    """A project that is changed has no invoice written anew."""
    written = with_site()
    written.revision(6, "project", "p1")

    assert written.judged().is_clean


def test_a_job_site_before_its_commit_is_seen() -> None:
    """What is not committed yet may never be."""
    written = with_site()
    written.revision(6, "project", "p1", committed=8.5)
    written.invoice(8, 5, "update", site=6)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_an_older_job_site_after_a_newer_is_seen() -> None:
    """An invoice goes forwards in what it says of its project too."""
    written = with_site()
    written.revision(6, "project", "p1")
    written.invoice(8, 5, "update", site=6)
    written.revision(7, "invoice", "i1", total="100.00")
    written.invoice(9, 7, "update", site=4)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def with_site() -> Written:
    """Give a sound run whose invoice shows where the job of its project is."""
    written = sound()
    written.invoices.append(replace(running("i1", "1"), kind="standalone"))
    written.revision(4, "project", "p1")
    written.revision(5, "invoice", "i1", total="100.00")
    written.invoice(7, 5, "update", site=4)
    return written


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


def voided_in_proline() -> Written:
    """Give a sound run whose invoice and payment are void in ProLine from then on."""
    written = sound()
    written.revision(7, "invoice", "i1", total="100.00", gone=True)
    written.revision(8, "payment", "y1", total="40.00", gone=True)
    return written


def test_two_writes_of_one_record_at_a_time_are_seen_once() -> None:
    """The second must wait until the first was answered or given up."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", ended_at=at(9))
    written.customer(8, 5, "update")

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_two_creates_of_one_record_at_a_time_are_seen_before_either_is_done() -> None:
    """Neither has an object yet: what they say tells that they are of one record."""
    written = Written()
    written.revision(1)
    written.revision(2)
    written.customer(7, 1, object_id=None, applied_at=None, ended_at=at(9))
    written.customer(8, 2, object_id=None, applied_at=None)

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_one_write_sent_again_is_no_other() -> None:
    """The same bytes with the same requestid may be on their way twice."""
    written = sound()
    written.revision(4)
    written.customer(7, 4, "update", ended_at=at(9), requestid="same")
    written.customer(8, 4, "update", applied_at=None, requestid="same")

    assert written.judged().is_clean


@pytest.mark.parametrize(
    ("proved", "status", "overlaps"),
    [(True, 200, 0), (True, 400, 0), (False, 200, 1), (True, 401, 1)],
    ids=["it replays", "it replays a refusal", "it may not", "the second send was turned away"],
)
def test_the_next_write_waits_for_each_send_unless_a_requestid_is_replayed(
    *, proved: bool, status: int, overlaps: int
) -> None:
    """A worker is frozen in its call, another sends the same bytes, and then what is new."""
    written = sound()
    written.proved = proved
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", ended_at=at(12), status=None, requestid="same")
    written.customer(8, 4, "update", applied_at=None, requestid="same", status=status)
    written.customer(10, 5, "update")

    assert kinds(written.judged()) == ({Kind.OVERLAPS: overlaps} if overlaps else {})


def test_the_same_bytes_with_another_requestid_are_another_write() -> None:
    """QuickBooks would do them again."""
    written = sound()
    written.revision(4)
    written.customer(7, 4, "update", ended_at=at(9))
    written.customer(8, 4, "update", applied_at=None)

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_a_void_during_another_write_is_seen() -> None:
    """It carries no revision: its object tells of which record it is."""
    written = voided_in_proline()
    written.revision(6, "payment", "y1", total="40.00")
    written.payment(9, 6, operation="update", ended_at=at(9.5))
    written.call(9.2, "Payment", "void", "9", {"Id": "9", "SyncToken": "0"})

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_other_bytes_with_the_same_requestid_are_another_write() -> None:
    """QuickBooks would answer what the first ones came to."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", ended_at=at(9), requestid="same")
    written.customer(8, 5, "update", applied_at=None, requestid="same")
    written.customer(10, 5, "update")

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_a_call_that_nobody_ends_is_in_flight_for_ever() -> None:
    """Neither answered nor closed: whatever comes later meets it."""
    written = sound()
    written.revision(4)
    written.revision(5)
    written.customer(7, 4, "update", applied_at=None, ended_at=None)
    written.customer(99, 5, "update")

    assert kinds(written.judged()) == {Kind.OVERLAPS: 1}


def test_a_record_made_twice_is_seen() -> None:
    """One record, one object."""
    written = sound()
    written.customer(7, 1, object_id="2")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_running_balance_invoices_booked_one_by_one_are_seen() -> None:
    """Each repeats the whole sum of its project: two objects book the revenue twice."""
    written = sound()
    for invoice_id, number in (("i2", "2"), ("i3", "3")):
        written.invoices.append(running(invoice_id, number))
    written.revision(4, "invoice", "i2", total="100.00")
    written.revision(5, "invoice", "i3", total="100.00")
    written.invoice(7, 4, object_id="6")
    written.invoice(8, 5, object_id="7")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


@pytest.mark.parametrize(
    ("proved", "status", "looked", "breaches"),
    [
        (False, None, False, {Kind.DUPLICATES: 1}),
        (False, 503, False, {Kind.DUPLICATES: 1}),
        (False, 408, False, {Kind.DUPLICATES: 1}),
        (False, 200, False, {Kind.DUPLICATES: 1}),
        (False, None, True, {}),
        (False, 401, False, {}),
        (True, None, False, {}),
    ],
    ids=[
        "nobody looked",
        "nobody looked after a 503",
        "nobody looked after a 408",
        "nobody looked after an answer that nobody had",
        "looked",
        "refused",
        "proved",
    ],
)
def test_a_payment_is_not_sent_again_before_it_was_looked_for(
    *, proved: bool, status: int | None, looked: bool, breaches: dict[Kind, int]
) -> None:
    """Whether the first was done nobody knows; only a proved requestid makes it safe."""
    written = sent_once(status)
    written.proved = proved
    if looked:
        written.look(136)
    written.payment(140, 3, requestid="again")

    assert kinds(written.judged()) == breaches


LOOKS: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    "for another customer": (136, {"customer": "2"}),
    "for another day": (136, {"day": "2026-11-19"}),
    "for invoices": (136, {"entity": "Invoice"}),
    "for anything": (136, {"query": "SELECT * FROM Payment STARTPOSITION 1 MAXRESULTS 100"}),
    "failed": (136, {"status": 503}),
    "brought nothing": (136, {"status": None}),
    "came too early": (127.9, {}),
    "is not answered yet": (136, {"ended_at": at(140.1)}),
}


@pytest.mark.parametrize(("second", "changes"), LOOKS.values(), ids=LOOKS)
def test_a_look_that_cannot_tell_is_none(second: float, changes: Mapping[str, Any]) -> None:
    """It asks for this payment, has an answer, and asks once QuickBooks must have one too."""
    written = sent_once(None)
    written.look(second, **changes)
    written.payment(140, 3, requestid="again")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_a_call_may_have_left_a_while_before_it_arrived() -> None:
    """A worker is frozen before its first byte: the time to the look counts from its slot."""
    written = sent_once(None)
    written.look(128.1)
    written.payment(140, 3, requestid="again")

    assert written.judged().is_clean


@pytest.mark.parametrize(
    ("status", "breaches"),
    [(None, {Kind.DUPLICATES: 1}), (401, {})],
    ids=["open again", "turned away"],
)
def test_each_send_that_is_left_open_wants_a_look_of_its_own(
    status: int | None, breaches: dict[Kind, int]
) -> None:
    """One that was turned away was not done: the look of before it still holds."""
    written = sent_once(None)
    written.look(136)
    written.payment(137, 3, requestid="again", status=status, applied_at=None)
    written.look(200)
    written.payment(210, 3, requestid="again")

    assert kinds(written.judged()) == breaches


def test_a_send_that_was_turned_away_excuses_nobody() -> None:
    """The one before it is as open as it was."""
    written = sent_once(None)
    written.payment(137, 3, requestid="again", status=401, applied_at=None)
    written.payment(140, 3, requestid="again")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 2}


@pytest.mark.parametrize("entity", ["Invoice", "Payment"])
def test_an_invoice_without_a_number_is_looked_for_too(entity: str) -> None:
    """QuickBooks numbers it: it would take a second one."""
    written = sound()
    written.proved = False
    (_, first, _) = written.calls
    del written.calls[1:]
    written.calls.append(replace(first, requestid="again", status=None, applied_at=None))
    written.look(136, entity)
    written.invoice(140, 2, requestid="again")
    written.payment(141, 3)

    assert kinds(written.judged()) == ({} if entity == "Invoice" else {Kind.DUPLICATES: 1})


def test_what_the_workers_ask_is_a_look() -> None:
    """The checker states both question and time again, and must not ask for others."""
    written = sent_once(None)
    sent = written.calls[-1].body
    attempt = OpenAttempt(
        id=1,
        part="",
        operation="create",
        kind="Payment",
        path="payment",
        params=[],
        body=json.dumps(sent, default=str).encode(),
        request_id="again",
        version=1,
        basis="",
        wanted={},
        started_at=BEGAN,
        sends=1,
    )
    written.look(136, query=dict(query_for(attempt).params)["query"])
    written.payment(140, 3, requestid="again")

    assert written.judged().is_clean
    assert Waits().look_up_after == LOOKED_FOR_AFTER


def sent_once(status: int | None) -> Written:
    """Give a run whose payment was sent at second 6, if nobody counts on its requestid."""
    written = sound()
    written.proved = False
    written.calls.pop()
    written.payment(6, 3, requestid="again", status=status, applied_at=None)
    return written


def test_what_quickbooks_refuses_twice_may_be_sent_again() -> None:
    """A name, a number and a version are looked after by QuickBooks itself."""
    written = sound()
    written.proved = False
    body = {**written.calls[1].body, "DocNumber": "1001"}
    written.calls[:2] = [
        replace(written.calls[0], seq=1, requestid="c", status=None, applied_at=None),
        replace(written.calls[0], seq=2, requestid="c"),
        replace(written.calls[1], seq=3, requestid="i", status=None, applied_at=None, body=body),
        replace(written.calls[1], seq=4, requestid="i", body=body),
    ]

    assert kinds(written.judged()) == {}


@pytest.mark.parametrize("total", ["99.99", "100.01"])
def test_a_cent_too_little_or_too_much_is_seen(total: str) -> None:
    """An invoice comes to what ProLine said at the revision that it carries."""
    written = sound()
    written.revision(4, "invoice", "i1", total="100.00")
    written.invoice(7, 4, "update", total=total)

    assert kinds(written.judged()) == {Kind.CENTS_OFF: 1}


def test_a_discount_takes_off() -> None:
    """A line of its own kind, whose amount is positive."""
    written = sound()
    written.revision(4, "invoice", "i1", total="90.00")
    lines = [
        {"DetailType": "SalesItemLineDetail", "Amount": Decimal("100.00")},
        {"DetailType": "DiscountLineDetail", "Amount": Decimal("10.00")},
    ]
    body = {"CustomerMemo": {"value": "Revision 4"}, "Line": lines}
    written.call(7, "Invoice", "update", "5", body)

    assert written.judged().is_clean


def test_a_payments_cent_is_seen() -> None:
    """Also where a later write puts it right."""
    written = sound()
    written.revision(4, "payment", "y1", total="40.00")
    written.revision(5, "payment", "y1", total="40.00")
    written.payment(7, 4, operation="update", amount="4000.00")
    written.payment(8, 5, operation="update", amount="40.00")

    assert kinds(written.judged()) == {Kind.CENTS_OFF: 1}


@pytest.mark.parametrize(("total", "cents_off"), [("100.00", 1), ("120.00", 0)])
def test_a_sum_without_a_revision_is_of_the_one_that_is_shown(total: str, cents_off: int) -> None:
    """A sparse update leaves the memo out where it stays as it is."""
    written = sound()
    written.revision(4, "invoice", "i1", total="120.00")
    written.invoice(7, 4, "update", total="120.00")
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal(total)}
    written.call(8, "Invoice", "update", "5", {"Line": [line]})

    assert kinds(written.judged()) == ({Kind.CENTS_OFF: cents_off} if cents_off else {})


@pytest.mark.parametrize(("amount", "cents_off"), [("40.01", 1), ("40.00", 0)])
def test_an_amount_without_a_reference_is_of_the_one_that_is_shown(
    amount: str, cents_off: int
) -> None:
    """Also where QuickBooks does not do what it is asked."""
    written = sound()
    body = {"TotalAmt": Decimal(amount)}
    written.call(7, "Payment", "update", "9", body, status=400, applied_at=None)

    assert kinds(written.judged()) == ({Kind.CENTS_OFF: cents_off} if cents_off else {})


def test_what_is_shown_later_says_nothing_of_a_sum_of_before() -> None:
    """The update arrives between two revisions."""
    written = sound()
    written.revision(4, "invoice", "i1", total="120.00")
    line = {"DetailType": "SalesItemLineDetail", "Amount": Decimal("100.00")}
    written.call(7, "Invoice", "update", "5", {"Line": [line]})
    written.invoice(8, 4, "update", total="120.00")

    assert written.judged().is_clean


def test_a_name_of_before_is_seen() -> None:
    """A snapshot that was read too early says what somebody else has changed since."""
    written = sound()
    (contact,) = ledger().contacts
    written.contacts.append(contact)
    written.revision(4, record_id=contact.id, name="Ada Example")
    for name in ("Ada Example - C#1001", "Bea Example - C#1001"):
        body = {
            "DisplayName": name,
            "PrimaryPhone": {"FreeFormNumber": "(555) 010-4"},
        }
        written.call(7 + len(written.calls), "Customer", "update", "2", body)

    assert kinds(written.judged()) == {Kind.LOST: 1}


def test_a_call_past_the_ceiling_is_seen() -> None:
    """Of any 60 seconds; the window is open at its older end."""
    written = sound()
    written.ceiling = 3
    written.call(64.0, "Customer", "query", None, {})
    assert written.judged().is_clean

    written.call(65.0, "Customer", "query", None, {})
    assert written.judged().is_clean

    written.call(65.5, "Customer", "query", None, {})
    assert kinds(written.judged()) == {Kind.LIMIT_BREACHES: 1}


def test_an_eleventh_call_in_a_second_is_seen() -> None:
    """QuickBooks takes ten."""
    written = sound()
    for number in range(10):
        written.call(7 + number / 10, "Customer", "query", None, {})
    assert written.judged().is_clean

    written.call(7.95, "Customer", "query", None, {})
    assert kinds(written.judged()) == {Kind.LIMIT_BREACHES: 1}


def test_an_eleventh_call_in_flight_is_seen() -> None:
    """QuickBooks takes ten at once."""
    written = sound()
    for number in range(11):
        written.call(7 + number / 5, "Customer", "query", None, {}, ended_at=at(20))

    assert kinds(written.judged()) == {Kind.LIMIT_BREACHES: 1}


def test_what_is_missing_too_much_or_a_cent_off_in_the_books_is_seen() -> None:
    """The books themselves are compared with ProLine, by the comparer of the demonstration."""
    realm = Realm(
        company_id=COMPANY,
        ceiling=450,
        calls=[],
        office=Office(COMPANY, "Example Roofing", "main", ENABLED),
        ledger=ledger(),
        books=Books("Example Roofing"),
    )

    found = kinds(judge(Facts({}, [realm])))

    assert found[Kind.LOST] >= 4
    assert found[Kind.CENTS_OFF] >= 1
    assert set(found) == {Kind.LOST, Kind.CENTS_OFF}


def test_books_that_are_right_are_so() -> None:
    """What ProLine says is all there, once, and nothing else."""
    assert kinds_of_books(right_books()) == {}


def test_something_too_much_in_the_books_is_seen() -> None:
    """Nobody asked for it."""
    books = right_books()
    nobody = Customer("C#9", "Nobody - C#9")

    found = kinds_of_books(replace(books, customers=(*books.customers, nobody)))

    assert found == {Kind.DUPLICATES: 1}


def test_a_second_copy_in_the_books_is_seen() -> None:
    """Two objects carry one name."""
    books = right_books()

    found = kinds_of_books(replace(books, customers=(*books.customers, *books.customers)))

    assert found == {Kind.DUPLICATES: 1}


@pytest.mark.parametrize("field", ["total", "balance", "discount", "line"])
def test_a_cent_off_in_an_invoice_of_the_books_is_seen(field: str) -> None:
    """Wherever the amount stands."""
    books = right_books()
    (invoice,) = books.invoices
    if field == "line":
        lines = [
            each if each.amount is None else cent_more(each, "amount") for each in invoice.lines
        ]
        invoice = replace(invoice, lines=tuple(lines))
    else:
        invoice = cent_more(invoice, field)

    assert set(kinds_of_books(replace(books, invoices=(invoice,)))) == {Kind.CENTS_OFF}


@pytest.mark.parametrize("field", ["amount", "unapplied", "applied"])
def test_a_cent_off_in_a_payment_of_the_books_is_seen(field: str) -> None:
    """Received, left over, or put on an invoice."""
    books = right_books()
    (payment,) = books.payments
    if field == "applied":
        applied = {key: amount + CENT for key, amount in payment.applied.items()}
        payment = replace(payment, applied=applied)
    else:
        payment = cent_more(payment, field)

    assert set(kinds_of_books(replace(books, payments=(payment,)))) == {Kind.CENTS_OFF}


def test_another_memo_in_the_books_is_seen() -> None:
    """That is no amount, and nothing is there twice: something of ProLine's is missing."""
    books = right_books()
    (invoice,) = books.invoices

    found = kinds_of_books(replace(books, invoices=(replace(invoice, memo="Good-bye"),)))

    assert found == {Kind.LOST: 1}


CENT = Decimal("0.01")
OFFICE = Office(COMPANY, "Example Roofing", "main", ENABLED)


def cent_more(item: Any, field: str) -> Any:  # noqa: ANN401  # whatever has such a field
    """Give it with a cent more."""
    return replace(item, **{field: getattr(item, field) + CENT})


def once_paid() -> Ledger:
    """Give a contact with a won project, an invoice and one payment of it."""
    whole = ledger()
    return replace(whole, payments=whole.payments[:1], allocations=whole.allocations[:1])


def right_books() -> Books:
    """Give what QuickBooks must hold then."""
    return expected_books(OFFICE, once_paid())


def kinds_of_books(books: Books) -> Counter[Kind]:
    """Count what the checker finds in the books of a company that wrote nothing."""
    realm = Realm(COMPANY, 450, calls=[], office=OFFICE, ledger=once_paid(), books=books)
    return kinds(judge(Facts({}, [realm])))


@pytest.mark.parametrize(("operation", "mode"), [("create", "sub"), ("update", "main")])
def test_a_job_that_was_asked_for_is_missed(operation: str, mode: str) -> None:
    """The office changed its mind just then: a job that was to be made must be there."""
    diary = Diary(modes=[(LATER + timedelta(seconds=5), "sub")])
    contractor = Contractor(COMPANY, "Example", "main", "4620816365000000001", 450, ENABLED)
    written = Written()
    job = {"DisplayName": "Zoë's Project - P#1001", "ParentRef": {"value": "1"}}
    written.call(7, "Customer", operation, None, job, status=None, applied_at=None)

    modes = modes_of(contractor, ledger(), Books("Example"), diary, written.calls)

    assert modes == {"pro": mode}


def shown_in_turn(sent: float = 0.0) -> Written:
    """Give a run in which one invoice shows i2 and then i3 of its project's running balance.

    Args:
        sent: when i2 was; i3 was sent at the beginning.
    """
    written = sound()
    written.invoices += [running("i2", "2", sent=sent), running("i3", "3")]
    written.revision(4, "invoice", "i2", total="100.00")
    written.revision(5, "invoice", "i3", total="100.00")
    written.invoice(7, 4, object_id="6")
    written.invoice(8, 5, "update", object_id="6")
    return written


def running(invoice_id: str, number: str, *, sent: float = 0.0) -> InvoiceRow:
    """Give a running-balance invoice of one project."""
    return InvoiceRow(
        id=invoice_id,
        number=number,
        kind="running_balance",
        project_id="p1",
        sent_at=at(sent),
        issued_on=None,
        due_on=None,
        discount=None,
        memo=None,
        gone=False,
    )
