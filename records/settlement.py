"""Settling: the end of a claim, by the worker that holds it and nobody else.

Each release is one conditional UPDATE that gives the place back and leaves the nudges of all who
may wait for it, in the same statement. A settle whose token is no longer the record's is fenced:
it changes nothing and gives nothing back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from coordination.database import Connection
from records.claims import Claim
from records.states import Reason, State


@dataclass(frozen=True)
class Release:
    """Where a claimed record goes.

    `settled_basis` is set when QuickBooks agrees with `settled_version`; `failed_basis` when it
    refused what was tried. `retry_at` goes with retrying; `transient` counts one more such error.
    """

    state: State
    reason: Reason | None = None
    code: str | None = None
    sentence: str | None = None
    retry_at: datetime | None = None
    settled_version: int | None = None
    settled_basis: str | None = None
    failed_version: int | None = None
    failed_basis: str | None = None
    transient: bool = False


def done(version: int, basis: str) -> Release:
    """QuickBooks agrees with `version` under `basis`."""
    return Release(State.DONE, settled_version=version, settled_basis=basis)


def handed_back() -> Release:
    """Nothing was tried: the window was full, or the company stopped meanwhile."""
    return Release(State.PENDING)


def retry(at: datetime, sentence: str, *, transient: bool = True) -> Release:
    """A transient error or an unknown outcome: goes on at `at`."""
    return Release(State.RETRYING, retry_at=at, sentence=sentence, transient=transient)


def refused(version: int, basis: str, code: str, sentence: str) -> Release:
    """QuickBooks, or the mapping, would refuse this in the same way every time."""
    return Release(
        State.FAILED, code=code, sentence=sentence, failed_version=version, failed_basis=basis
    )


def asked(sentence: str) -> Release:
    """A person has to choose; the question is written in the same transaction."""
    return Release(State.WAITING, reason=Reason.DECISION, sentence=sentence)


# An end is only for the newest version: when a newer one has come meanwhile, the record goes on at
# once, and the evaluation that the nudge brings says where. One that retries is judged by then.
RELEASED: Final = """released AS (
    UPDATE proline_qbo.records r
    SET state = CASE WHEN %(outdated)s AND r.version > %(version)s THEN 'retrying'
                     ELSE %(state)s END,
        reason = CASE WHEN %(outdated)s AND r.version > %(version)s THEN NULL
                      ELSE %(reason)s END,
        retry_at = CASE WHEN %(outdated)s AND r.version > %(version)s THEN proline_qbo.clock()
                        ELSE %(retry_at)s END,
        code = %(code)s, sentence = %(sentence)s, since = proline_qbo.clock(),
        under_way_since = CASE WHEN %(settled_version)s::bigint IS NULL THEN r.under_way_since
                               ELSE r.taken_in_at END,
        settled_version = coalesce(%(settled_version)s, r.settled_version),
        settled_basis = CASE WHEN %(settled_version)s::bigint IS NULL THEN r.settled_basis
                             ELSE %(settled_basis)s END,
        failed_version = %(failed_version)s, failed_basis = %(failed_basis)s,
        failed_code = %(code)s, failed_sentence = %(sentence)s,
        transient_errors = CASE WHEN %(transient)s THEN r.transient_errors + 1 ELSE 0 END,
        unfinished_starts = 0, deaths_alone = 0, parked_version = NULL, alone = false,
        dispatch_token = NULL, dispatched_at = NULL, claimed_by = NULL, claimed_at = NULL,
        claimed_beats = NULL
    WHERE r.pk = %(record_pk)s AND r.dispatch_token = %(token)s AND r.claimed_by = %(process_id)s
    RETURNING r.company_id, r.entity, r.record_id
), nudged AS (
    INSERT INTO proline_qbo.nudges (company_id, entity, record_id)
    SELECT * FROM released
    UNION ALL
    SELECT r.company_id, k.entity, k.record_id
    FROM released r, unnest(%(entities)s::text[], %(ids)s::text[]) AS k (entity, record_id)
)"""
"""The parts of a statement that release a claim; `released` has a row unless it was fenced."""
_RELEASE = f"WITH {RELEASED} SELECT FROM released"


def release(
    connection: Connection,
    claim: Claim,
    release: Release,
    also: Sequence[tuple[str, str]] = (),
) -> bool:
    """End a claim; False when it was fenced.

    Args:
        connection: the settling transaction, which also holds the attempt's answer and the link.
        claim: the claim as it was taken.
        release: where the record goes.
        also: (entity, ProLine id) of other records of the company whose dependants may wait.
    """
    return connection.execute(_RELEASE, arguments_of(claim, release, also)).rowcount == 1


def arguments_of(
    claim: Claim, release: Release, also: Sequence[tuple[str, str]]
) -> dict[str, object]:
    """Give the arguments of `RELEASED`."""
    return {
        "record_pk": claim.pk,
        "token": claim.token,
        "process_id": claim.process_id,
        "version": claim.version,
        "outdated": release.state is not State.RETRYING,
        "state": release.state,
        "reason": release.reason,
        "retry_at": release.retry_at,
        "code": release.code if release.state is State.FAILED else None,
        "sentence": release.sentence,
        "settled_version": release.settled_version,
        "settled_basis": release.settled_basis,
        "failed_version": release.failed_version,
        "failed_basis": release.failed_basis,
        "transient": release.transient,
        "entities": [entity for entity, _ in also],
        "ids": [record_id for _, record_id in also],
    }
