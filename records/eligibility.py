"""May this record be written to QuickBooks now, and if not, why not: pure.

One judgement per entity over `Facts`; the relay asks at intake and for every nudge. The order in
each is the order in which a person would ask: is anything to be done at all, has ProLine sent it,
is it meant to be transferred, is what it hangs from in QuickBooks.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from records import basis
from records.allocation import Resolution, resolve
from records.closed_books import about as about_closed
from records.closed_books import dated_basis, dated_instead, day_there, own_day
from records.facts import Facts, Link, Parent, is_lowered
from records.keys import RUNNING_PREFIX, RecordKey
from records.questions import Question
from records.states import RULE, Reason, State
from records.verdicts import (
    Told,
    Verdict,
    asking,
    done,
    eligible,
    failed,
    offering,
    skipped,
    skipped_by_rule,
    waiting,
)
from schemas import (
    Contact,
    Entity,
    Invoice,
    Payment,
    PaymentStatus,
    Project,
    Snapshot,
    SnapshotInvalid,
    parse_snapshot,
)

_PARKED = (
    "Our software stopped three times while it worked on this record alone. Nothing more is sent "
    "until it changes in ProLine: ask support."
)
RETRY_AFTER_FAILURE = timedelta(minutes=1)
"""A newer snapshot is tried again after a failure, at most once in this time."""
BOOKS_READ_AGAIN_AFTER = timedelta(days=1)
"""How often the close date is asked for while anything waits for it."""


def judge(facts: Facts, now: datetime) -> Verdict | None:  # noqa: PLR0911  # one arm a rule
    """Say where a record that is not dispatched belongs; None leaves it where it is.

    Args:
        facts: the record and what it hangs from, read in one transaction.
        now: the database's clock.
    """
    if facts.state is State.RETRYING and not _is_due(facts, now):
        return None
    parked = facts.parked_version == facts.version
    if facts.outcome_unknown and not parked:
        # Nothing else may be written for it, so nothing else is asked.
        return eligible(facts.settled_basis or "")
    if facts.state is State.SKIPPED and facts.skipped_by != RULE and _skip_holds(facts):
        return None
    if _worker_asks(facts):
        return None
    if parked:
        return failed("parked", _PARKED)
    try:
        snapshot = facts.read or parse_snapshot(Entity(facts.entity), facts.snapshot).snapshot
    except SnapshotInvalid as misfit:
        return failed("snapshot_invalid", misfit.sentence)
    verdict = _judge_snapshot(facts, snapshot)
    if verdict.state is State.PENDING:
        return _hold_back(facts, snapshot, verdict, now)
    return verdict


def _is_due(facts: Facts, now: datetime) -> bool:
    return facts.retry_at is None or facts.retry_at <= now


def _skip_holds(facts: Facts) -> bool:
    """Without a link a skip covers newer versions too; with one, only the version skipped."""
    return facts.link is None or facts.skipped_version == facts.version


def _worker_asks(facts: Facts) -> bool:
    """What a worker has asked about this very version stands until it is answered."""
    return (
        facts.state is State.WAITING
        and facts.asked is not None
        and facts.asked.version == facts.version
    )


def _hold_back(facts: Facts, snapshot: Snapshot, verdict: Verdict, now: datetime) -> Verdict | None:
    """Keep an eligible record from doing again what was done or refused in this very form."""
    if verdict.anew:
        return verdict
    if isinstance(snapshot, Invoice | Payment):
        chosen = dated_instead(facts.answers, own_day(snapshot))
        if verdict.basis != basis.VOID:
            verdict = replace(verdict, basis=dated_basis(verdict.basis, chosen))
    if (facts.settled_version, facts.settled_basis) == (facts.version, verdict.basis):
        return replace(done(verdict.basis), told=verdict.told)
    refused = _refused_before(facts, verdict, now)
    if refused is not None:
        return refused
    if not isinstance(snapshot, Invoice | Payment):
        return verdict
    if verdict.basis != basis.VOID and _customer_is_gone(facts):
        return waiting(Reason.PARENT, _GONE)
    return _while_books_are_closed(facts, snapshot, verdict, now)


def _refused_before(facts: Facts, verdict: Verdict, now: datetime) -> Verdict | None:
    if facts.failed_version is None:
        return None
    if (facts.failed_version, facts.failed_basis) == (facts.version, verdict.basis):
        return failed(facts.failed_code or "refused", facts.failed_sentence or "")
    if facts.state is State.FAILED and now < facts.since + RETRY_AFTER_FAILURE:
        return Verdict(State.RETRYING, sentence=facts.failed_sentence, basis=verdict.basis)
    return None


_GONE = "Its customer is gone in QuickBooks, and a person has to decide about the customer."


def _customer_is_gone(facts: Facts) -> bool:
    """Nothing can be booked on a customer that was merged or made inactive; a void passes."""
    candidates = [*(each for each, _ in facts.named), *facts.of_project]
    return facts.customer_gone or any(each.customer_gone for each in candidates)


def _while_books_are_closed(
    facts: Facts, document: Invoice | Payment, verdict: Verdict, now: datetime
) -> Verdict:
    """A day that is closed waits for a person; the office may have reopened it unseen."""
    day, question = day_there(document, facts.link, facts.answers, facts.close_date)
    if day is None or facts.close_date is None or day > facts.close_date:
        return verdict
    about = about_closed(facts.close_date, day)
    said = facts.answers.to(question, about)
    if said is not None and said.answer == "skip":
        return skipped(said.answered_by, "Left out: its day is closed in QuickBooks.")
    if said is not None or _books_are_old(facts, now):
        # The worker reads the books again before it sends anything.
        return verdict
    closed_to, of_day = _written(facts.close_date), _written(day)
    sentence = f"The books are closed to {closed_to}, and this is of {of_day}."
    return offering(waiting(Reason.CLOSED_BOOKS, sentence), question, about=about)


def _written(day: date) -> str:
    """Write a day as an office does: Oct 31, 2026."""
    return f"{day:%b} {day.day}, {day.year}"


def _books_are_old(facts: Facts, now: datetime) -> bool:
    waits = facts.state is State.WAITING and facts.asked is not None
    read_at = facts.books_read_at
    return waits and read_at is not None and read_at + BOOKS_READ_AGAIN_AFTER <= now


def _judge_snapshot(facts: Facts, snapshot: Snapshot) -> Verdict:
    match snapshot:
        case Contact():
            return _judge_contact(facts)
        case Project():
            return _judge_project(facts)
        case Invoice():
            return _judge_invoice(facts, snapshot)
        case Payment():
            return _judge_payment(facts, snapshot)


# Contacts and projects: the customers.


def _judge_contact(facts: Facts) -> Verdict:
    if facts.link is not None:
        return _judge_customer(facts, "contact", facts.link, eligible())
    if _stays_in_former_books(facts):
        return done()
    if facts.wanted or facts.sent_anyway:
        return eligible()
    return waiting(Reason.STAGE, "None of this customer's projects has been transferred.")


def _judge_project(facts: Facts) -> Verdict:
    if facts.customer_mode is None:
        return waiting(Reason.STAGE, _not_transferred(facts))
    told = _told_of_move(facts)
    if facts.customer_mode == "main" or _stays_in_former_books(facts):
        return replace(done(), told=told)
    missing = _missing_parent(facts, facts.contact, "contact")
    if missing is not None:
        return missing
    verdict = replace(eligible(basis.of_job(facts.contact)), told=told)
    return verdict if facts.link is None else _judge_customer(facts, "project", facts.link, verdict)


def _not_transferred(facts: Facts) -> str:
    if facts.stands_in is None:
        return "It has not entered a stage that sends it to QuickBooks."
    return (
        f"It stands in {facts.stands_in} already: it was there before you enabled or chose that. "
        "Transfer it, if it shall be in QuickBooks."
    )


def _judge_customer(facts: Facts, entity: str, link: Link, verdict: Verdict) -> Verdict:
    """A customer that is gone in QuickBooks is one decision for all that is booked on it."""
    if not link.gone:
        return verdict
    said = facts.answers.to(Question.CUSTOMER_GONE, link.qbo_id)
    match said.answer if said else None:
        case "new":
            return eligible(anew=True)
        case None:
            return asking(
                Question.CUSTOMER_GONE,
                f"The customer of {entity} {facts.record_id} was deleted, merged or made inactive "
                "in QuickBooks: link another, reactivate it, or send it as new.",
                about=link.qbo_id,
            )
    return eligible(basis.of_gone(link, facts.answers) or "")


def _stays_in_former_books(facts: Facts) -> bool:
    """In new books nothing that was done before is sent by itself."""
    return facts.link is None and facts.formerly and not facts.sent_anyway


def _told_of_move(facts: Facts) -> tuple[Told, ...]:
    if facts.moved_to is None or facts.contact is None:
        return ()
    sentence = (
        f"ProLine gave project {facts.record_id} to contact {facts.moved_to}; in QuickBooks it "
        f"stays with contact {facts.contact.record_id}. Move it there by hand if it shall follow."
    )
    return (Told("moved", facts.moved_to, sentence),)


# Invoices.


def _judge_invoice(facts: Facts, invoice: Invoice) -> Verdict:  # noqa: PLR0911  # one arm a rule
    gone = invoice.voided_at is not None or invoice.deleted_at is not None
    if gone:
        return _judge_gone_invoice(facts)
    if facts.link is not None:
        return _judge_known_invoice(facts, invoice, facts.link)
    if invoice.sent_at is None:
        return waiting(Reason.UNSENT, "The invoice has not been sent in ProLine.")
    if _sent_before_enable(invoice, facts) and not facts.sent_anyway:
        left_out = skipped_by_rule("Sent before you enabled the integration.")
        return offering(left_out, Question.SENT_BEFORE_ENABLE, about=facts.record_id)
    if facts.is_member:
        return done()
    if _stays_in_former_books(facts):
        return _judge_in_new_books(facts)
    if facts.amount_due is not None and facts.amount_due <= 0 and not facts.sent_anyway:
        return _asks_for_nothing(facts, facts.amount_due)
    if facts.older_member:
        began_before = _judge_began_before(facts)
        if began_before is not None:
            return began_before
    return _missing_ancestor(facts) or eligible()


def _asks_for_nothing(facts: Facts, amount: Decimal) -> Verdict:
    """Left out, not failed: an invoice that shows what has been paid is no mistake of anybody."""
    left_out = skipped_by_rule(
        f"It asked for {amount.normalize():f} when it was first sent: there is nothing to book."
    )
    return offering(left_out, Question.ASKS_FOR_NOTHING, about=facts.record_id)


def _judge_began_before(facts: Facts) -> Verdict | None:
    said = facts.answers.to(Question.RUNNING_BALANCE_BEGAN_BEFORE, facts.record_id)
    match said.answer if said else None:
        case "whole" | "link":
            return None
        case "by_hand":
            return done()
    return asking(
        Question.RUNNING_BALANCE_BEGAN_BEFORE,
        "An earlier running-balance invoice of this project was sent before you enabled: book the "
        "whole sum, link the invoice QuickBooks has, or book by hand.",
        about=facts.record_id,
    )


def _judge_in_new_books(facts: Facts) -> Verdict:
    """What was booked in the former books stays there; a change of it is a person's."""
    if facts.settled_version == facts.version:
        return done(facts.settled_basis or "")
    if facts.answers.to(Question.FORMER_BOOKS, facts.record_id) is not None:
        return done()
    return asking(
        Question.FORMER_BOOKS,
        f"This {facts.entity} was booked in the former QuickBooks company and has changed since: "
        "book it in these books too, or leave it there.",
        about=facts.record_id,
    )


