"""May this record be written to QuickBooks now, and if not, why not: pure.

One judgement per entity over `Facts`; the relay asks at intake and for every nudge. The order in
each is the order in which a person would ask: is anything to be done at all, has ProLine sent it,
is it meant to be transferred, is what it hangs from in QuickBooks.
"""

from datetime import datetime, timedelta

from records import basis
from records.allocation import resolve
from records.facts import Facts, Link, Parent
from records.states import RULE, Reason, State
from records.verdicts import (
    Verdict,
    asking,
    done,
    eligible,
    failed,
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
    SnapshotInvalid,
    parse_snapshot,
)

_PARKED = (
    "Our software stopped three times while it worked on this record alone. Nothing more is sent "
    "until it changes in ProLine: ask support."
)
RETRY_AFTER_FAILURE = timedelta(minutes=1)
"""A newer snapshot is tried again after a failure, at most once in this time."""


def judge(facts: Facts, now: datetime) -> Verdict | None:
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
    try:
        verdict = failed("parked", _PARKED) if parked else _judge_snapshot(facts)
    except SnapshotInvalid as misfit:
        return failed("snapshot_invalid", misfit.sentence)
    if verdict.state is State.PENDING:
        return _hold_back(facts, verdict, now)
    return verdict


def _is_due(facts: Facts, now: datetime) -> bool:
    return facts.retry_at is None or facts.retry_at <= now


def _skip_holds(facts: Facts) -> bool:
    """Without a link a skip covers newer versions too; with one, only the version skipped."""
    return facts.link is None or facts.skipped_version == facts.version


def _hold_back(facts: Facts, verdict: Verdict, now: datetime) -> Verdict | None:
    """Keep an eligible record from doing again what was done or refused in this very form."""
    if (facts.settled_version, facts.settled_basis) == (facts.version, verdict.basis):
        return done(verdict.basis)
    if facts.failed_version is None:
        return verdict
    if (facts.failed_version, facts.failed_basis) == (facts.version, verdict.basis):
        return failed(facts.failed_code or "refused", facts.failed_sentence or "")
    if facts.state is State.FAILED and now < facts.since + RETRY_AFTER_FAILURE:
        return Verdict(State.RETRYING, sentence=facts.failed_sentence, basis=verdict.basis)
    return verdict


def _judge_snapshot(facts: Facts) -> Verdict:
    snapshot = parse_snapshot(Entity(facts.entity), facts.snapshot).snapshot
    match snapshot:
        case Contact():
            return _judge_contact(facts)
        case Project():
            return _judge_project(facts)
        case Invoice():
            return _judge_invoice(facts, snapshot)
        case Payment():
            return _judge_payment(facts, snapshot)


def _judge_contact(facts: Facts) -> Verdict:
    if facts.link is not None or facts.wanted:
        return eligible()
    return waiting(Reason.STAGE, "None of this contact's projects has entered a trigger stage.")


def _judge_project(facts: Facts) -> Verdict:
    if facts.customer_mode is None:
        return waiting(Reason.STAGE, "The project has not entered a trigger stage.")
    if facts.customer_mode == "main":
        return done()
    return _missing_parent(facts.contact, "contact") or eligible(basis.of_job(facts.contact))


def _judge_invoice(facts: Facts, invoice: Invoice) -> Verdict:  # noqa: PLR0911  # one arm a rule
    gone = invoice.voided_at is not None or invoice.deleted_at is not None
    if gone:
        return _judge_gone_invoice(facts)
    if facts.link is not None:
        return _judge_known_invoice(facts)
    if invoice.sent_at is None:
        return waiting(Reason.UNSENT, "The invoice has not been sent in ProLine.")
    if _sent_before_enable(invoice, facts):
        return skipped_by_rule("Sent before you enabled the integration.")
    if facts.is_member:
        return done()
    if facts.older_member:
        return asking(
            "running_balance_began_before",
            "An earlier running-balance invoice of this project was sent before you enabled.",
            basis=facts.record_id,
        )
    return _missing_ancestor(facts) or eligible()


