"""What drawn sequences have found, each in the few steps that show it."""

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
