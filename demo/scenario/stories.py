"""The stories of projects: each is a flow that needs no person, told with a `Job`.

A story's docstring says what QuickBooks should make of it. Every one opens its project itself and
draws a known number of invoices and payments, which `STORIES` states and a test counts.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from demo.scenario.changes import Era, Share
from demo.scenario.job import PRODUCTION, WON, Bill, Job

Story = Callable[[Job], None]
RUNNING = "running_balance"
DAYS_BEFORE = 20
DEPOSIT_MEMO = "Deposit of 30 % now, the rest as we go"


def paid_in_full(job: Job) -> None:
    """One invoice, one payment: paid."""
    bill = _won_and_billed(job)
    job.pay(bill.total, Share(bill.id, bill.total))


def passed_through(job: Job) -> None:
    """Won and moved on in the same breath: transferred all the same."""
    job.open()
    job.move(WON, PRODUCTION)
    bill = job.send(job.draft(memo="Thank you for your business — see you in spring"))
    job.pay(bill.total, Share(bill.id, bill.total))
    job.move("Completed")


def paid_in_parts(job: Job) -> None:
    """Three payments of one invoice: the last one closes it."""
    bill = _won_and_billed(job)
    for amount in (bill.part("0.3"), bill.part("0.3"), bill.total - 2 * bill.part("0.3")):
        job.pay(amount, Share(bill.id, amount))


def paid_half(job: Job) -> None:
    """A partial payment: the invoice stays open."""
    bill = _won_and_billed(job, discount=True)
    job.pay(bill.part("0.5"), Share(bill.id, bill.part("0.5")))


def paid_too_much(job: Job) -> None:
    """More than was asked: the invoice is paid and the rest is the customer's credit."""
    bill = _won_and_billed(job)
    amount = bill.total + Decimal("125.50")
    job.pay(amount, Share(bill.id, amount))


def two_invoices_one_payment(job: Job) -> None:
    """One check over two invoices."""
    first = _won_and_billed(job)
    second = job.send(job.draft(memo="Change order: gutters"))
    paid_of_second = second.part("0.75")
    shares = Share(first.id, first.total), Share(second.id, paid_of_second)
    job.pay(first.total + paid_of_second, *shares)


def deposit_first(job: Job) -> None:
    """A deposit that names no invoice: a credit, applied when the only invoice arrives."""
    job.open()
    job.move("Estimate sent", WON)
    sheets = job.some_lines()
    job.sign(sheets)
    deposit = Decimal("250.00")
    job.pay(deposit)
    job.pause(1.0, 2.0)
    bill = job.send(job.draft(job.fresh(sheets)))
    job.pause(1.0, 1.5)
    job.pay(bill.total - deposit, Share(bill.id, bill.total - deposit))


def running_balance(job: Job) -> None:
    """Deposit, progress and final invoice: one QuickBooks invoice, revenue booked once, paid."""
    first = _running_deposit(job)
    job.pay(first.part("0.3"))
    change_order = (*job.fresh(first.lines), job.one_more_line())
    progress = job.send(job.draft(change_order, kind=RUNNING, asked="0.4"))
    job.pay(progress.part("0.4"))
    final = job.send(job.draft(job.fresh(progress.lines), kind=RUNNING, memo="Final invoice"))
    job.pay(final.total - first.part("0.3") - progress.part("0.4"))
    job.move(PRODUCTION)


def running_balance_voided_member(job: Job) -> None:
    """The final invoice is voided: QuickBooks falls back to what the deposit invoice shows."""
    first = _running_deposit(job)
    job.pay(first.part("0.3"))
    final = job.send(job.draft((*job.fresh(first.lines), job.one_more_line()), kind=RUNNING))
    job.void(final)


def ach_in_all_ends(job: Job) -> None:
    """One payment fails, one completes, one stays pending: only the complete one is booked."""
    bill = _won_and_billed(job)
    amount = bill.part("0.25")
    failing = job.pay(amount, Share(bill.id, amount), status="pending")
    job.settle(failing, "failed")
    clearing = job.pay(amount, Share(bill.id, amount), status="pending")
    job.settle(clearing, "complete")
    job.pay(amount, Share(bill.id, amount), status="pending")


def voided_invoice(job: Job) -> None:
    """An unpaid invoice is voided."""
    job.void(_won_and_billed(job))


def voided_payment(job: Job) -> None:
    """A bounced check is voided and paid again."""
    bill = _won_and_billed(job)
    job.take_back(job.pay(bill.total, Share(bill.id, bill.total)))
    job.pause(1.0, 1.5)
    job.pay(bill.total, Share(bill.id, bill.total))


