"""What an evaluation can say of a record: one small value per next state."""

from dataclasses import dataclass, replace

from records.keys import RecordKey
from records.questions import Question
from records.states import RULE, Reason, State


@dataclass(frozen=True)
class Told:
    """A finding that goes with a verdict: what a person should know; once per `key`."""

    kind: str
    key: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Where the record goes, and what its row must carry there.

    `basis` names what was judged beside the snapshot, so that the same judgement can be recognised.
    `question` is what a person is asked, or offered, about it, and `about` what that rests on.
    `needs` is a record that was left out and has to be sent for this one; `anew` gives up what the
    record is linked to, so that it is made once more.
    """

    state: State
    reason: Reason | None = None
    code: str | None = None
    sentence: str | None = None
    skipped_by: str | None = None
    basis: str = ""
    question: Question | None = None
    about: str = ""
    needs: RecordKey | None = None
    anew: bool = False
    told: tuple[Told, ...] = ()


def eligible(basis: str = "", *, anew: bool = False) -> Verdict:
    """QuickBooks may be written now."""
    return Verdict(State.PENDING, basis=basis, anew=anew)


def done(basis: str = "") -> Verdict:
    """QuickBooks agrees, or this record needs nothing there."""
    return Verdict(State.DONE, basis=basis)


def waiting(reason: Reason, sentence: str) -> Verdict:
    """Something else has to happen first; `sentence` says what."""
    return Verdict(State.WAITING, reason=reason, sentence=sentence)


def asking(question: Question, sentence: str, *, about: str) -> Verdict:
    """A person has to choose; `about` is what the question rests on."""
    return offering(waiting(Reason.DECISION, sentence), question, about=about)


def offering(verdict: Verdict, question: Question, *, about: str) -> Verdict:
    """The verdict stands by itself, and a person may have it otherwise."""
    return replace(verdict, question=question, about=about)


def failed(code: str, sentence: str) -> Verdict:
    """It would be refused in the same way every time, so it needs attention at once."""
    return Verdict(State.FAILED, code=code, sentence=sentence)


def skipped(by: str, sentence: str) -> Verdict:
    """It is left out: by a rule of ProLine's guide, or because a person said so."""
    return Verdict(State.SKIPPED, skipped_by=by, sentence=sentence)


def skipped_by_rule(sentence: str) -> Verdict:
    """ProLine's guide leaves it out; a person may undo that."""
    return skipped(RULE, sentence)
