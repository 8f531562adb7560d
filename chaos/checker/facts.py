"""What the checker judges by: ProLine's revisions and QuickBooks' calls, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.comparer import Books, Ledger, Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One committed change of one record.

    Attributes:
        total: what the invoice or payment came to; None of any other record.
        name: how the contact was called; None of any other record.
        gone: whether the invoice or payment was void then.
        committed_at: by PostgreSQL's own record of commits.
    """

    number: int
    company_id: str
    entity: str
    record_id: str
    total: Decimal | None
    name: str | None
    gone: bool
    committed_at: datetime

    @property
    def record(self) -> tuple[str, str]:
        """The record it is of."""
        return self.entity, self.record_id


@dataclass(frozen=True, slots=True)
class Call:
    """One call that a QuickBooks company received.

    Attributes:
        ended_at: when it was answered, or its connection closed by either side; None: neither.
        applied_at: when it changed the books; None: it was a read, a refusal, or a replay.
        status: of its answer; None: it had none, since its client was gone by then or QuickBooks
            hung up.
        object_id: what it wrote or read, once known.
        body: what it says, of a write.
        query: the statement; None: it is no query.
    """

    seq: int
    entity: str
    operation: str
    requestid: str | None
    received_at: datetime
    ended_at: datetime | None
    applied_at: datetime | None
    status: int | None
    object_id: str | None
    body: Mapping[str, Any] = field(repr=False, default_factory=dict)
    query: str | None = field(repr=False, default=None)

    @property
    def writes(self) -> bool:
        """Whether it asks for a change of the books."""
        return self.operation in {"create", "update", "void", "delete"}


@dataclass(frozen=True, slots=True)
class Realm:
    """One company's QuickBooks.

    Attributes:
        ceiling: how many of its calls in 60 seconds are ours.
        calls: in the order in which they were received.
        office: how the company is set up.
        ledger: its records in ProLine, at the end.
        books: what QuickBooks holds, at the end.
    """

    company_id: str
    ceiling: int
    calls: Sequence[Call]
    office: Office
    ledger: Ledger
    books: Books


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything there is to judge.

    Attributes:
        revisions: by number.
        proved: whether the system may count on a requestid being replayed.
    """

    revisions: Mapping[int, Revision]
    realms: Sequence[Realm]
    proved: bool = True
