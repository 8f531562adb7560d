"""The ordered log of a realm's calls: what came in, when, what it did, and how it ended.

Bounded: the oldest calls are forgotten past the realm's `log_limit`. Checkers read it to judge
order, overlap and repetition without trusting the client.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from qbo_simulator.wire import Json


@dataclass(frozen=True, slots=True)
class Call:
    """What a request asks for, as read from its method, path and body."""

    method: str
    path: str
    realm: str | None = None
    entity: str | None = None
    operation: str | None = None
    object_id: str | None = None
    requestid: str | None = None


@dataclass(slots=True)
class LoggedCall:
    """One call in the log; filled in as it goes.

    `applied_at` is when a write changed the books; none of a read, a refusal or a replay. `body` is
    what came in it, and `query` the statement of a query, from wherever it came; both only where
    that is asked for.
    """

    seq: int
    call: Call
    received_at: datetime
    body: str | None = None
    query: str | None = None
    applied_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    object_id: str | None = None
    status: int | None = None
    fault_code: str | None = None
    replay: bool = False

    def as_json(self) -> Json:
        """The call as the log's JSON shows it."""
        return {
            "seq": self.seq,
            "received_at": self.received_at.isoformat(),
            "answered_at": self.answered_at and self.answered_at.isoformat(),
            "closed_at": self.closed_at and self.closed_at.isoformat(),
            "method": self.call.method,
            "path": self.call.path,
            "entity": self.call.entity,
            "operation": self.call.operation,
            "object_id": self.object_id,
            "requestid": self.call.requestid,
            "status": self.status,
            "fault_code": self.fault_code,
            "replay": self.replay,
            "applied": self.applied_at is not None,
            "applied_at": self.applied_at and self.applied_at.isoformat(),
            "body": self.body,
            "query": self.query,
        }


class CallLog:
    """One realm's calls in the order they were received."""

    def __init__(self, limit: int) -> None:
        """Keep the newest `limit` calls."""
        self._calls: deque[LoggedCall] = deque(maxlen=limit)
        self._seq = 0

    def begin(
        self, call: Call, now: datetime, body: str | None = None, query: str | None = None
    ) -> LoggedCall:
        """Write down that a call was received, and what it says if that is asked for."""
        self._seq += 1
        logged = LoggedCall(self._seq, call, now, body, query, object_id=call.object_id)
        self._calls.append(logged)
        return logged

    def since(self, seq: int, limit: int) -> list[Json]:
        """The calls after `seq`, oldest first, at most `limit`."""
        later = (logged for logged in self._calls if logged.seq > seq)
        return [logged.as_json() for logged, _ in zip(later, range(limit), strict=False)]
