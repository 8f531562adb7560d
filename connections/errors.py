"""What a person is told when a company cannot be set up as asked.

ConnectionRefused         a sentence for the office
├── UnknownCompany        its page was never opened
├── RealmTaken            another ProLine company writes into these books
├── OtherRealm            not the books it was connected to: needs a typed confirmation
├── WritesUnderWay        the books it has now are being written to: a moment later it can be done
├── NotConnected          enabling needs a connection first
├── ConsentStale          a redirect that answers no Connect of this session, or for the second time
├── ConsentUnproved       the token does not open the company that the redirect named
├── NothingToConfirm      no consent of this session waits for a person's word
├── ShownChanged          settings or books are not what the person saw any more: look again
├── ChangedWhileOff       enabling again needs a word on what changed meanwhile
├── NotTakenIn            what changed meanwhile is not known yet: a moment later it is
└── BooksUnusable         something in QuickBooks must be set up or chosen first
TokenUnreadable           no key of ours opens a stored token: for us, never for the office
"""


class ConnectionRefused(Exception):  # a word of the page, not of the machine
    """A company cannot be set up as asked; the message is a sentence for the office."""


class UnknownCompany(ConnectionRefused):
    """The company's page was never opened, so nothing of it is known."""


class RealmTaken(ConnectionRefused):
    """Two ProLine companies never write into one set of books."""


class OtherRealm(ConnectionRefused):
    """These are not the books the company was connected to before."""


class WritesUnderWay(ConnectionRefused):
    """Books are not given up while something is being written to them."""


class ShownChanged(ConnectionRefused):
    """What a form was filled in on is not what stands now: somebody was faster, or the books are.

    An id chosen among one company's accounts is another thing in the next.
    """

    def __init__(self) -> None:
        """Ask for another look; who it was, History tells."""
        super().__init__(
            "The settings or the QuickBooks company were changed since you opened this page, so"
            " nothing of yours was saved: look at what stands now, and choose again."
        )


class ChangedWhileOff(ConnectionRefused):
    """Records changed while the integration was off, and nobody said what becomes of them.

    `records` is how many; `shown` names which, and comes back with the answer.
    """

    def __init__(self, records: int, shown: str) -> None:
        """Ask for the choice, as the office reads it."""
        self.records = records
        self.shown = shown
        what, it = ("1 record", "it") if records == 1 else (f"{records:,} records", "them")
        super().__init__(
            f"{what} changed while it was off: choose whether to send or to skip {it}."
        )


class NotTakenIn(ConnectionRefused):
    """What changed while the integration was off has not all been taken in."""

    def __init__(self, changes: int) -> None:
        """Say what can be done meanwhile."""
        self.changes = changes
        what, is_ = ("1 change", "is") if changes == 1 else (f"{changes:,} changes", "are")
        super().__init__(
            f"{what} made while it was off {is_} still being taken in: try again in a moment, or"
            " choose to send what changed."
        )


class NotConnected(ConnectionRefused):
    """The integration can be enabled only once it is connected."""


class ConsentStale(ConnectionRefused):
    """The redirect's state is not one this session has open."""

    def __init__(self) -> None:
        """Say what to do; which of the reasons it is, is nobody's business."""
        super().__init__(
            "This answer from QuickBooks was used already, is older than 15 minutes, or belongs to"
            " another window: press Connect to QuickBooks again."
        )


class ConsentUnproved(ConnectionRefused):
    """The token just given does not open the company the redirect named."""

    def __init__(self) -> None:
        """Say that nothing came of it."""
        super().__init__(
            "QuickBooks does not let us into the company it has just named: nothing was connected."
            " Press Connect to QuickBooks again."
        )


class NothingToConfirm(ConnectionRefused):
    """No consent of this session waits for a person's word."""

    def __init__(self) -> None:
        """Say what may have happened."""
        super().__init__(
            "There is nothing to confirm any more: it was confirmed or cancelled already, or 15"
            " minutes have passed. If QuickBooks is not connected, press Connect to QuickBooks"
            " again."
        )


class BooksUnusable(ConnectionRefused):
    """The QuickBooks company lacks something that a person must set up or choose."""


class TokenUnreadable(Exception):  # says what is so; the cause is a key, not the code
    """No key of ours opens a stored token, or it was stored for another company or realm."""
