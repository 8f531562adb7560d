"""What people do to records: sent again, left out, answered, transferred, seen to.

The page and the command line both come here, so that each such change leaves its row in the audit,
in the same transaction. A row names the record and the choice, and no customer's data.
"""

from collections.abc import Mapping, Sequence

from connections import audit
from connections.audit import Actor
from connections.companies import Company
from coordination.database import Connection
from records.as_shown import AsShown, Ordered
from records.attention import (
    GroupKey,
    retry_group,
    send_record,
    skip_group,
    skip_record,
)
from records.deciding import Open, answer
from records.explaining import Explained
from records.failures import order_failures
from records.findings import resolve_finding
from records.keys import RecordKey
from records.orders import Kind, Order, order
from records.transfers import Transfer, transfer_by_hand

ACTIONS: dict[Kind, str] = {"send": "records.send", "skip": "records.skip"}


def order_one(connection: Connection, one: Explained, kind: Kind, by: Actor, why: str = "") -> None:
    """Order for a record of whatever state; it takes effect where the record is at rest."""
    order(connection, [Order(one.pk, kind, by.user_name, why)])
    key = RecordKey(one.company_id, one.entity, one.record_id)
    _note(connection, key, ACTIONS[kind], by, {"why": why} if why else None)


def send_again(connection: Connection, key: RecordKey, by: Actor) -> bool:
    """Send what failed or was left out. False: nothing was ordered, as `send_record` says."""
    sent = send_record(connection, key.company_id, key.entity, key.record_id, by=by.user_name)
    if sent:
        _note(connection, key, ACTIONS["send"], by, None)
    return sent


def leave_out(connection: Connection, key: RecordKey, by: Actor, why: str) -> bool:
    """Leave a record out, for a reason. False: nothing was ordered, as `skip_record` says."""
    left_out = skip_record(
        connection, key.company_id, key.entity, key.record_id, by=by.user_name, why=why
    )
    if left_out:
        _note(connection, key, ACTIONS["skip"], by, {"why": why})
    return left_out


def send_group_again(
    connection: Connection, company_id: str, group: GroupKey, as_shown: AsShown, by: Actor
) -> Ordered:
    """Send every failure of a group that was shown again.

    Raises:
        ShownOtherwise: as `retry_group`.
    """
    ordered = retry_group(connection, company_id, group, as_shown, by=by.user_name)
    _note_group(connection, company_id, group, "send", by, ordered.count)
    return ordered


def leave_group_out(  # what a person says of a group as it was shown
    connection: Connection,
    company_id: str,
    group: GroupKey,
    as_shown: AsShown,
    *,
    by: Actor,
    why: str,
) -> Ordered:
    """Leave every record of a group that was shown out, for a reason.

    Raises:
        ShownOtherwise: as `skip_group`.
    """
    ordered = skip_group(connection, company_id, group, as_shown, by=by.user_name, why=why)
    _note_group(connection, company_id, group, "skip", by, ordered.count, why=why)
    return ordered


def _note_group(  # the facts of one row
    connection: Connection,
    company_id: str,
    group: GroupKey,
    kind: Kind,
    by: Actor,
    number: int,
    **more: str,
) -> None:
    if number:
        after = {"reason": group.what, "records": number, **more}
        audit.note(connection, company_id, by, ACTIONS[kind], after=after)


def order_failed(  # what a person says of what they have filtered
    connection: Connection,
    pks: Sequence[int],
    kind: Kind,
    by: Actor,
    why: str,
    meant: Mapping[str, object],
) -> int:
    """Order for a piece of what failed; each company's audit tells how many, and what was meant.

    Args:
        connection: the caller's transaction.
        pks: as `records.failures.pieces_of` names them.
        kind: sent again, or left out.
        by: who orders it.
        why: in a sentence; a skip needs one.
        meant: the filter, for the audit.

    Returns:
        How many were ordered: those that have gone on meanwhile are not.
    """
    like = Order(0, kind, by.user_name, why, in_bulk=kind == "skip")
    counted = order_failures(connection, pks, like)
    for company_id, number in sorted(counted.items()):
        after = {"records": number, "meant": dict(meant)} | ({"why": why} if why else {})
        audit.note(connection, company_id, by, ACTIONS[kind], after=after)
    return sum(counted.values())


def answer_question(
    connection: Connection, asked: Open, said: str, by: Actor, argument: str | None = None
) -> None:
    """Store a person's answer to a question as it was shown.

    Raises:
        AnswerRefused: as `records.deciding.answer`.
    """
    answer(connection, asked, said, by=by.user_name, argument=argument)
    key = RecordKey(asked.company_id, asked.entity, asked.record_id)
    told = {"question": asked.question, "answer": said}
    _note(connection, key, "question.answer", by, told | ({"id": argument} if argument else {}))


def transfer_project(connection: Connection, company: Company, project_id: str, by: Actor) -> bool:
    """Transfer a project on what it holds. False: it was before, or is not known."""
    key = RecordKey(company.id, "project", project_id)
    mode = company.settings.customer_mode
    if not transfer_by_hand(connection, Transfer(key, mode, by.user_name)):
        return False
    _note(connection, key, "project.transfer", by, {"customer_mode": mode})
    return True


def see_to_finding(
    connection: Connection,
    finding_id: int,
    by: Actor,
    *,
    company_id: str | None = None,
    why: str = "",
) -> bool:
    """Note that a person has seen to a finding. False: there is none of that id left.

    Args:
        connection: the caller's transaction.
        finding_id: its id.
        by: who has seen to it.
        company_id: whose it has to be; None for support, which sees those of all.
        why: what was done about it, if that is said.
    """
    whose = resolve_finding(connection, finding_id, by.user_name, company_id=company_id)
    if whose is None:
        return False
    after = {"finding": finding_id} | ({"why": why} if why.strip() else {})
    audit.note(connection, whose, by, "finding.resolve", after=after)
    return True


def _note(
    connection: Connection,
    key: RecordKey,
    action: str,
    by: Actor,
    after: Mapping[str, object] | None,
) -> None:
    audit.note(
        connection,
        key.company_id,
        by,
        action,
        entity=key.entity,
        record_id=key.record_id,
        after=after,
    )
