"""How long things with an unknown end are waited for."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Waits:
    """The waits of a worker; tests make them small.

    Attributes:
        look_up_after: from the last send of a write that may be done until what is not there is
            known not to be: Intuit answers or gives up within 120 s, and a margin. One that
            QuickBooks itself refuses twice is repeated before.
        requestid_proved: a sandbox has shown that a request id is replayed, so such a write may be
            repeated at once.
        settle_again: between two tries of a settle while the database is away.
        silence: a call that brought nothing for so long has held a thread for nothing: its company
            rests, and the same bytes are not sent again before it has.
        rest: for how long; then one record at a time tries whether QuickBooks answers.
    """

    look_up_after: timedelta = timedelta(seconds=130)
    requestid_proved: bool = False
    settle_again: timedelta = timedelta(milliseconds=500)
    silence: timedelta = timedelta(seconds=10)
    rest: timedelta = timedelta(seconds=60)
