"""Defects of handing out, publishing and bringing back."""

from broker.claim_checks import Message
from coordination.database import Connection
from coordination.statements import Statement
from outbox import in_flight, publisher
from outbox.leader import Leader
from outbox.lost_messages import LostMessages
from records import places, settlement, turns
from records.applied import _STATEMENTS
from records.places import HeldPlace
from tests.mutants.hands import put, rewrite, rewritten


def dispatch_two_of_one() -> None:
    """Hand a record out again although it is in flight."""
    rewrite(
        places,
        "_TAKE",
        ("AND r.state = 'pending'", "AND r.state IN ('pending', 'dispatched')"),
        (
            "SET state = 'dispatched',",
            "SET state = 'dispatched', claimed_by = NULL, claimed_at = NULL, claimed_beats = NULL,",
        ),
    )
    for name in ("_WITH_WORK", "_PIECE", "_TURNS"):
        rewrite(turns, name, ("r.state = 'pending'", "r.state IN ('pending', 'dispatched')"))


def no_full_look() -> None:
    """Look only above the floor, never at what was committed far below it."""

    def floors(self: Leader) -> tuple[int, int]:
        now = self._monotonic()
        return self._memory.events.at(now), self._memory.nudges.at(now)

    put(Leader, "_floors", floors)


def forget_places() -> None:
    """Begin a term knowing of no place that was handed out before."""

    def held_places(connection: Connection) -> list[HeldPlace]:
        return []

    put(in_flight, "held_places", held_places)


def settle_without_a_nudge() -> None:
    """Settle a record and tell nobody who may have waited for it."""
    nudge = """
    SELECT * FROM released
    UNION ALL"""
    nobody = """
    SELECT * FROM released WHERE false
    UNION ALL"""
    rewrite(settlement, "_RELEASE", (nudge, nobody))
    for case, statement in _STATEMENTS.items():
        if case[1]:
            _STATEMENTS[case] = Statement(rewritten(statement.text, (nudge, nobody)))


def evidence_by_age() -> None:
    """Take a message for lost because it is old."""

    def evidence(self: LostMessages, message: Message, now: float) -> str | None:
        return "queue_empty" if self._age(message, now) >= self.lost_after_seconds else None

    put(LostMessages, "_evidence", evidence)


def ignore_returns() -> None:
    """Count a message as published that no queue has taken."""

    def was_returned(
        self: object, _error: BaseException, _exchange: str, _routing_key: str, message: object
    ) -> None:
        """Note nothing."""

    put(publisher._Confirming, "_was_returned", was_returned)
