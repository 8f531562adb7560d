"""The claim: a worker takes a dispatched record, or learns that it must not.

Invariant: a record is claimed by the holder of its newest token alone, while its company is on,
connected, unpaused and of the message's epoch, and in no version but the one that was judged. One
that a person has left out meanwhile is claimed only to learn the outcome of a write under way. A
message that is refused for the company's sake hands the record back to pending in the same
statement, one whose newer version was not judged to be judged at once; one with an old token
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from psycopg.rows import class_row

from connections.books import Books, from_json
from coordination.database import Connection
from coordination.statements import Statement
from records import parents
from records.answers import NO_ANSWERS, Answers, load_answers
from records.facts import Link, Parent
from records.link_columns import LINK_COLUMNS, LinkColumns, the_link
from schemas import Entity, Snapshot, parse_snapshot


class ClaimLost(Exception):
    """The relay has taken this claim back: nothing may be sent for it any more."""

    def __init__(self, record_pk: int) -> None:
        """Name the record."""
        super().__init__(f"the claim of record {record_pk} was taken back")


@dataclass(frozen=True)
class ClaimCheck:
    """What a message says: which record, of which epoch, by which token."""

    pk: int
    company_id: str
    epoch: int
    token: UUID


@dataclass(frozen=True)
class OpenAttempt:
    """A write without an answer: exactly this is sent again, or found to have been applied."""

    id: int
    part: str
    operation: str
    kind: str
    path: str
    params: list[list[str]]
    body: bytes
    request_id: str
    version: int
    basis: str
    wanted: dict[str, Any]
    started_at: datetime
    sends: int


@dataclass
class Reading:
    """A snapshot and how it was read, kept by all that a claim becomes in the course of its run."""

    snapshot: dict[str, Any] | None = None
    document: Snapshot | None = None


@dataclass(frozen=True)
class Claim:
    """A record this process may write now, with what the write needs.

    `parts` are all its objects in QuickBooks by part; `link` is the one that is judged by.
    `books` are the realm's, `close_date` their last closed day, as far as we know; `answered` is
    how many business answers its first part had had when it was claimed. `resent` says that a write
    of it that was sent more than once was answered a short while ago. `booked_itself` marks a
    running-balance invoice that is booked with its `amount_due`: what its first sent version asked
    for, None where none has said. `is_probe` marks one whose company's QuickBooks has not answered
    lately: a write of it that is applied ends that.
    """

    pk: int
    company_id: str
    entity: str
    record_id: str
    version: int
    generation: int
    transient_errors: int
    unfinished_starts: int
    settled_version: int | None
    token: UUID
    process_id: UUID
    realm_id: str
    settings: dict[str, Any]
    snapshot: dict[str, Any]
    link: Link | None
    attempt: OpenAttempt | None
    project: Parent | None
    contact: Parent | None
    books: Books | None = None
    close_date: date | None = None
    booked_itself: bool = False
    amount_due: Decimal | None = None
    answered: int = 0
    resent: bool = False
    parts: Mapping[str, Link] = field(default_factory=dict)
    answers: Answers = NO_ANSWERS
    is_probe: bool = False
    reading: Reading = field(default_factory=Reading, compare=False, repr=False)

    @property
    def document(self) -> Snapshot:
        """What the snapshot says by the contract; it is read once for all steps of a claim.

        Raises:
            SnapshotInvalid: it does not fit.
        """
        reading = self.reading
        if reading.document is None or reading.snapshot is not self.snapshot:
            reading.document = parse_snapshot(Entity(self.entity), self.snapshot).snapshot
            reading.snapshot = self.snapshot
        return reading.document

    @property
    def booked_on(self) -> tuple[str, ...]:
        """The customers a payment is on in QuickBooks, by part."""
        alive = (link for _, link in sorted(self.parts.items()) if not link.voided)
        return tuple(link.customer_id for link in alive if link.customer_id is not None)


def count_of_answers(record_pk: str, realm_id: str, part: str) -> str:
    """Write the subselect that counts the business answers a part of a record has had."""
    return f"""(SELECT count(*) FROM proline_qbo.attempts b
        WHERE b.record_pk = {record_pk} AND b.realm_id = {realm_id} AND b.part = {part}
          AND b.answer IN ('applied', 'refused'))"""


# A project's own row says which contact it stays with; a document's project says it for both.
_PROJECT_ID = parents.id_in("s.snapshot", "project_id")
_PROJECT = parents.as_json(
    "c.company_id",
    "'project'",
    f"CASE WHEN c.entity = 'project' THEN c.record_id"
    f" WHEN c.entity <> 'contact' THEN {_PROJECT_ID} END",
)
_CONTACT_ID = parents.id_in("(project.found -> 'snapshot')", "contact_id")
_CONTACT = parents.as_json(
    "c.company_id",
    "'contact'",
    f"coalesce(nullif(project.found ->> 'contact_id', ''), {_CONTACT_ID})",
)
_OF_ATTEMPT = fields(OpenAttempt)
_ATTEMPT_COLUMNS = ", ".join(f"a.{each.name} AS attempt_{each.name}" for each in _OF_ATTEMPT)
# All that a write needs comes with the claim, in one statement. Above all the link and the open
# attempt: a late answer gives a record the one and takes the other, and a claim that saw it between
# the two would find neither and create once more. What is seldom there, answers and the other parts
# of a payment, is only said to be, and read where it is.
# The version is the snapshot's: where the claim waited for an intake, its row shows the version
# that came meanwhile, but the statement still reads the snapshot of before. The settle sees both.
_CLAIM = Statement(f"""
WITH claimed AS (
    UPDATE proline_qbo.records r
    SET claimed_by = p.id, claimed_at = proline_qbo.clock(), claimed_beats = p.beats
    FROM proline_qbo.companies c, proline_qbo.processes p
    WHERE r.pk = %(pk)s AND r.dispatch_token = %(token)s AND r.claimed_by IS NULL
      AND r.judged_version = r.version
      AND (NOT EXISTS (SELECT FROM proline_qbo.orders o
                       WHERE o.record_pk = r.pk AND o.kind = 'skip' AND o.carried_out_at IS NULL)
           OR EXISTS (SELECT FROM proline_qbo.attempts a
                      WHERE a.record_pk = r.pk AND a.realm_id = c.realm_id AND a.answer IS NULL))
      AND c.id = r.company_id AND c.epoch = %(epoch)s
      AND c.enabled AND c.connection = 'connected'
      AND (c.paused_until IS NULL OR c.paused_until <= proline_qbo.clock())
      AND p.id = %(process_id)s AND p.gone_at IS NULL
    RETURNING r.*, c.realm_id, c.settings,
              coalesce(c.pause_reason = 'unavailable', false) AS is_probe
), refused AS (
    UPDATE proline_qbo.records r
    SET state = CASE WHEN r.judged_version = r.version THEN 'pending' ELSE 'retrying' END,
        retry_at = CASE WHEN r.judged_version = r.version THEN NULL ELSE proline_qbo.clock() END,
        dispatch_token = NULL, dispatched_at = NULL, since = proline_qbo.clock()
    WHERE r.pk = %(pk)s AND r.dispatch_token = %(token)s AND r.claimed_by IS NULL
      AND NOT EXISTS (SELECT FROM claimed)
    RETURNING r.company_id, r.entity, r.record_id
), nudged AS (
    INSERT INTO proline_qbo.nudges (company_id, entity, record_id) SELECT * FROM refused
)
SELECT c.pk, c.company_id, c.entity, c.record_id, s.version, c.generation, c.transient_errors,
       c.unfinished_starts, c.settled_version, c.realm_id, c.settings, c.is_probe, s.snapshot,
       to_jsonb(b) AS books, coalesce(m.booked_itself, false) AS booked_itself,
       CASE WHEN m.booked_itself THEN y.amount END AS amount_due,
       {_ATTEMPT_COLUMNS},
       EXISTS (SELECT FROM proline_qbo.decisions d
               WHERE d.record_pk = c.pk AND d.answer IS NOT NULL AND d.spent_at IS NULL)
           AS has_answers,
       {count_of_answers("c.pk", "c.realm_id", "''")} AS answered,
       EXISTS (SELECT FROM proline_qbo.attempts b
               WHERE b.record_pk = c.pk AND b.sends > 1
                 AND b.answered_at > proline_qbo.clock() - interval '5 minutes') AS resent,
       project.found AS project,
       CASE WHEN c.entity <> 'contact' THEN {_CONTACT} END AS contact,
       {LINK_COLUMNS}
