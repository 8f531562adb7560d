"""From a wanted state to the one request that brings QuickBooks there, if any is needed: pure."""

from dataclasses import dataclass
from typing import Literal

from qbo_client import ApiRequest
from qbo_client.requests import create, sparse_update, void
from records.attempts import Write
from records.claims import Claim, OpenAttempt
from records.facts import Link
from workers.mapping import Fields, changed_fields, request_id
from workers.mapping.values import is_blank, stored, with_numbers
from workers.wanted import Wanted

_PENDING_ID = "pending"


@dataclass(frozen=True)
class Draft:
    """A request still without its id, which is derived from its bytes."""

    operation: Literal["create", "update", "void"]
    request: ApiRequest


def draft_for(wanted: Wanted, link: Link | None) -> Draft | None:
    """Choose create, sparse update of what changed, void, or nothing."""
    if wanted.fields is None:
        if link is None:
            return None
        return Draft("void", void(wanted.kind, link.qbo_id, link.sync_token, _PENDING_ID))
    if link is None:
        return Draft("create", create(wanted.kind, wanted.fields, _PENDING_ID))
    changed = changed_fields(link.owned, _as_left(wanted.fields, link))
    if link.adopted:
        changed = _blanks_only(changed, link.owned)
    if not changed:
        return None
    named = {"Id": link.qbo_id, "SyncToken": link.sync_token}
    return Draft("update", sparse_update(wanted.kind, changed | named, _PENDING_ID))


def _as_left(fields: Fields, link: Link) -> Fields:
    """What a person left as QuickBooks has it is wanted so; a payment's lines go along with it."""
    left = {name: with_numbers(link.owned[name]) for name in link.kept if name in link.owned}
    return {name: value for name, value in fields.items() if name not in link.kept} | left


def _blanks_only(changed: Fields, owned: Fields) -> Fields:
    """A customer that was linked, not made: blanks are filled, nothing is overwritten.

    That it shall be active again is a person's word.
    """
    return {
        name: value
        for name, value in changed.items()
        if is_blank(owned.get(name)) or name == "Active"
    }


def write_of(claim: Claim, wanted: Wanted, draft: Draft, *, answers: int) -> Write:
    """Compose the attempt of a draft; its request id is a function of all that makes it this one.

    Args:
        claim: the claimed record.
        wanted: what the draft leads to; the whole of it is kept beside the request.
        draft: the request.
        answers: business answers the record's part has had so far.
    """
    body = draft.request.body or b""
    identity = request_id(
        claim.realm_id,
        claim.company_id,
        claim.entity,
        claim.record_id,
        wanted.part,
        draft.operation,
        claim.generation,
        answers,
        body,
    )
    params = tuple(
        (name, identity if name == "requestid" else value) for name, value in draft.request.params
    )
    kept = stored(wanted.fields or {})
    return Write(
        part=wanted.part,
        operation=draft.operation,
        kind=wanted.kind,
        path=draft.request.path,
        params=params,
        body=body,
        request_id=identity,
        basis=wanted.basis,
        wanted=kept if isinstance(kept, dict) else {},
    )


def request_of(attempt: OpenAttempt) -> ApiRequest:
    """Bring the stored request back: exactly the bytes that left before."""
    params = tuple((name, value) for name, value in attempt.params)
    return ApiRequest("POST", attempt.path, params, bytes(attempt.body), "application/json")