def _judge_gone_invoice(facts: Facts) -> Verdict:
    if facts.link is None or facts.link.voided:
        return done()
    if facts.paid.allow_void(facts.answers):
        return eligible(basis.VOID)
    about = facts.paid.about
    if about and facts.answers.to(Question.VOID_PAID_INVOICE, about) is None:
        return asking(
            Question.VOID_PAID_INVOICE,
            "The invoice is void in ProLine, but payments of it are not: void and leave the "
            "money as credit, or wait.",
            about=about,
        )
    sentence = "Waits until its payments are void in QuickBooks."
    return waiting(Reason.CHILDREN, _with_locked(facts, sentence))


def _is_paid_beyond(facts: Facts, invoice: Invoice, link: Link) -> bool:
    """Lowered below what is paid on it, QuickBooks would take money off payments of its choice.

    Which ones no answer says, so its payments come down first. What is booked with its amount due
    is never lowered.
    """
    if facts.amount_due is not None or facts.settled_version == facts.version:
        return False
    return is_lowered(invoice.total, link.total) and facts.paid.held > invoice.total


def _with_locked(facts: Facts, sentence: str) -> str:
    if facts.paid.locked is None:
        return sentence
    return f"{sentence} Payment {facts.paid.locked}"


def _judge_known_invoice(facts: Facts, invoice: Invoice, link: Link) -> Verdict:
    if link.voided:
        return _void_there(facts, "invoice", link.qbo_id)
    if _is_paid_beyond(facts, invoice, link):
        sentence = "Waits until its payments take no more of it than its new total."
        return waiting(Reason.CHILDREN, _with_locked(facts, sentence))
    return replace(eligible(), told=_told_of_moved_invoice(facts))


