"""Which invoices a payment pays in QuickBooks, and how much of each: pure.

Invariant: the lines of one payment never exceed its amount, and the lines of all payments of one
invoice never exceed that invoice's total as QuickBooks last returned it. What finds no room stays
as unapplied credit. The relay asks to learn whether a payment may go; the worker asks again under
the locks of the invoices' links, and what it hears then is what is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from records.answers import NO_ANSWERS, Answers
from records.id_lists import join_ids, split_ids
from records.questions import Question
from records.states import Reason, State
from schemas import Payment

ZERO = Decimal(0)


@dataclass(frozen=True)
class Candidate:
    """An invoice a payment may pay.

    `qbo_id`, `customer_id` and `total` are of its link and None until it is in QuickBooks;
    `held_by_others` is what other payments have there or are about to, `held` what this one has,
    `elsewhere` what somebody applied to it in QuickBooks. `kind` is running_balance only where one
    invoice stands for all of the project's. `voided` is so in ProLine or there,
    `void_there` only there; `formerly` says that it was booked in other books.
    """

    record_id: str
    pk: int | None = None
    state: State | None = None
    reason: Reason | None = None
    kind: str = "standalone"
    voided: bool = False
    void_there: bool = False
    formerly: bool = False
    qbo_id: str | None = None
    customer_id: str | None = None
    total: Decimal = ZERO
    held_by_others: Decimal = ZERO
    held: Decimal = ZERO
    elsewhere: Decimal = ZERO
    left_out_in_bulk: bool = False
    customer_gone: bool = False

    @property
    def room(self) -> Decimal:
        """What may still be applied to it by this payment."""
        return max(self.total - self.held_by_others - self.elsewhere, ZERO)

    @property
    def left_out(self) -> bool:
        """Skipped, left in former books, or booked by hand: it will not come by itself."""
        done_without = self.state is State.DONE and not self.voided
        return self.qbo_id is None and (self.state is State.SKIPPED or done_without)


@dataclass(frozen=True)
class Application:
    """One line of a payment: so much of it goes to that invoice, which is on that customer."""

    invoice_pk: int
    invoice_qbo_id: str
    amount: Decimal
    customer_id: str | None = None


@dataclass(frozen=True)
class Resolution:
    """What to do with a payment: apply `lines`, or wait for `reason`, or ask `question`.

    Without lines, reason and question the whole amount becomes credit on the project's customer.
    `customer_id` is the one on the first QuickBooks invoice that is paid, or the one a credit stays
    on; None for a credit that is not booked yet. A question beside a reason is an offer. `by_hand`
    and `skipped_by` are a person's word that nothing shall be sent; `needs` is an invoice that was
    left out with many others, and is sent because of this payment.
    """

    lines: tuple[Application, ...] = ()
    customer_id: str | None = None
    reason: Reason | None = None
    question: Question | None = None
    about: str = ""
    sentence: str | None = None
    by_hand: bool = False
    needs: str | None = None
    skipped_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something else has to happen before anything may be written."""
        return bool(self.reason or self.question or self.by_hand or self.skipped_by)

    @property
    def basis(self) -> str:
        """The part of the wanted state that the snapshot does not say."""
        return ";".join(f"{line.invoice_qbo_id}={line.amount.normalize():f}" for line in self.lines)


def resolve(
    payment: Payment,
    named: Sequence[tuple[Candidate, Decimal]],
    of_project: Sequence[Candidate],
    booked_on: Sequence[str] = (),
    answers: Answers = NO_ANSWERS,
) -> Resolution:
    """Decide which invoices `payment` pays.

    Args:
        payment: the newest snapshot.
        named: the invoices it names with the amount allocated to each; running-balance members
            are already replaced by the record that stands for them.
        of_project: every invoice of its project that is itself booked (no members).
        booked_on: the customers QuickBooks has it on already, what is no line being credit of the
            first.
        answers: what people have said about this payment.
    """
    resolution = (
        _resolve_named(payment, named, booked_on, answers)
        if named
        else _resolve_unnamed(payment, of_project, booked_on, answers)
    )
    return _on_its_customer(resolution, booked_on, answers)


def _on_its_customer(
    resolution: Resolution, booked_on: Sequence[str], answers: Answers
) -> Resolution:
    """Money that is booked never leaves all its customers silently."""
    if not booked_on or resolution.customer_id is None:
        return resolution
    if not resolution.lines:
        return replace(resolution, customer_id=booked_on[0])
    if any(line.customer_id in booked_on for line in resolution.lines):
        return resolution
    about = f"{','.join(booked_on)}>{resolution.customer_id}"
    said = answers.to(Question.OTHER_CUSTOMER, about)
    match said.answer if said else None:
        case "move":
            return resolution
        case "credit":
            return Resolution(customer_id=booked_on[0])
    return Resolution(
        question=Question.OTHER_CUSTOMER,
        about=about,
        sentence="This payment is booked on one QuickBooks customer, its invoice on another.",
    )


def _resolve_named(
    payment: Payment,
    named: Sequence[tuple[Candidate, Decimal]],
    booked_on: Sequence[str],
    answers: Answers,
) -> Resolution:
    payable: list[tuple[Candidate, Decimal]] = []
    for candidate, amount in named:
        obstacle = _obstacle(candidate, booked_on, answers)
        if obstacle is None:
            payable.append((candidate, amount))
        elif obstacle is not _AS_CREDIT:
            return obstacle
    if not payable:
        return Resolution(customer_id=booked_on[0] if booked_on else None)
    return _fill(payment, payable)


