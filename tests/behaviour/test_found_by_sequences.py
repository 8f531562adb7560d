"""What drawn sequences have found, each in the few steps that show it."""

from decimal import Decimal

from records.links import note_gone
from tests.behaviour import steps
from tests.behaviour.playing import play
from tests.behaviour.steps import ONE_PROJECT, RUNNING, Cast, Sequence
from tests.support.roofer import Roofer

WON = steps.Project("p1")


def test_answers_about_several_invoices_of_a_payment_hold_together(roofer: Roofer) -> None:
    """Two unsent invoices: the money of one is credit, then that of the other, and that is all."""
    cast = Cast(projects=ONE_PROJECT)
    payment = steps.Payment("y1", (("i1", 4_000), ("i2", 4_000)))

    contractor = play(roofer, Sequence(cast, (WON, payment)))

    assert [each.basis for each in contractor.said] == ["i1", "i2"]


def test_money_of_a_member_voided_before_it_was_sent_is_a_question(roofer: Roofer) -> None:
    """It was never part of the running balance: its money does not pay what others ask for."""
    cast = Cast(kinds=RUNNING, projects=ONE_PROJECT)
    payment = steps.Payment("y1", (("i2", 4_000),))
    voided = steps.Void("invoice", "i2")

    contractor = play(roofer, Sequence(cast, (WON, steps.Invoice("i1"), payment, voided)))

    assert [each.question for each in contractor.said] == ["invoice_voided"]


def test_an_invoice_lowered_below_its_payments_waits_until_they_have_come_down(
    roofer: Roofer,
) -> None:
    """Else QuickBooks takes money off payments of its choice, and we off others."""
    first = steps.Payment("y1", (("i1", 6_000),))
    second = steps.Payment("y2", (("i1", 10_000),))
    lowered = steps.Invoice("i1", 10_000)
    followed = (WON, steps.Invoice("i1", 25_000), first, second, steps.Settled(), lowered)

    contractor = play(roofer, Sequence(Cast(), followed))

    written = [each.path.rpartition("/")[2] for each in contractor.roofer.writes()]
    lowering = written.index("invoice", written.index("invoice") + 1)
    assert written[:lowering].count("payment") > 2
    assert contractor.roofer.the("Invoice")["Balance"] == 0


def test_money_for_an_invoice_without_room_is_credit_of_its_customer(roofer: Roofer) -> None:
    """The payment's own project is not won, and need not be: its invoice says the customer."""
    cast = Cast(projects=ONE_PROJECT, payers=("p3", "p3", "p3", "p3"))
    full = steps.Payment("y1", (("i1", 10_000),))
    more = steps.Payment("y2", (("i1", 4_000),))

    contractor = play(
        roofer, Sequence(cast, (WON, steps.Invoice("i1"), full, steps.Settled(), more))
    )

    assert sum(each["UnappliedAmt"] for each in contractor.roofer.held("Payment")) == 40


def test_a_lost_answer_about_one_part_of_a_payment_does_not_end_it(roofer: Roofer) -> None:
    """The other customer's part is written all the same when the first one's is found there."""
    followed = (
        WON,
        steps.Project("p3"),
        steps.Invoice("i1"),
        steps.Invoice("i4"),
        steps.Settled(),
        steps.Disturbed("payment", "500"),
        steps.Payment("y1", (("i1", 4_000), ("i4", 1))),
    )

    contractor = play(roofer, Sequence(Cast(), followed))

    assert sorted(each["TotalAmt"] for each in contractor.roofer.held("Payment")) == [
        Decimal("0.01"),
        Decimal("40.00"),
    ]


def test_a_job_goes_on_when_its_inactive_customer_is_active_again(roofer: Roofer) -> None:
    """Its rename names no parent, and is refused for the parent's sake: that one is looked at."""
    followed = (WON, steps.Deactivated("c1"), steps.Contact("c1", "Zoe Example"))

    contractor = play(roofer, Sequence(Cast(mode="sub"), followed))

    assert contractor.roofer.record("project", "p1").state == "done"


def test_a_customer_that_is_active_again_has_its_own_name(roofer: Roofer) -> None:
    """What QuickBooks puts behind the name of an inactive one is no part of its number."""
    followed = (WON, steps.Deactivated("c1"), steps.Contact("c1", "Zoe Example"))

    contractor = play(roofer, Sequence(Cast(), followed))

    assert "DisplayName" in contractor.roofer.bodies("customer")[-1]
    assert not any(b"(deleted)" in each.body for each in contractor.roofer.writes("customer"))


def test_a_payment_of_another_project_goes_on_with_the_customer_of_its_invoice(
    roofer: Roofer,
) -> None:
    """It hangs from nothing of that customer's but the invoice, and is woken all the same."""
    cast = Cast(projects=ONE_PROJECT, payers=("p3", "p3", "p3", "p3"))
    followed = (
        WON,
        steps.Project("p3"),
        steps.Invoice("i1"),
        steps.Deactivated("c1"),
        steps.Payment("y1", (("i1", 4_000),)),
        steps.Delete("invoice", "i1"),
    )

    contractor = play(roofer, Sequence(cast, followed))

    assert contractor.roofer.record("payment", "y1").state == "done"


def test_a_payment_goes_on_with_the_customer_it_is_booked_on(roofer: Roofer) -> None:
    """It names no invoice of that customer's any more: the link alone leads to it."""
    cast = Cast(projects=ONE_PROJECT, payers=("p3", "p3", "p3", "p3"))
    followed = (
        WON,
        steps.Invoice("i1"),
        steps.Payment("y1", (("i1", 4_000),)),
        steps.Deactivated("c1"),
        steps.Payment("y1", more=15_000),
    )

    contractor = play(roofer, Sequence(cast, followed))

    assert contractor.roofer.the("Payment")["UnappliedAmt"] == 150


def test_what_is_refused_for_something_that_is_there_is_tried_once_more(roofer: Roofer) -> None:
    """A customer may be made active between the refusal and the look at it."""
    roofer.fault({"entity": "invoice", "operation": "create"}, status=400, fault="6250")

    roofer.contact().project().invoice().settle()

    assert [each.fault_code for each in roofer.attempts("invoice", "i1")] == ["6250", None]


def test_an_older_look_at_a_customer_does_not_make_it_gone_again(roofer: Roofer) -> None:
    """It was read while it was inactive, and is noted after it has been made active."""
    realm_id = roofer.realm.settings.realm_id
    roofer.contact().project().settle().contact(phone="555-0100").settle()
    customer = roofer.the("Customer")

    with roofer.system.pool.connection() as connection:
        assert not note_gone(connection, realm_id, customer["Id"], seen="0")
        assert note_gone(connection, realm_id, customer["Id"], seen=customer["SyncToken"])
