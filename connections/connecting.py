"""Connecting a company: first everything over the network, then one transaction.

`prove` and `read` ask QuickBooks with tokens that are not stored as the company's yet; `keep` ties
company, books and tokens together, or refuses before a token is. The caller of `keep` also returns
the company's unclaimed places in that transaction.
"""

from dataclasses import dataclass, field

from connections import books, companies, lists, tokens
from connections.books import Books, CompanyInfo
from connections.companies import Company
from connections.errors import ConsentUnproved
from connections.keys import TokenKeys
from connections.lists import Lists
from coordination.database import Connection
from qbo_client.client import QuickBooksClient
from qbo_client.errors import (
    AccessRefused,
    AuthorizationExpired,
    ObjectNotFound,
    ReconnectRequired,
)
from qbo_client.oauth import TokenReply


@dataclass(frozen=True)
class Consent:
    """Which books a person has let us into, for which company, and whether others are meant."""

    company_id: str
    realm_id: str
    other_realm_confirmed: bool = False


@dataclass(frozen=True)
class Obtained:
    """A consent with what it gave: tokens not stored yet, and the books as read."""

    consent: Consent
    reply: TokenReply
    books: Books
    lists: Lists = field(default_factory=Lists)


def prove(client: QuickBooksClient, realm_id: str) -> CompanyInfo:
    """Read a company's name with the token just given: it opens this realm, and no other.

    The realm comes in the redirect's address, which anybody can write.

    Raises:
        ConsentUnproved: QuickBooks does not let this token into that company.
        QuickBooksError: as the client says.
    """
    try:
        return books.read_info(client, realm_id)
    except (AccessRefused, AuthorizationExpired, ObjectNotFound, ReconnectRequired) as error:
        raise ConsentUnproved from error


def read(
    client: QuickBooksClient, info: CompanyInfo, *, income_account_id: str | None = None
) -> tuple[Books, Lists]:
    """Read the books, make in them what they lack for us, and read what can be chosen there.

    Raises:
        BooksUnusable: as `books.read_books`.
        QuickBooksError: as the client says; asking again is harmless.
    """
    found = books.read_books(client, info, income_account_id=income_account_id)
    return found, lists.read_lists(client, info.realm_id)


def keep(c: Connection, keys: TokenKeys, obtained: Obtained, *, by: str | None = None) -> Company:
    """Connect the company and store its books, lists and tokens; raises as `companies.connect`.

    Args:
        c: the caller's transaction.
        keys: encrypt the tokens.
        obtained: a consent with what it gave.
        by: the name of whoever confirmed it, for the page.
    """
    consent = obtained.consent
    company = companies.connect(
        c,
        consent.company_id,
        consent.realm_id,
        other_realm_confirmed=consent.other_realm_confirmed,
        by=by,
    )
    books.store(c, obtained.books)
    lists.store_lists(c, consent.realm_id, obtained.lists)
    tokens.put(c, keys, company.id, consent.realm_id, obtained.reply)
    return company


@dataclass(frozen=True)
class GrantedTokens:
    """The access token of a consent, for the calls before it is stored as a company's."""

    access: str = field(repr=False)

    def access_token(self, realm_id: str) -> str:  # noqa: ARG002  # the protocol's; one realm here
        """Give it."""
        return self.access

    def refused(self, realm_id: str, token: str) -> str:
        """Say that there is no other.

        Raises:
            ReconnectRequired: always.
        """
        del token
        detail = "QuickBooks refuses the token it has just given: connect again."
        raise ReconnectRequired(
            operation="connect", entity="token", realm_id=realm_id, detail=detail
        )
