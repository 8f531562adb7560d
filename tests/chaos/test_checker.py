"""The checker sees each broken promise, once, and none where none is."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from chaos.checker import Facts, Kind, Realm, Verdict, judge
from demo.comparer import Books, Office
from demo.comparer.proline import AllocationRow, InvoiceRow
from tests.chaos.calls import COMPANY, OTHER, Written, at, sound
from tests.demo.sample_ledger import ENABLED, ledger


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
    written.revision(4)
    written.customer(7, 4, "update")
    written.invoice(8, 4, "update")

    assert kinds(written.judged())[Kind.STRAYS] >= 1


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


def test_another_companys_change_is_seen() -> None:
    """A company's books hold nothing of another's."""
    written = sound()
    written.revision(4, record_id="c9", company_id=OTHER)
    written.customer(7, 4, object_id="2")

    assert kinds(written.judged()) == {Kind.STRAYS: 1}


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
    """One object shows them in turn: going back to an older member is no step backwards."""
    written = sound()
    for invoice_id, number in (("i2", "2"), ("i3", "3")):
        written.invoices.append(running(invoice_id, number))
    written.revision(4, "invoice", "i2", total="100.00")
    written.revision(5, "invoice", "i3", total="100.00")
    written.revision(6, "invoice", "i2", total="100.00")
    written.invoice(7, 4, object_id="6")
    written.invoice(8, 5, "update", object_id="6")
    written.invoice(9, 4, "update", object_id="6")
    assert written.judged().is_clean

    written.invoice(10, 6, "update", object_id="6")
    written.invoice(11, 4, "update", object_id="6")
    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_a_child_before_its_parent_is_seen() -> None:
    """Whatever a create refers to was made before it."""
    written = Written()
    written.revision(1)
    written.revision(2, "invoice", "i1", total="100.00")
    written.invoice(5, 2, customer="1")
    written.customer(6, 1, object_id="1")

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


def test_a_payment_that_leaves_out_its_invoice_is_seen() -> None:
    """A payment waits for the invoices it pays: booked without one, it came too early."""
    written = sound()
    written.revision(4, "payment", "y2", total="10.00")
    written.allocations.append(AllocationRow("y2", "i1", Decimal("10.00")))
    written.payment(7, 4, "10", amount="10.00", pays=None)

    assert kinds(written.judged()) == {Kind.INVERSIONS: 1}


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
    [(True, 200, 0), (False, 200, 1), (True, 401, 1)],
    ids=["it replays", "it may not", "the second send was turned away"],
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
        (False, None, True, {}),
        (False, 401, False, {}),
        (True, None, False, {}),
    ],
    ids=["nobody looked", "nobody looked after a 503", "looked", "refused", "proved"],
)
def test_a_payment_is_not_sent_again_before_it_was_looked_for(
    *, proved: bool, status: int | None, looked: bool, breaches: dict[Kind, int]
) -> None:
    """Whether the first was done nobody knows; only a proved requestid makes it safe."""
    written = sound()
    written.proved = proved
    first = written.calls.pop()
    written.payment(6, 3, requestid="again", status=status, applied_at=None)
    if looked:
        written.call(7, "Payment", "query", None, {})
    written.calls.append(replace(first, seq=9, requestid="again", received_at=at(8)))

    assert kinds(written.judged()) == breaches


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


def test_a_payments_cent_is_seen() -> None:
    """Also where a later write puts it right."""
    written = sound()
    written.revision(4, "payment", "y1", total="40.00")
    written.revision(5, "payment", "y1", total="40.00")
    written.payment(7, 4, operation="update", amount="4000.00")
    written.payment(8, 5, operation="update", amount="40.00")

    assert kinds(written.judged()) == {Kind.CENTS_OFF: 1}


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


def running(invoice_id: str, number: str) -> InvoiceRow:
    """Give a running-balance invoice of one project."""
    return InvoiceRow(
        id=invoice_id,
        number=number,
        kind="running_balance",
        project_id="p1",
        sent_at=at(0),
        issued_on=None,
        due_on=None,
        discount=None,
        memo=None,
        gone=False,
    )
