"""Whether an earlier send of an attempt was done, as QuickBooks' own books show it.

A repeat that is refused says nothing of the send before it: the SyncToken, the name or the number
it is refused for may be what that send has made. Whoever closed the attempt on such a refusal would
forget what was sent, and the next version would meet our own values as somebody else's, or make
under a new name what is there already (docs/decisions/0009-an-attempt-stays-open.md).
"""

from dataclasses import replace
from typing import Any

from qbo_client import ObjectNotFound
from qbo_client.requests import read
from records.claims import OpenAttempt
from records.facts import Link
from records.links import Linked
from workers.answers import linked_by, object_in, objects_in
from workers.learning import ask_by_name, belongs_to_another
from workers.lookups import made_by, query_for, query_for_name, sent_fields
from workers.mapping import is_voided, written_as_sent
from workers.reads import Read
from workers.session import Session


def look(session: Session, attempt: OpenAttempt) -> Linked | None:
    """Look for what an attempt has made or changed, by one metered read; None: it has not.

    Raises:
        QuickBooksError: the read brought no answer, or a refusal.
    """
    before = session.claim.parts.get(attempt.part)
    if attempt.operation == "create":
        made = made_by(attempt, _alike(session, attempt))
        if made is None or belongs_to_another(session, attempt.kind, made):
            return None
        return linked_by(attempt, made, before)
    if before is None:
        return None
    theirs = _theirs(session, attempt, before)
    if theirs is None:
        return None
    if attempt.operation == "void":
        return linked_by(attempt, theirs, before) if is_voided(theirs) else None
    return _updated(attempt, theirs, before)


def _alike(session: Session, attempt: OpenAttempt) -> list[dict[str, Any]]:
    """What is there under the name, or of the customer and day, of a create."""
    if attempt.kind != "Customer":
        return objects_in(session.read(query_for(attempt), Read.LOOK_UP), attempt.kind)
    name = str(sent_fields(attempt)["DisplayName"])
    return ask_by_name(session, query_for_name(name), name, Read.LOOK_UP)


def _theirs(session: Session, attempt: OpenAttempt, link: Link) -> dict[str, Any] | None:
    try:
        answer = session.read(read(attempt.kind, link.qbo_id), Read.LOOK_UP)
    except ObjectNotFound:
        return None
    return object_in(answer, attempt.kind)


def _updated(attempt: OpenAttempt, theirs: dict[str, Any], link: Link) -> Linked | None:
    """Give the link as it was after the update; what was changed since is met with its SyncToken.

    The old one: the next write is then refused as stale, and read against what we had written.
    """
    sent = sent_fields(attempt).keys() - {"Id", "SyncToken", "sparse"}
    written = written_as_sent(attempt.kind, link.owned, theirs, attempt.wanted, sent)
    if written is None:
        return None
    new = replace(linked_by(attempt, theirs, link), owned=written.owned, adopted=link.adopted)
    return new if written.untouched else replace(new, sync_token=link.sync_token)
