"""The answers kept by requestid: the same id again gets the first answer, and nothing is done.

Described on https://developer.intuit.com ("requestid", idempotent calls); how long ids are kept,
and whether a refusal is kept too, is nowhere said. Here the newest ids are kept up to a limit,
business refusals included; faults given on demand, throttling and 5xx are not kept. An empty id is
none, as a recording shows.
"""

from collections import OrderedDict
from dataclasses import dataclass

from qbo_simulator.faults import FaultError
from qbo_simulator.wire import Response

KEPT_ANSWERS = 200_000
LONGEST_REQUESTID = 50
LONGEST_BATCH_REQUESTID = 36


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with what the log says of it."""

    response: Response
    object_id: str | None = None
    fault_code: str | None = None


class AnswerStore:
    """One realm's kept answers, the oldest dropped past a limit."""

    def __init__(self) -> None:
        """Start empty."""
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def find(self, requestid: str) -> Answer | None:
        """The answer first given to this id, if it is still kept."""
        return self._answers.get(requestid)

    def keep(self, requestid: str, answer: Answer) -> None:
        """Keep the first answer given to an id."""
        self._answers[requestid] = answer
        while len(self._answers) > KEPT_ANSWERS:
            self._answers.popitem(last=False)


def check_requestid(requestid: str, *, batch: bool = False) -> None:
    """Refuse a requestid of a wrong form with 2130."""
    longest = LONGEST_BATCH_REQUESTID if batch else LONGEST_REQUESTID
    if len(requestid) > longest:
        raise FaultError("2130", f"Invalid Request Id Format : at most {longest} characters")
