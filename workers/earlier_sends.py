"""What an earlier send of an attempt has left, as QuickBooks' own books show it.

A repeat that is refused says nothing of the send before it: the SyncToken, the name or the number
it is refused for may be what that send has made. Whoever closed the attempt on such a refusal would
forget what was sent, and the next version would meet our own values as somebody else's, or make
under a new name what is there already (docs/decisions/0009-an-attempt-stays-open.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from qbo_client import DuplicateDocNumber, DuplicateName, QuickBooksError
from records.claims import OpenAttempt
from records.facts import Link
from records.links import Linked
from workers.answers import linked_by, objects_in
from workers.learning import belongs_to_another, holder_of_name, read_object
from workers.lookups import is_repeatable, made_by, query_for, sent_fields
from workers.mapping import UNEDITED, is_ours_edited, is_voided, seen_of_create, seen_of_update
from workers.reads import Read
from workers.session import Session

CLOCKS_DIFFER_BY = timedelta(hours=1)
"""QuickBooks' clock and the database's, at most, and by how far that may be set back while an
attempt is open. What a person has made under our very name so shortly before is asked about."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there.

    Attributes:
        link: The link as it is with it.
        applied: The attempt was applied; else only some of its values are there, perhaps a
            person's.
        theirs: The object as it was read.
    """

    link: Linked
    applied: bool
    theirs: dict[str, Any]


def look(
    session: Session, attempt: OpenAttempt, refusal: QuickBooksError | None = None
) -> Found | None:
    """Look for what an attempt has made or changed, by one metered read; None: nothing is seen.

    Args:
        session: the claim.
        attempt: whose outcome is unknown.
        refusal: what its repeat was told.

    Raises:
        QuickBooksError: the read brought no answer, or a refusal.
    """
    before = session.claim.parts.get(attempt.part)
    if attempt.operation == "create":
        return _made(session, attempt, _alike(session, attempt, refusal))
    if before is None:
        return None
    theirs = read_object(session, attempt.kind, before.qbo_id, Read.LOOK_UP)
    if theirs is None:
        return None
    if attempt.operation == "void":
        void = Found(linked_by(attempt, theirs, before), applied=True, theirs=theirs)
        return void if is_voided(theirs) else None
    if is_voided(theirs) if attempt.kind != "Customer" else theirs.get("Active") is False:
        return None  # what becomes of it is for a person to say
    return _updated(attempt, theirs, before)


def _alike(
    session: Session, attempt: OpenAttempt, refusal: QuickBooksError | None
) -> Sequence[dict[str, Any]]:
    """What holds the name or number, or is there of the customer and day."""
    if attempt.kind == "Customer":
        holder_id = refusal.holder_id if isinstance(refusal, DuplicateName) else None
        holder = holder_of_name(session, attempt, holder_id, Read.LOOK_UP)
    elif (
        isinstance(refusal, DuplicateDocNumber)
        and refusal.holder_type == attempt.kind
        and refusal.holder_id is not None
    ):
        holder = read_object(session, attempt.kind, refusal.holder_id, Read.LOOK_UP)
    else:
        return objects_in(session.read(query_for(attempt), Read.LOOK_UP), attempt.kind)
    return [] if holder is None else [holder]


def _made(session: Session, attempt: OpenAttempt, alike: Sequence[dict[str, Any]]) -> Found | None:
    """What somebody has changed since keeps its SyncToken of then: the next write is read against.

    What nobody has, or was there before, is taken as it is, and whatever it lacks is written next.
    """
    made = made_by(attempt, alike) or _edited(attempt, alike)
    if made is None or belongs_to_another(session, attempt.kind, made):
        return None
    link = linked_by(attempt, made, session.claim.parts.get(attempt.part))
    if made["SyncToken"] != UNEDITED and _is_made_since(attempt, made):
        seen = seen_of_create(attempt.kind, made, attempt.wanted)
        token = link.sync_token if seen.untouched else UNEDITED
        link = replace(link, owned=seen.owned, sync_token=token)
    return Found(link, applied=True, theirs=made)


def _edited(attempt: OpenAttempt, alike: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    if not is_repeatable(attempt):
        return None
    fields = sent_fields(attempt)
    since = [each for each in alike if _is_made_since(attempt, each)]
    return next((each for each in since if is_ours_edited(each, fields)), None)


def _is_made_since(attempt: OpenAttempt, found: dict[str, Any]) -> bool:
    """Whether it was made after the attempt began, by QuickBooks' clock; else it is not by it."""
    told = found.get("MetaData")
    said = told.get("CreateTime") if isinstance(told, dict) else None
    try:
        made_at = datetime.fromisoformat(str(said)).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return made_at > attempt.started_at - CLOCKS_DIFFER_BY


def _updated(attempt: OpenAttempt, theirs: dict[str, Any], link: Link) -> Found:
    """With its old SyncToken, unless nobody has changed it since: the next write is read against.

    What a person has left as it is there was sent so, and is not ours.
    """
    sent = sent_fields(attempt).keys() - {"Id", "SyncToken", "sparse"}
    wanted = {name: value for name, value in attempt.wanted.items() if name not in link.kept}
    wanted |= {name: link.owned[name] for name in link.kept if name in link.owned}
    seen = seen_of_update(attempt.kind, link.owned, theirs, wanted, sent)
    new = replace(linked_by(attempt, theirs, link), owned=seen.owned, adopted=link.adopted)
    if not seen.untouched:
        # A customer it was moved to by a merge is found out by that comparison too.
        new = replace(new, sync_token=link.sync_token, customer_id=link.customer_id)
    return Found(new, applied=seen.whole, theirs=theirs)
