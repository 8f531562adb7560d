"""How a payment is judged: what it may pay, and what only a person can say. Pure, no database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from records.allocation import Candidate, resolve
from records.eligibility import judge
from records.facts import Facts, Link, Parent
from records.states import Reason, State
from records.verdicts import Verdict
from schemas import Entity, Payment, parse_snapshot
from tests.support.proline import Snapshot, payment, pays

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
PROJECT = Parent("p1", State.DONE, customer_mode="main", snapshot={"id": "p1"})
CONTACT = Parent("c1", State.DONE, qbo_id="1")


def linked(*, voided: bool = False, customer_id: str = "1") -> Link:
    """Give the link of a payment QuickBooks has."""
    return Link("70", "0", customer_id, Decimal(40), {}, adopted=False, voided=voided)


def judged(
    snapshot: Snapshot,
    *,
    link: Link | None = None,
    named: Sequence[tuple[Candidate, Decimal]] = (),
    of_project: Sequence[Candidate] = (),
) -> Verdict:
    """Judge a payment that is looked at anew."""
    verdict = judge(
        Facts(
            pk=1,
            company_id="acme",
            entity="payment",
            record_id="y1",
            version=3,
            state=State.PENDING,
            since=NOW,
            snapshot=snapshot,
            settled_version=2,
            settled_basis="void",
            link=link,
            booked_on=(link.customer_id,) if link and link.customer_id and not link.voided else (),
            void_part=link.qbo_id if link and link.voided else None,
            contact=CONTACT,
            project=PROJECT,
            named=named,
            of_project=of_project,
        ),
        NOW,
    )
    assert verdict is not None
    return verdict


def test_a_payment_that_lives_again_after_its_void_is_a_decision() -> None:
    """Nothing brings a void back in QuickBooks, and nothing is made a second time silently."""
    verdict = judged(payment(), link=linked(voided=True))

    assert (verdict.state, verdict.reason) == (State.WAITING, Reason.DECISION)
    assert (verdict.question, verdict.about) == ("send_as_new", "70")


@pytest.mark.parametrize(
    ("snapshot", "state"),
    [
        (payment(voided_at="2026-03-02T09:30:00-05:00"), State.DONE),
        (payment(status="failed"), State.DONE),
        (payment(status="pending"), State.WAITING),
    ],
)
def test_a_void_in_quickbooks_asks_nothing_while_no_money_has_come(
    snapshot: Snapshot, state: State
) -> None:
    """Only a complete payment is missing there."""
    verdict = judged(snapshot, link=linked(voided=True))

    assert (verdict.state, verdict.question) == (state, None)


def invoice_of(
    record_id: str, pk: int, room: str, *, held: str = "0", customer_id: str = "1"
) -> Candidate:
    """Give an invoice of a hundred that QuickBooks has, with so much room left on it."""
    return Candidate(
        record_id,
        pk=pk,
        state=State.DONE,
        qbo_id=str(100 + pk),
        customer_id=customer_id,
        total=Decimal(100),
        held_by_others=Decimal(100) - Decimal(room),
        held=Decimal(held),
    )


def test_unnamed_money_goes_to_the_only_invoice_whose_balance_it_is() -> None:
    """Of several open ones the sum tells which is meant."""
    several = [invoice_of("i1", 11, "40"), invoice_of("i2", 12, "60")]

    assert judged(payment(amount="40.00"), of_project=several).basis == "111=40"


def test_unnamed_money_that_is_the_balance_of_two_invoices_is_a_decision() -> None:
    """Neither is meant more than the other: the first would be a guess."""
    several = [invoice_of("i1", 11, "40"), invoice_of("i2", 12, "40")]

    verdict = judged(payment(amount="40.00"), of_project=several)

    assert (verdict.question, verdict.about) == ("which_invoice", "i1,i2")


def test_unnamed_money_stays_where_it_was_applied_whatever_else_opens() -> None:
    """It was decided when there was one open invoice; a second of that balance changes nothing."""
    several = [invoice_of("i1", 11, "40", held="40"), invoice_of("i2", 12, "40")]

    assert judged(payment(amount="40.00"), of_project=several).basis == "111=40"


def test_money_that_named_two_invoices_and_now_names_none_is_a_decision() -> None:
    """Taking it all off one of them would be a guess too."""
    several = [invoice_of("i1", 11, "60", held="20"), invoice_of("i2", 12, "60", held="20")]

    assert judged(payment(amount="40.00"), of_project=several).question == "which_invoice"


def test_money_on_one_customer_is_not_moved_to_anothers_invoice_without_a_word() -> None:
    """A deposit was booked on customer 1; the invoice that came stands on customer 9."""
    elsewhere = [invoice_of("i1", 11, "40", customer_id="9")]

    verdict = judged(payment(), link=linked(), of_project=elsewhere)

    assert (verdict.reason, verdict.question) == (Reason.DECISION, "other_customer")


def test_allocated_money_on_one_customer_is_not_moved_to_another_without_a_word() -> None:
    """Also where ProLine allocates a payment anew, over an invoice it did not name before."""
    elsewhere = [(invoice_of("i1", 11, "40", customer_id="9"), Decimal(40))]

    verdict = judged(pays("y1", "40.00", i1="40.00"), link=linked(), named=elsewhere)

    assert verdict.question == "other_customer"


def test_money_goes_to_the_customer_of_its_invoice_while_quickbooks_has_none_of_it() -> None:
    """Only what is booked already has a customer that could change."""
    elsewhere = [invoice_of("i1", 11, "40", customer_id="9")]

    assert judged(payment(), of_project=elsewhere).basis == "111=40"


def test_money_that_finds_no_room_elsewhere_stays_on_its_customer() -> None:
    """Without a line nothing asks for another customer, so nobody is asked either."""
    full = invoice_of("i1", 11, "0", customer_id="9")
    snapshot = parse_snapshot(Entity.PAYMENT, payment()).snapshot
    assert isinstance(snapshot, Payment)

    assert resolve(snapshot, [(full, Decimal(40))], [], ("1",)).customer_id == "1"
    assert judged(payment(), link=linked(), named=[(full, Decimal(40))]).question is None


def test_money_without_an_invoice_is_not_booked_past_one_that_was_left_out() -> None:
    """Sent before the enable, or in the former books: it may be this one's, and a person knows."""
    left_out = Candidate("i1", pk=11, state=State.SKIPPED)

    asked = judged(payment(), of_project=[left_out])
    booked = judged(payment(), link=linked(), of_project=[left_out])

    assert (asked.question, asked.about) == ("which_invoice", "i1")
    assert booked.question is None
