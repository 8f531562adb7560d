"""Which invoices a payment pays in QuickBooks, and how much of each: pure.

Invariant: the lines of one payment never exceed its amount, and the lines of all payments of one
invoice never exceed that invoice's total as QuickBooks last returned it. What finds no room stays
as unapplied credit. The relay asks to learn whether a payment may go; the worker asks again under
the locks of the invoices' links, and what it hears then is what is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from records.states import Reason, State
from schemas import Payment

ZERO = Decimal(0)


@dataclass(frozen=True)
class Candidate:
    """An invoice a payment may pay.

    `qbo_id`, `customer_id` and `total` are of its link and None until it is in QuickBooks;
    `held_by_others` is what other payments have there or are about to, `held` what this one has.
    """

    record_id: str
    pk: int | None = None
    state: State | None = None
    reason: Reason | None = None
    kind: str = "standalone"
    voided: bool = False
    qbo_id: str | None = None
    customer_id: str | None = None
    total: Decimal = ZERO
    held_by_others: Decimal = ZERO
    held: Decimal = ZERO

    @property
    def room(self) -> Decimal:
        """What may still be applied to it by this payment."""
        return max(self.total - self.held_by_others, ZERO)


@dataclass(frozen=True)
class Application:
    """One line of a payment: so much of it goes to that invoice."""

    invoice_pk: int
    invoice_qbo_id: str
    amount: Decimal


@dataclass(frozen=True)
class Resolution:
    """What to do with a payment: apply `lines`, or wait for `reason`, or ask `question`.

    Without lines, reason and question the whole amount becomes credit on the project's customer.
    `customer_id` is the one on the QuickBooks invoices that are paid, or the one a credit stays on;
    None for a credit that is not booked yet.
    """

    lines: tuple[Application, ...] = ()
    customer_id: str | None = None
    reason: Reason | None = None
    question: str | None = None
    sentence: str | None = None

    @property
    def basis(self) -> str:
        """The part of the wanted state that the snapshot does not say."""
        return ";".join(f"{line.invoice_qbo_id}={line.amount.normalize():f}" for line in self.lines)


def resolve(
    payment: Payment,
    named: Sequence[tuple[Candidate, Decimal]],
    of_project: Sequence[Candidate],
    booked_on: str | None = None,
) -> Resolution:
    """Decide which invoices `payment` pays.

    Args:
        payment: the newest snapshot.
        named: the invoices it names with the amount allocated to each; running-balance members
            are already replaced by the record that stands for them.
        of_project: every invoice of its project that is itself booked (no members).
        booked_on: the customer QuickBooks has it on already, if it has it.
    """
    resolution = _resolve_named(payment, named) if named else _resolve_unnamed(payment, of_project)
    return _on_its_customer(resolution, booked_on)


def _on_its_customer(resolution: Resolution, booked_on: str | None) -> Resolution:
    """Money that is booked never changes its customer silently."""
    if booked_on is None or resolution.customer_id in {None, booked_on}:
        return resolution
    if not resolution.lines:
        return replace(resolution, customer_id=booked_on)
    return Resolution(
        question="other_customer",
        sentence="This payment is booked on one QuickBooks customer, its invoice on another.",
    )


def _resolve_named(payment: Payment, named: Sequence[tuple[Candidate, Decimal]]) -> Resolution:
    for candidate, _ in named:
        obstacle = _obstacle(candidate)
        if obstacle is not None:
            return obstacle
    customers = {candidate.customer_id for candidate, _ in named}
    if len(customers) > 1:
        return Resolution(
            question="several_customers",
            sentence="The invoices of this payment belong to different QuickBooks customers.",
        )
    return _fill(payment, named)


def _resolve_unnamed(payment: Payment, of_project: Sequence[Candidate]) -> Resolution:
    alive = [candidate for candidate in of_project if _is_booked(candidate)]
    paid_before = [candidate for candidate in alive if candidate.held > ZERO]
    running = [candidate for candidate in alive if candidate.kind == "running_balance"]
    unpaid = [candidate for candidate in alive if candidate.qbo_id is None or candidate.room > ZERO]
    chosen = paid_before or running or (unpaid if len(unpaid) == 1 else [])
    if not chosen:
        chosen = [candidate for candidate in unpaid if candidate.room == payment.amount]
    if len(chosen) == 1:
        return _resolve_named(payment, [(chosen[0], payment.amount)])
    if chosen or unpaid:
        return Resolution(
            question="which_invoice",
            sentence="This payment names no invoice, and its project has several open ones.",
        )
    return Resolution()


def _is_booked(candidate: Candidate) -> bool:
    """Sent, and neither voided nor left out: such an invoice can be paid, now or soon."""
    if candidate.voided or candidate.state in (None, State.SKIPPED):
        return False
    return candidate.reason is not Reason.UNSENT


def _obstacle(candidate: Candidate) -> Resolution | None:
    name = candidate.record_id
    if candidate.state is State.SKIPPED and candidate.qbo_id is None:
        return Resolution(
            question="older_invoice",
            sentence=f"Invoice {name} was left out of QuickBooks: send both, or book by hand.",
        )
    if candidate.voided:
        return Resolution(
            question="invoice_voided",
            sentence=f"Invoice {name} is void: keep the money as credit, or skip.",
        )
    if candidate.reason is Reason.UNSENT:
        return Resolution(
            reason=Reason.UNSENT, sentence=f"The money waits: invoice {name} has not been sent."
        )
    if candidate.qbo_id is None:
        return Resolution(
            reason=Reason.PARENT, sentence=f"Waits until invoice {name} is in QuickBooks."
        )
    return None


def _fill(payment: Payment, named: Sequence[tuple[Candidate, Decimal]]) -> Resolution:
    left = payment.amount
    lines = []
    for candidate, allocated in named:
        amount = min(left, allocated, candidate.room)
        if amount > ZERO and candidate.pk is not None and candidate.qbo_id is not None:
            lines.append(Application(candidate.pk, candidate.qbo_id, amount))
            left -= amount
    return Resolution(lines=tuple(lines), customer_id=named[0][0].customer_id)