FROM claimed c
JOIN proline_qbo.snapshots s ON s.record_pk = c.pk
LEFT JOIN proline_qbo.books b ON b.realm_id = c.realm_id
LEFT JOIN proline_qbo.members m ON m.record_pk = c.pk
LEFT JOIN proline_qbo.amounts_due y ON y.record_pk = c.pk
LEFT JOIN proline_qbo.attempts a
       ON a.record_pk = c.pk AND a.realm_id = c.realm_id AND a.answer IS NULL
LEFT JOIN LATERAL (SELECT {_PROJECT} AS found) project ON true
{the_link("c.pk", "c.realm_id")}
""")
_PARTS = f"""
SELECT l.part, {LINK_COLUMNS} FROM proline_qbo.links l WHERE l.record_pk = %s AND l.realm_id = %s
"""

HOLD: Final = """SELECT FROM proline_qbo.records
    WHERE pk = %(record_pk)s AND dispatch_token = %(token)s AND claimed_by = %(process_id)s
    FOR NO KEY UPDATE"""
"""Holds a claim; also a part of the statement that opens an attempt."""


def hold_claim(connection: Connection, claim: Claim) -> None:
    """Keep the claim from being taken back until the caller's transaction is over.

    Raises:
        ClaimLost: it has been taken back already.
    """
    arguments = {
        "record_pk": claim.pk,
        "token": claim.token,
        "process_id": claim.process_id,
    }
    if connection.execute(HOLD, arguments).rowcount != 1:
        raise ClaimLost(claim.pk)


def claim(connection: Connection, check: ClaimCheck, process_id: UUID) -> Claim | None:
    """Claim the record a message names; None says that nothing is to be done but acknowledge.

    Args:
        connection: where each statement may be a transaction by itself: the claim is one.
        check: what the message says.
        process_id: a living process, which names the claim at each beat from before it is taken.
    """
    arguments = {
        "pk": check.pk,
        "token": check.token,
        "epoch": check.epoch,
        "process_id": process_id,
    }
    row = _CLAIM.one(connection, arguments, class_row(_Row))
    if row is None:
        return None
    is_document = row.entity in {"invoice", "payment"}
    books = None if row.books is None else from_json(row.books)
    return Claim(
        pk=row.pk,
        company_id=row.company_id,
        entity=row.entity,
        record_id=row.record_id,
        version=row.version,
        generation=row.generation,
        transient_errors=row.transient_errors,
        unfinished_starts=row.unfinished_starts,
        settled_version=row.settled_version,
        token=check.token,
        process_id=process_id,
        realm_id=row.realm_id,
        settings=row.settings,
        snapshot=row.snapshot,
        link=row.link(),
        attempt=_open_attempt(row),
        project=parents.from_json(row.project) if is_document else None,
        contact=parents.from_json(row.contact),
        books=books,
        close_date=books.book_close_date if books else None,
        booked_itself=row.booked_itself,
        amount_due=row.amount_due,
        answered=row.answered,
        resent=row.resent,
        parts=_parts(connection, row),
        answers=_answers(connection, row.pk) if row.has_answers else NO_ANSWERS,
        is_probe=row.is_probe,
    )


@dataclass(frozen=True, kw_only=True)
class _Row(LinkColumns):
    pk: int
    company_id: str
    entity: str
    record_id: str
    version: int
    generation: int
    transient_errors: int
    unfinished_starts: int
    settled_version: int | None
    realm_id: str
    settings: dict[str, Any]
    snapshot: dict[str, Any]
    books: dict[str, Any] | None
    booked_itself: bool
    amount_due: Decimal | None
    attempt_id: int | None
    attempt_part: str | None
    attempt_operation: str | None
    attempt_kind: str | None
    attempt_path: str | None
    attempt_params: list[list[str]] | None
    attempt_body: bytes | None
    attempt_request_id: str | None
    attempt_version: int | None
    attempt_basis: str | None
    attempt_wanted: dict[str, Any] | None
    attempt_started_at: datetime | None
    attempt_sends: int | None
    has_answers: bool
    is_probe: bool
    answered: int
    resent: bool
    project: dict[str, Any] | None
    contact: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class _Part(LinkColumns):
    part: str


def _parts(connection: Connection, row: _Row) -> dict[str, Link]:
    """Only a payment has several; of any other the one that came along is all."""
    link = row.link()
    if row.entity != "payment" or link is None:
        return {} if link is None else {"": link}
    with connection.cursor(row_factory=class_row(_Part)) as cursor:
        found = cursor.execute(_PARTS, [row.pk, row.realm_id]).fetchall()
    return {each.part: link for each in found if (link := each.link()) is not None}


def _answers(connection: Connection, pk: int) -> Answers:
    return load_answers(connection, [pk]).get(pk, NO_ANSWERS)


def _open_attempt(row: "_Row") -> OpenAttempt | None:
    if row.attempt_id is None:
        return None
    columns = {each.name: getattr(row, f"attempt_{each.name}") for each in _OF_ATTEMPT}
    return OpenAttempt(**columns)
