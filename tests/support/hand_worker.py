"""A worker in a test's hands: it claims and settles as the real one does, and calls nobody.

What it says QuickBooks holds is what the record wanted; so the relay is tried alone, with the very
SQL of records/ that production's workers use.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal
from uuid import UUID

from broker.claim_checks import Message
from broker.routing import QUEUES
from coordination import processes
from coordination.database import Connection, Pool, at_once
from records import basis
from records.applications import hold, resolve_locked, settle_applications
from records.applied import write_applied
from records.claims import Claim, ClaimCheck, claim
from records.links import Linked, keep_link
from records.settlement import Release, done, release
from schemas import Contact, Entity, Invoice, Payment, Project, Snapshot, parse_snapshot

NO_ATTEMPT = -1
KINDS: dict[str, Literal["Customer", "Invoice", "Payment"]] = {
    "contact": "Customer",
    "project": "Customer",
    "invoice": "Invoice",
    "payment": "Payment",
}


class HandWorker:
    """A registered worker process whose every step is asked for."""

    def __init__(self, pool: Pool, *, entities: Iterable[str] = QUEUES, threads: int = 8) -> None:
        """Register as consuming the queues of these entities."""
        self.pool = pool
        queues = [QUEUES[entity] for entity in entities]
        with pool.connection() as connection:
            self.process_id = processes.register(
                connection, "worker", queues=queues, threads=threads
            )

    def beat(self, *claims: UUID) -> None:
        """Beat once, naming these claims."""
        with self.pool.connection() as connection:
            assert processes.beat(connection, self.process_id, claims)

    def retire(self) -> None:
        """Leave as an orderly stop does."""
        with self.pool.connection() as connection:
            processes.retire(connection, self.process_id)

    def claim(self, message: Message) -> Claim | None:
        """Claim what a message names; None: it is only to be acknowledged."""
        check = ClaimCheck(message.record_pk, message.company_id, message.epoch, message.token)
        with at_once(self.pool) as connection:
            return claim(connection, check, self.process_id)

    def settle(self, claimed: Claim) -> bool:
        """Settle as if QuickBooks had taken what was wanted; False: fenced."""
        with self.pool.connection() as connection:
            return settle_applied(connection, claimed)

    def leave(self, claimed: Claim, end: Release) -> bool:
        """Release a claim in another way; False: fenced."""
        with self.pool.connection() as connection:
            return release(connection, claimed, end, _also(claimed))

    def work(self, messages: Iterable[Message]) -> int:
        """Claim and settle each; return how many were claimed."""
        claims = [claimed for message in messages if (claimed := self.claim(message))]
        for claimed in claims:
            assert self.settle(claimed)
        return len(claims)


def settle_applied(connection: Connection, claimed: Claim) -> bool:
    """Write down in the caller's transaction that QuickBooks has what was wanted."""
    snapshot = parse_snapshot(Entity(claimed.entity), claimed.snapshot).snapshot
    gone = isinstance(snapshot, Invoice | Payment) and (
        snapshot.voided_at is not None or snapshot.deleted_at is not None
    )
    its_basis = basis.VOID if gone else _basis(connection, claimed, snapshot)
    if gone and isinstance(snapshot, Payment):
        hold(connection, claimed, "", ())
    end, linked = done(claimed.version, its_basis), _linked(claimed, snapshot, voided=gone)
    if isinstance(snapshot, Payment):
        # What it held arrives with the answer of an attempt, and here is none.
        freed = settle_applications(connection, claimed, "", applied=True)
        keep_link(connection, claimed, linked)
        return release(connection, claimed, end, [("invoice", each) for each in freed])
    return write_applied(
        connection, claimed, NO_ATTEMPT, linked, answer=None, release=end, also=_also(claimed)
    ).released


def _basis(connection: Connection, claimed: Claim, snapshot: Snapshot) -> str:
    match snapshot:
        case Project():
            return basis.of_job(claimed.contact)
        case Payment():
            resolution = resolve_locked(connection, claimed, snapshot)
            hold(connection, claimed, "", resolution.lines)
            return resolution.basis
        case Contact() | Invoice():
            return ""


def _linked(claimed: Claim, snapshot: Snapshot, *, voided: bool) -> Linked:
    before = claimed.link
    return Linked(
        kind=KINDS[claimed.entity],
        qbo_id=before.qbo_id if before else str(claimed.pk),
        sync_token=str(int(before.sync_token) + 1) if before else "0",
        owned={},
        customer_id="1",
        total=claimed.amount_due if claimed.booked_itself else _total(snapshot),
        voided=voided,
    )


def _total(snapshot: Snapshot) -> Decimal | None:
    match snapshot:
        case Invoice():
            return snapshot.total
        case Payment():
            return snapshot.amount
        case Contact() | Project():
            return None


def _also(claimed: Claim) -> tuple[tuple[str, str], ...]:
    """An invoice that changes may be what a deposit of its project has waited for."""
    if claimed.entity != Entity.INVOICE or claimed.project is None:
        return ()
    return (("project", claimed.project.record_id),)