def _judge_gone_invoice(facts: Facts) -> Verdict:
    if facts.link is None or facts.link.voided:
        return done()
    if facts.paid_by_alive:
        return asking(
            "void_paid_invoice",
            "The invoice is void in ProLine, but payments of it are not: void and leave the money "
            "as credit, or wait.",
            basis=str(facts.paid_by_alive),
        )
    if facts.paid_by:
        return waiting(Reason.CHILDREN, "Waits until its payments are void in QuickBooks.")
    return eligible(basis.VOID)


def _judge_known_invoice(facts: Facts) -> Verdict:
    if facts.link is not None and facts.link.voided:
        return _void_there("invoice", facts.link)
    return eligible()


def _void_there(document: str, link: Link) -> Verdict:
    """Nothing brings a void back, and nothing is made a second time silently."""
    return asking(
        "send_as_new",
        f"The {document} is void in QuickBooks and alive in ProLine: send it as new, or leave it.",
        basis=link.qbo_id,
    )


def _sent_before_enable(invoice: Invoice, facts: Facts) -> bool:
    if invoice.sent_at is None or facts.first_enabled_at is None:
        return facts.first_enabled_at is None
    return invoice.sent_at < facts.first_enabled_at


def _judge_payment(facts: Facts, payment: Payment) -> Verdict:  # noqa: PLR0911  # one arm a rule
    if payment.voided_at is not None or payment.deleted_at is not None:
        unwritten = facts.link is None or facts.link.voided
        return done() if unwritten else eligible(basis.VOID)
    if payment.status is PaymentStatus.FAILED:
        return _judge_failed_payment(facts)
    if payment.status is PaymentStatus.PENDING:
        return waiting(Reason.UNSENT, "The payment is not complete in ProLine.")
    if facts.link is not None and facts.link.voided:
        return _void_there("payment", facts.link)
    booked_on = facts.link.customer_id if facts.link else None
    resolution = resolve(payment, facts.named, facts.of_project, booked_on)
    sentence = resolution.sentence or ""
    if resolution.question is not None:
        return asking(resolution.question, sentence, basis=_names(facts))
    unseen = next((each for each, _ in facts.named if each.state is None), None)
    if unseen is not None:
        return _unknown_parent("invoice", unseen.record_id)
    if resolution.reason is not None:
        return waiting(resolution.reason, sentence)
    if not resolution.lines:
        return _missing_ancestor(facts) or eligible()
    return eligible(resolution.basis)


def _judge_failed_payment(facts: Facts) -> Verdict:
    """Money that never came needs nothing there, unless it was booked when it seemed to come."""
    if facts.link is None or facts.link.voided:
        return done()
    return asking(
        "failed_after_booking",
        "The payment failed in ProLine after it was booked: void it in QuickBooks, or leave it.",
        basis=facts.link.qbo_id,
    )


def _names(facts: Facts) -> str:
    candidates = [candidate for candidate, _ in facts.named] or list(facts.of_project)
    return ",".join(sorted(candidate.record_id for candidate in candidates))


def _missing_ancestor(facts: Facts) -> Verdict | None:
    """What must be in QuickBooks before an invoice or a credit can name its customer."""
    project = facts.project
    if project is None or project.state is None:
        return _unknown_parent("project", project.record_id if project else "")
    if project.customer_mode is None:
        return waiting(Reason.STAGE, "Its project has not entered a trigger stage.")
    if project.customer_mode == "sub":
        return _missing_parent(project, "project")
    return _missing_parent(facts.contact, "contact")


def _missing_parent(parent: Parent | None, entity: str) -> Verdict | None:
    if parent is None or parent.state is None:
        return _unknown_parent(entity, parent.record_id if parent else "")
    if parent.qbo_id is None:
        return waiting(Reason.PARENT, f"Waits until {entity} {parent.record_id} is in QuickBooks.")
    return None


def _unknown_parent(entity: str, record_id: str) -> Verdict:
    return failed("parent_unknown", f"ProLine has not sent {entity} {record_id}.")
