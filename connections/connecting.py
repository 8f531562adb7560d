"""Connecting a company: first everything over the network, then one transaction.

`obtain` exchanges the consent's code and reads the books with tokens that are not stored yet;
`keep` ties company, books and tokens together, or refuses before a token is stored. The caller of
`keep` also returns the company's unclaimed places in that transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from connections import books, companies, tokens
from connections.books import Books
from connections.companies import Company
from connections.keys import TokenKeys
from coordination.database import Connection, Pool
from qbo_client.client import QuickBooksClient
from qbo_client.errors import ReconnectRequired
from qbo_client.oauth import OAuthClient, TokenReply
from qbo_client.protocols import TokenSource


@dataclass(frozen=True)
class Consent:
    """What came back from Intuit's consent page, and for which company."""

    company_id: str
    realm_id: str
    code: str = field(repr=False)
    other_realm_confirmed: bool = False


@dataclass(frozen=True)
class Obtained:
    """A consent with what it gave: tokens not stored yet, and the books as read."""

    consent: Consent
    reply: TokenReply
    books: Books


def obtain(
    consent: Consent,
    *,
    pool: Pool,
    oauth: OAuthClient,
    client_with: Callable[[TokenSource], QuickBooksClient],
    income_account_id: str | None = None,
) -> Obtained:
    """Exchange the code and read the books; nothing is stored.

    Args:
        consent: whose realm is checked first, before anything is made in those books.
        pool: for that check.
        oauth: our app at the authorization server.
        client_with: builds a client whose gate takes this company's slots.
        income_account_id: as for `books.read_books`.

    Raises:
        ConnectionRefused: with the sentence for the office.
        QuickBooksError: as the client says.
    """
    with pool.connection() as c:
        companies.check_realm(
            c,
            consent.company_id,
            consent.realm_id,
            other_realm_confirmed=consent.other_realm_confirmed,
        )
    reply = oauth.exchange_code(consent.code)
    client = client_with(_GrantedTokens(reply.access_token))
    read = books.read_books(client, consent.realm_id, income_account_id=income_account_id)
    return Obtained(consent, reply, read)


def keep(c: Connection, keys: TokenKeys, obtained: Obtained) -> Company:
    """Connect the company and store its books and tokens; raises as `companies.connect`."""
    consent = obtained.consent
    company = companies.connect(
        c,
        consent.company_id,
        consent.realm_id,
        other_realm_confirmed=consent.other_realm_confirmed,
    )
    books.store(c, obtained.books)
    tokens.put(c, keys, company.id, consent.realm_id, obtained.reply)
    return company


@dataclass(frozen=True)
class _GrantedTokens:
    """The access token of a consent, for the calls before it is stored."""

    access: str = field(repr=False)

    def access_token(self, realm_id: str) -> str:  # noqa: ARG002  # the protocol's; one realm here
        return self.access

    def refused(self, realm_id: str, token: str) -> str:
        del token
        detail = "QuickBooks refuses the token it has just given: connect again."
        raise ReconnectRequired(
            operation="connect", entity="token", realm_id=realm_id, detail=detail
        )