def _resolve_unnamed(
    payment: Payment, of_project: Sequence[Candidate], booked_on: Sequence[str], answers: Answers
) -> Resolution:
    alive = [candidate for candidate in of_project if _is_booked(candidate)]
    paid_before = [candidate for candidate in alive if candidate.held > ZERO]
    open_ones = [candidate for candidate in alive if not candidate.voided]
    running = [candidate for candidate in open_ones if candidate.kind == "running_balance"]
    unpaid = [each for each in open_ones if each.qbo_id is None or each.room > ZERO]
    chosen = paid_before or running or (unpaid if len(unpaid) == 1 else [])
    if not paid_before and _is_credit(unpaid, answers):
        return Resolution()
    if not chosen:
        chosen = [candidate for candidate in unpaid if candidate.room == payment.amount]
    # Money that is booked already stays; else it may belong to what was left out: a person knows.
    left_out = [each for each in of_project if each.left_out and not each.voided]
    doubtful = chosen or unpaid or ([] if booked_on else left_out)
    if len(chosen) != 1 and doubtful:
        asked = _which(doubtful, answers)
        if isinstance(asked, Resolution):
            return asked
        chosen = [asked]
    if len(chosen) == 1:
        return _resolve_named(payment, [(chosen[0], payment.amount)], booked_on, answers)
    return Resolution()


def _is_credit(open_ones: Sequence[Candidate], answers: Answers) -> bool:
    """A person kept the money as credit; that holds while no other invoice has come."""
    said = answers.latest(Question.WHICH_INVOICE)
    if said is None or said.answer != "credit":
        return False
    return {each.record_id for each in open_ones} <= set(split_ids(said.basis))


def _which(open_ones: Sequence[Candidate], answers: Answers) -> Candidate | Resolution:
    about = join_ids(candidate.record_id for candidate in open_ones)
    said = answers.to(Question.WHICH_INVOICE, about)
    if said is not None and said.answer == "credit":
        return Resolution()
    wanted = said.argument if said else None
    chosen = next((each for each in open_ones if each.record_id == wanted), None)
    return chosen or Resolution(
        question=Question.WHICH_INVOICE,
        about=about,
        sentence=f"This payment names no invoice: it may be for {_either(open_ones)}.",
    )


def _either(several: Sequence[Candidate]) -> str:
    *others, last = sorted(f"invoice {each.record_id}" for each in several)
    return f"{', '.join(others)} or {last}" if others else last


def _is_booked(candidate: Candidate) -> bool:
    """Sent, and neither voided nor left out: such an invoice can be paid, now or soon.

    One that ProLine has voided holds its money until it is void in QuickBooks too.
    """
    if candidate.state is None or candidate.left_out:
        return False
    if candidate.voided:
        return candidate.held > ZERO and not candidate.void_there
    return candidate.reason is not Reason.UNSENT


_AS_CREDIT = Resolution()
"""This invoice is not paid, and its money stays as credit."""


def _obstacle(
    candidate: Candidate, booked_on: Sequence[str], answers: Answers
) -> Resolution | None:
    name = candidate.record_id
    if candidate.left_out_in_bulk and candidate.qbo_id is None:
        return Resolution(
            reason=Reason.PARENT,
            needs=name,
            sentence=f"Waits until invoice {name} is in QuickBooks.",
        )
    if candidate.left_out:
        return _older(name, answers)
    if candidate.voided and not (candidate.held > ZERO and not candidate.void_there):
        return _AS_CREDIT if booked_on else _voided(name, answers)
    if candidate.reason is Reason.UNSENT:
        return _unsent(name, answers)
    if candidate.qbo_id is None:
        return Resolution(
            reason=Reason.PARENT, sentence=f"Waits until invoice {name} is in QuickBooks."
        )
    return None


def _older(name: str, answers: Answers) -> Resolution:
    said = answers.to(Question.OLDER_INVOICE, name)
    match said.answer if said else None:
        case "by_hand":
            return Resolution(by_hand=True)
        case "send":
            sentence = f"Waits until invoice {name} is in QuickBooks."
            return Resolution(reason=Reason.PARENT, sentence=sentence)
    return Resolution(
        question=Question.OLDER_INVOICE,
        about=name,
        sentence=f"Invoice {name} was left out of QuickBooks: send both, or book by hand.",
    )


def _voided(name: str, answers: Answers) -> Resolution:
    said = answers.to(Question.INVOICE_VOIDED, name)
    match said:
        case None:
            return Resolution(
                question=Question.INVOICE_VOIDED,
                about=name,
                sentence=f"Invoice {name} is void: keep the money as credit, or skip.",
            )
        case _ if said.answer == "credit":
            return _AS_CREDIT
        case _:
            return Resolution(skipped_by=said.answered_by)


def _unsent(name: str, answers: Answers) -> Resolution:
    if answers.to(Question.UNSENT_INVOICE, name) is not None:
        return _AS_CREDIT
    return Resolution(
        reason=Reason.UNSENT,
        question=Question.UNSENT_INVOICE,
        about=name,
        sentence=f"The money waits: invoice {name} has not been sent.",
    )


def _fill(payment: Payment, payable: Sequence[tuple[Candidate, Decimal]]) -> Resolution:
    left = payment.amount
    lines = []
    for candidate, allocated in payable:
        amount = min(left, allocated, candidate.room)
        if amount > ZERO and candidate.pk is not None and candidate.qbo_id is not None:
            lines.append(Application(candidate.pk, candidate.qbo_id, amount, candidate.customer_id))
            left -= amount
    return Resolution(lines=tuple(lines), customer_id=payable[0][0].customer_id)
