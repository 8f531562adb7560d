"""How every sequence ends: what waits is answered, until nothing is asked any more.

Three things are not a person's to answer, and ProLine does them: what was edited in QuickBooks is
edited in ProLine too, for until then nobody looks at it; a payment that is booked and
now waits for a project has that project won; and where the office chose to wait with a void until
the payments are void, they are voided.
"""

from typing import Any, Final

from records.deciding import Open
from records.orders import Order, order
from records.questions import Question
from tests.behaviour import steps
from tests.behaviour.contractor import Contractor, is_gone

ROUNDS_MOST: Final = 12
TOUCHED: Final = "Said again"


def end(contractor: Contractor) -> None:
    """Answer all that is asked, by fixed rules, and wait until all has arrived."""
    contractor.settle()
    _touch(contractor)
    for _ in range(ROUNDS_MOST):
        contractor.settle()
        steps_taken = [
            _win_projects(contractor),
            _void_payments(contractor),
            _send_left_out(contractor),
            _answer(contractor),
        ]
        if not any(steps_taken):
            return
    asked = [(each.entity, each.record_id, each.question) for each in contractor.questions()]
    raise AssertionError(f"Still asked after {ROUNDS_MOST} rounds: {asked}")


def _touch(contractor: Contractor) -> None:
    roofer = contractor.roofer
    shown_there = {contractor.shown_as(each) for each in contractor.touched & {*steps.INVOICES}}
    for record_id, invoice in contractor.all("invoice"):
        if contractor.shown_as(record_id) in shown_there and not is_gone(invoice):
            roofer.invoice(record_id, invoice["total"], **_unchanged(invoice))
    for record_id, payment in contractor.all("payment"):
        if record_id in contractor.touched and not is_gone(payment):
            kept = {"allocations": payment["allocations"], "reference": TOUCHED}
            roofer.payment(payment["amount"], None, record_id, **kept)
    for record_id in contractor.touched & {*steps.CONTACTS}:
        roofer.contact(record_id, email="again@example.com")


def _unchanged(invoice: dict[str, object]) -> dict[str, object]:
    return {"lines": invoice["lines"], "memo": TOUCHED}


def _win_projects(contractor: Contractor) -> bool:
    """Win the projects that payments which are booked already wait for."""
    rows = contractor.roofer.rows(
        "SELECT DISTINCT r.record_id FROM proline_qbo.records r JOIN proline_qbo.links l"
        " ON l.record_pk = r.pk WHERE r.company_id = %s AND r.entity = 'payment'"
        " AND r.state = 'waiting' AND r.reason IN ('parent', 'stage')",
        contractor.roofer.company_id,
    )
    missing = {
        project_id
        for row in rows
        for project_id in contractor.paid_over[row.record_id] - contractor.modes.keys()
    }
    for project_id in sorted(missing):
        contractor.play(steps.Project(project_id, contractor.stages[0]))
    return bool(missing)


def _void_payments(contractor: Contractor) -> bool:
    """Void what the office has said it waits for."""
    waited_for = {
        payment_id
        for row in _waiting_invoices(contractor)
        if row.basis is not None
        for payment_id in row.basis.split(",")
        if ("payment", payment_id) in contractor.roofer.latest
        and not is_gone(contractor.latest("payment", payment_id))
    }
    for payment_id in sorted(waited_for):
        contractor.play(steps.Void("payment", payment_id))
    return bool(waited_for)


def _waiting_invoices(contractor: Contractor) -> list[Any]:
    return contractor.roofer.rows(
        "SELECT (SELECT d.basis FROM proline_qbo.decisions d WHERE d.record_pk = r.pk"
        " AND d.question = %s AND d.answer = 'wait' ORDER BY d.id DESC LIMIT 1) AS basis"
        " FROM proline_qbo.records r WHERE r.company_id = %s AND r.state = 'waiting'"
        " AND r.reason = 'children'",
        Question.VOID_PAID_INVOICE,
        contractor.roofer.company_id,
    )


def _send_left_out(contractor: Contractor) -> bool:
    rows = contractor.roofer.rows(
        "SELECT pk, record_id FROM proline_qbo.records WHERE company_id = %s AND state = 'skipped'"
        " AND skipped_by <> 'rule'",
        contractor.roofer.company_id,
    )
    with contractor.roofer.system.pool.connection() as connection:
        order(connection, [Order(row.pk, "send", "the office") for row in rows])
    contractor.sent_anyway |= {row.record_id for row in rows}
    return bool(rows)


def _answer(contractor: Contractor) -> bool:
    asked = [each for each in contractor.questions() if not _is_left(contractor, each)]
    for each in asked:
        contractor.answer(each)
    return bool(asked)


def _is_left(contractor: Contractor, asked: Open) -> bool:
    """Money for an unsent invoice may wait for ever, where it was never booked."""
    if asked.question != Question.UNSENT_INVOICE or not contractor.cast.waits:
        return False
    return not contractor.roofer.rows(
        "SELECT FROM proline_qbo.links WHERE record_pk = %s", asked.record_pk
    )
