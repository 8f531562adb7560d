"""What a person is told when a company cannot be set up as asked.

ConnectionRefused         a sentence for the office
├── UnknownCompany        its page was never opened
├── RealmTaken            another ProLine company writes into these books
├── OtherRealm            not the books it was connected to: needs a typed confirmation
├── NotConnected          enabling needs a connection first
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


class NotConnected(ConnectionRefused):
    """The integration can be enabled only once it is connected."""


class BooksUnusable(ConnectionRefused):
    """The QuickBooks company lacks something that a person must set up or choose."""


class TokenUnreadable(Exception):  # says what is so; the cause is a key, not the code
    """No key of ours opens a stored token, or it was stored for another company or realm."""