def _told_of_moved_invoice(facts: Facts) -> tuple[Told, ...]:
    """What is booked stays on its customer, also when ProLine moves it to another project."""
    project, contact = facts.project, facts.contact
    if project is None or facts.booked_under is None or project.customer_mode is None:
        return ()
    under = ("project", project) if project.customer_mode == "sub" else ("contact", contact)
    entity, parent = under
    if parent is None or (entity, parent.record_id) == facts.booked_under:
        return ()
    there = " ".join(facts.booked_under)
    sentence = (
        f"ProLine moved invoice {facts.record_id} to {entity} {parent.record_id}; in QuickBooks it "
        f"stays under {there}. Move it there by hand if it shall follow."
    )
    return (Told("moved", f"{entity}:{parent.record_id}", sentence),)


def _void_there(facts: Facts, document: str, qbo_id: str) -> Verdict:
    """Nothing brings a void back, and nothing is made a second time silently."""
    said = facts.answers.to(Question.SEND_AS_NEW, qbo_id)
    match said.answer if said else None:
        case "new":
            return eligible(anew=True)
        case "leave":
            return done("left")
    return asking(
        Question.SEND_AS_NEW,
        f"The {document} is void or deleted in QuickBooks and alive in ProLine: send it as new, or"
        " leave it.",
        about=qbo_id,
    )


