"""What an evaluation can say of a record: one small value per next state."""

from dataclasses import dataclass

from records.states import RULE, Reason, State


@dataclass(frozen=True)
class Verdict:
    """Where the record goes, and what its row must carry there.

    `basis` names what was judged beside the snapshot, so that the same judgement can be recognised.
    """

    state: State
    reason: Reason | None = None
    code: str | None = None
    sentence: str | None = None
    skipped_by: str | None = None
    basis: str = ""
    question: str | None = None


def eligible(basis: str = "") -> Verdict:
    """QuickBooks may be written now."""
    return Verdict(State.PENDING, basis=basis)


def done(basis: str = "") -> Verdict:
    """QuickBooks agrees, or this record needs nothing there."""
    return Verdict(State.DONE, basis=basis)


def waiting(reason: Reason, sentence: str) -> Verdict:
    """Something else has to happen first; `sentence` says what."""
    return Verdict(State.WAITING, reason=reason, sentence=sentence)


def asking(question: str, sentence: str, *, basis: str = "") -> Verdict:
    """A person has to choose; `basis` is what the question was asked about."""
    return Verdict(
        State.WAITING,
        reason=Reason.DECISION,
        sentence=sentence,
        question=question,
        basis=basis,
    )


def failed(code: str, sentence: str) -> Verdict:
    """It would be refused in the same way every time, so it needs attention at once."""
    return Verdict(State.FAILED, code=code, sentence=sentence)


def skipped_by_rule(sentence: str) -> Verdict:
    """ProLine's guide leaves it out; a person may undo that."""
    return Verdict(State.SKIPPED, skipped_by=RULE, sentence=sentence)
