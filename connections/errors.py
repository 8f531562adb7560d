"""What a person is told when a company cannot be set up as asked.

ConnectionRefused         a sentence for the office
├── UnknownCompany        its page was never opened
├── RealmTaken            another ProLine company writes into these books
├── OtherRealm            not the books it was connected to: needs a typed confirmation
├── WritesUnderWay        the books it has now are being written to: a moment later it can be done
├── NotConnected          enabling needs a connection first
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


class ChangedWhileOff(ConnectionRefused):
    """Records changed while the integration was off, and nobody said what becomes of them.

    `records` is how many.
    """

    def __init__(self, records: int) -> None:
        """Ask for the choice, as the office reads it."""
        self.records = records
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


class BooksUnusable(ConnectionRefused):
    """The QuickBooks company lacks something that a person must set up or choose."""


class TokenUnreadable(Exception):  # says what is so; the cause is a key, not the code
    """No key of ours opens a stored token, or it was stored for another company or realm."""