def voided_payment_then_invoice(job: Job) -> None:
    """A payment is voided first and its invoice afterwards: nothing is left on either."""
    bill = _won_and_billed(job)
    job.take_back(job.pay(bill.part("0.4"), Share(bill.id, bill.part("0.4"))))
    job.void(bill)


def edited_after_payment(job: Job) -> None:
    """Lines change after a partial payment, then the memo; the rest is paid afterwards."""
    bill = _won_and_billed(job)
    deposit = bill.part("0.2")
    job.pay(deposit, Share(bill.id, deposit))
    job.pause(0.8, 1.2)
    bill = job.edit(bill, added=(job.one_more_line(), job.one_more_line()))
    bill = job.edit(bill, memo="Revised after the walk-through; here\u2019s to a dry attic!")
    rest = bill.total - deposit
    job.pay(rest, Share(bill.id, rest))


def draft_left_unsent(job: Job) -> None:
    """One invoice is sent and paid, the other never leaves ProLine."""
    paid_in_full(job)
    job.edit(job.draft(), memo="Not yet agreed")


def draft_voided(job: Job) -> None:
    """One invoice is sent, the other voided before anybody sent it: nothing of it anywhere."""
    paid_in_full(job)
    draft = job.draft()
    job.void(draft)


def billed_before_won(job: Job) -> None:
    """Invoice and payment come before the project is won: both are released by it."""
    job.open()
    bill = job.send(job.draft())
    job.pay(bill.total, Share(bill.id, bill.total))
    job.pause(1.0, 1.5)
    job.move(WON)


def never_won(job: Job) -> None:
    """A project that is lost: nothing of it in QuickBooks."""
    job.open()
    job.move("Inspection")
    job.move("Closed - Lost")


def billed_and_never_won(job: Job) -> None:
    """A paid inspection of a project that never reaches the stage: it waits, money too."""
    job.open()
    job.move("Inspection")
    bill = job.send(job.draft(job.some_lines(2)))
    job.pay(bill.total, Share(bill.id, bill.total))


def won_before_enable(job: Job) -> None:
    """Won, billed and paid before the enable, and only its memo edited since: stays out."""
    live_seconds, job.era, job.now_seconds = job.now_seconds, Era.BEFORE_ENABLE, 0.0
    bill = _billed_before_enable(job)
    job.pay(bill.total, Share(bill.id, bill.total))
    job.era, job.now_seconds = Era.LIVE, live_seconds
    job.edit(bill, memo="Warranty registered")


def won_before_enable_and_touched(job: Job) -> None:
    """Won before the enable and saved again in that stage since: transferred; new bills go too."""
    live_seconds, job.era, job.now_seconds = job.now_seconds, Era.BEFORE_ENABLE, 0.0
    _billed_before_enable(job)
    job.era, job.now_seconds = Era.LIVE, live_seconds
    job.touch("Rear building")
    bill = job.send(job.draft())
    job.pay(bill.total, Share(bill.id, bill.total))


STORIES: Mapping[Story, tuple[int, int]] = MappingProxyType(
    {
        paid_in_full: (1, 1),
        passed_through: (1, 1),
        paid_in_parts: (1, 3),
        paid_half: (1, 1),
        paid_too_much: (1, 1),
        two_invoices_one_payment: (2, 1),
        deposit_first: (1, 2),
        running_balance: (3, 3),
        running_balance_voided_member: (2, 1),
        ach_in_all_ends: (1, 3),
        voided_invoice: (1, 0),
        voided_payment: (1, 2),
        voided_payment_then_invoice: (1, 1),
        edited_after_payment: (1, 2),
        draft_left_unsent: (2, 1),
        draft_voided: (2, 1),
        billed_before_won: (1, 1),
        never_won: (0, 0),
        billed_and_never_won: (1, 1),
        won_before_enable: (1, 1),
        won_before_enable_and_touched: (2, 1),
    }
)
"""Each story with the number of invoices and of payments it draws."""


def _won_and_billed(job: Job, *, discount: bool = False) -> Bill:
    job.open()
    job.move("Estimate sent", WON)
    return job.send(job.draft(discount=Decimal("75.25") if discount else None))


def _running_deposit(job: Job) -> Bill:
    job.open()
    job.move("Estimate sent", WON)
    sheets = job.some_lines()
    job.sign(sheets)
    return job.send(job.draft(job.fresh(sheets), kind=RUNNING, asked="0.3", memo=DEPOSIT_MEMO))


def _billed_before_enable(job: Job) -> Bill:
    job.open()
    job.move("Estimate sent", WON)
    return job.send(job.draft(), days_ago=DAYS_BEFORE)