def _sent_before_enable(invoice: Invoice, facts: Facts) -> bool:
    if facts.record_id.startswith(RUNNING_PREFIX):
        return False  # composed of what counts: members sent since, or sent all the same
    if invoice.sent_at is None or facts.first_enabled_at is None:
        return facts.first_enabled_at is None
    return invoice.sent_at < facts.first_enabled_at


# Payments.


def _judge_payment(facts: Facts, payment: Payment) -> Verdict:  # noqa: PLR0911  # one arm a rule
    if payment.voided_at is not None or payment.deleted_at is not None:
        return eligible(basis.VOID) if facts.booked_on else done()
    if payment.status is PaymentStatus.FAILED:
        return _judge_failed_payment(facts)
    if payment.status is PaymentStatus.PENDING:
        return _judge_pending_payment(facts)
    if facts.void_part is not None:
        return _void_there(facts, "payment", facts.void_part)
    if _stays_in_former_books(facts):
        return _judge_in_new_books(facts)
    resolution = resolve(payment, facts.named, facts.of_project, facts.booked_on, facts.answers)
    unseen = next((each for each, _ in facts.named if each.state is None), None)
    if unseen is not None and resolution.question is None:
        return _unknown_parent("invoice", unseen.record_id)
    if resolution.is_open:
        return _judge_open(facts, resolution)
    if resolution.customer_id is None and facts.link is None:
        missing = _missing_ancestor(facts)
        if missing is not None:
            return missing
    return eligible(resolution.basis)


def _judge_open(facts: Facts, resolution: Resolution) -> Verdict:
    sentence = resolution.sentence or ""
    if resolution.by_hand:
        return done("by_hand")
    if resolution.skipped_by is not None:
        return skipped(resolution.skipped_by, "Left out: its invoice is void.")
    if resolution.question is None:
        needs = resolution.needs
        return replace(
            waiting(resolution.reason or Reason.PARENT, sentence),
            needs=RecordKey(facts.company_id, "invoice", needs) if needs else None,
        )
    verdict = waiting(resolution.reason or Reason.DECISION, sentence)
    return offering(verdict, resolution.question, about=resolution.about)


def _judge_pending_payment(facts: Facts) -> Verdict:
    """Not there yet; once booked it was complete, and that is taken back only by a person."""
    if not facts.booked_on:
        return waiting(Reason.UNSENT, "The payment is not complete in ProLine.")
    return _judge_taken_back(facts, "is not complete any more")


def _judge_failed_payment(facts: Facts) -> Verdict:
    """Money that never came needs nothing there, unless it was booked when it seemed to come."""
    if not facts.booked_on:
        return done()
    return _judge_taken_back(facts, "failed")


def _judge_taken_back(facts: Facts, what: str) -> Verdict:
    if facts.link is None:
        return done()
    said = facts.answers.to(Question.FAILED_AFTER_BOOKING, facts.link.qbo_id)
    match said.answer if said else None:
        case "void":
            return eligible(basis.VOID)
        case "leave":
            return done("left")
    return asking(
        Question.FAILED_AFTER_BOOKING,
        f"The payment {what} in ProLine after it was booked: void it in QuickBooks, or leave it.",
        about=facts.link.qbo_id,
    )


# What a record hangs from.


def _missing_ancestor(facts: Facts) -> Verdict | None:
    """What must be in QuickBooks before an invoice or a credit can name its customer."""
    project = facts.project
    if project is None or project.state is None:
        return _unknown_parent("project", project.record_id if project else "")
    if project.customer_mode is None:
        return waiting(Reason.STAGE, "Its project has not been transferred.")
    if project.customer_mode == "sub":
        return _missing_parent(facts, project, "project")
    return _missing_parent(facts, facts.contact, "contact")


def _missing_parent(facts: Facts, parent: Parent | None, entity: str) -> Verdict | None:
    if parent is None or parent.state is None:
        return _unknown_parent(entity, parent.record_id if parent else "")
    name = f"{entity} {parent.record_id}"
    if parent.gone:
        return waiting(
            Reason.PARENT,
            f"The customer of {name} is gone in QuickBooks, and a person has to decide about it.",
        )
    if parent.qbo_id is not None:
        return None
    if parent.skipped_by is not None:
        return _parent_was_skipped(facts, name)
    waits = waiting(Reason.PARENT, f"Waits until {name} is in QuickBooks.")
    if parent.left_out:
        return replace(waits, needs=RecordKey(facts.company_id, entity, parent.record_id))
    return waits


def _parent_was_skipped(facts: Facts, name: str) -> Verdict:
    said = facts.answers.to(Question.PARENT_SKIPPED, name)
    if said is None:
        return asking(
            Question.PARENT_SKIPPED,
            f"It hangs from {name}, which was skipped: send both, or skip this too.",
            about=name,
        )
    if said.answer == "skip":
        return skipped(said.answered_by, f"Left out, as {name} was.")
    return waiting(Reason.PARENT, f"Waits until {name} is in QuickBooks.")


def _unknown_parent(entity: str, record_id: str) -> Verdict:
    return failed("parent_unknown", f"ProLine has not sent {entity} {record_id}.")
