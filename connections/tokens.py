"""Access tokens, and their refresh: one refresher per connection, by a lease that is a row.

Intuit changes the refresh token's value, and of two refreshes with one value it may kill the
connection (https://developer.intuit.com/app/developer/qbo/docs/develop/
authentication-and-authorization/oauth-2.0). So: whoever wins the lease calls with no transaction
open and stores both tokens before either is used, WHERE the version is the one it read; the
others wait for the new version for a limited time. A refresh whose answer was lost leaves the old
value in the row: the next one tries it again, then the one before it; if Intuit refuses both, the
connection is lost, which is said and needs a person.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypedDict

from structlog import get_logger

from connections import metrics, token_rows
from connections.errors import TokenUnreadable
from connections.keys import Bound, TokenKeys, TokenKind
from connections.token_rows import Lease, Place, Sealed, Stored
from coordination.database import DATABASE_AWAY, Connection, Pool
from qbo_client.errors import NotSent, QuickBooksError, ReconnectRequired
from qbo_client.oauth import OAuthClient, TokenReply
from qbo_client.protocols import TokenSource

WAIT_SECONDS: Final = 10.0
WAIT_STEP_SECONDS: Final = 0.1
CACHE_MOST: Final = 1_000
STORES_MOST: Final = 10
STORE_AGAIN_SECONDS: Final = 0.5

log = get_logger()


def put(c: Connection, keys: TokenKeys, company_id: str, realm_id: str, reply: TokenReply) -> None:
    """Store the tokens of a new consent, in the transaction that connects the company."""
    place = Place(company_id, realm_id)
    token_rows.put(c, place, _sealed(keys, place, reply))


def opened_refresh_token(keys: TokenKeys, company_id: str, realm_id: str, stored: bytes) -> str:
    """Open a refresh token at rest, to revoke it.

    Raises:
        TokenUnreadable: no key of ours opens it.
    """
    return keys.decrypt(stored, _bound(Place(company_id, realm_id), "refresh"))


@dataclass(frozen=True, slots=True)
class _Cached:
    token: str = field(repr=False)
    good_until: float


class TokenStore:
    """Gives access tokens of any connected company; threads and processes may race for them."""

    def __init__(
        self,
        pool: Pool,
        keys: TokenKeys,
        oauth: OAuthClient,
        *,
        wait: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with an empty cache.

        Args:
            pool: no session is held during a call to the token endpoint.
            keys: of the stored tokens.
            oauth: our app at the authorization server.
            wait: waits so many seconds; for whoever did not win the lease.
            monotonic: the process's clock.
        """
        self._pool = pool
        self._keys = keys
        self._oauth = oauth
        self._wait = wait
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._cache: dict[Place, _Cached] = {}

    def for_company(self, company_id: str) -> TokenSource:
        """Give the source of one company's tokens, as the client asks for it."""
        return _CompanyTokens(self, company_id)

    def access_token(self, company_id: str, realm_id: str) -> str:
        """Return a token with life left, refreshed if need be.

        Raises:
            ReconnectRequired: there is none, or a person must reconnect.
            NotSent: another process refreshes and takes too long; ask again later.
            QuickBooksError: as `OAuthClient.refresh`, if this call had to refresh.
            TokenUnreadable: no key of ours opens it.
        """
        place = Place(company_id, realm_id)
        cached = self._cache.get(place)
        if cached is not None and self._monotonic() < cached.good_until:
            return cached.token
        stored = self._read(place)
        if stored.fresh_seconds > 0:
            return self._opened(place, stored)
        return self._refresh(place, stored.version)

    def refused(self, company_id: str, realm_id: str, token: str) -> str:
        """Return another token than the one QuickBooks refused; raises as `access_token`."""
        place = Place(company_id, realm_id)
        with self._lock:
            self._cache.pop(place, None)
        stored = self._read(place)
        known = self._keys.decrypt(stored.access_token, _bound(place, "access"))
        if known == token or stored.fresh_seconds <= 0:
            return self._refresh(place, stored.version)
        return self._opened(place, stored)

    def refresh(self, company_id: str, realm_id: str, *, version: int | None = None) -> None:
        """Refresh now, so that an idle connection's tokens do not die; raises as `access_token`.

        With `version`, only if no other process has refreshed that one meanwhile.
        """
        place = Place(company_id, realm_id)
        self._refresh(place, self._read(place).version if version is None else version)

    def refresh_token(self, company_id: str, realm_id: str) -> str | None:
        """Return what `OAuthClient.revoke` ends a connection by; None if there is none."""
        place = Place(company_id, realm_id)
        with self._pool.connection() as c:
            stored = token_rows.read_refresh_token(c, place)
        return None if stored is None else self._keys.decrypt(stored, _bound(place, "refresh"))

    def _refresh(self, place: Place, version: int) -> str:
        """Win the lease for this version and refresh, or wait for whoever did."""
        given_up_at = self._monotonic() + WAIT_SECONDS
        while self._monotonic() < given_up_at:
            with self._pool.connection() as c:
                lease = token_rows.take_lease(c, place, version)
            if lease is not None:
                return self._refresh_under(place, lease)
            stored = self._read(place)
            if stored.version != version:
                return self._opened(place, stored)
            self._wait(WAIT_STEP_SECONDS)
        detail = "Another process is refreshing the token; ask again."
        raise NotSent(**_facts(place), detail=detail)

    def _refresh_under(self, place: Place, lease: Lease) -> str:
        try:
            current = self._keys.decrypt(lease.refresh_token, _bound(place, "refresh"))
            reply = self._call(place, lease, current)
        except ReconnectRequired as error:
            return self._after_refusal(place, lease, error)
        except (QuickBooksError, TokenUnreadable) as error:
            metrics.refreshes.labels(type(error).__name__).inc()
            self._release(place, lease)
            raise
        metrics.refreshes.labels("ok").inc()
        self._keep(place, lease.version, reply, rotated=reply.refresh_token != current)
        return self._opened(place, self._read(place))

    def _call(self, place: Place, lease: Lease, current: str) -> TokenReply:
        try:
            return self._oauth.refresh(current)
        except ReconnectRequired:
            previous = self._previous(place, lease)
            if previous is None:
                raise
            log.warning("token.trying_previous", company_id=place.company_id)
        return self._oauth.refresh(previous)

    def _previous(self, place: Place, lease: Lease) -> str | None:
        """Open the value before this one; None: there is none, or its key has been taken out."""
        if lease.previous_refresh is None:
            return None
        try:
            return self._keys.decrypt(lease.previous_refresh, _bound(place, "refresh"))
        except TokenUnreadable:
            log.warning("token.previous_unreadable", company_id=place.company_id)
            return None

    def _after_refusal(self, place: Place, lease: Lease, error: ReconnectRequired) -> str:
        """Declare the connection lost, unless newer tokens were stored meanwhile."""
        with self._pool.connection() as c:
            refused = token_rows.refuse(c, place, lease.version)
        metrics.refreshes.labels(type(error).__name__).inc()
        if refused:
            metrics.connections_lost.inc()
            log.error("connection.lost", company_id=place.company_id, realm_id=place.realm_id)
            detail = "QuickBooks no longer accepts this connection: reconnect."
            raise ReconnectRequired(**_facts(place), detail=detail) from error
        return self._opened(place, self._read(place))

    def _keep(self, place: Place, version: int, reply: TokenReply, *, rotated: bool) -> None:
        """Store both tokens before either is used: lost here, they would be lost for good."""
        sealed = _sealed(self._keys, place, reply)
        for tries_left in reversed(range(STORES_MOST)):
            try:
                with self._pool.connection() as c:
                    token_rows.replace(c, place, version, sealed, rotated=rotated)
            except DATABASE_AWAY as error:
                log.warning(
                    "token.store_failed", company_id=place.company_id, error=type(error).__name__
                )
                if tries_left == 0:
                    raise
                self._wait(STORE_AGAIN_SECONDS)
            else:
                return

    def _release(self, place: Place, lease: Lease) -> None:
        try:
            with self._pool.connection() as c:
                token_rows.release(c, place, lease)
        except DATABASE_AWAY as error:  # it runs out by itself
            log.warning(
                "token.release_failed", company_id=place.company_id, error=type(error).__name__
            )

    def _read(self, place: Place) -> Stored:
        with self._pool.connection() as c:
            stored = token_rows.read(c, place)
        if stored is None or stored.refused:
            detail = "This company must be connected to QuickBooks again."
            raise ReconnectRequired(**_facts(place), detail=detail)
        return stored

    def _opened(self, place: Place, stored: Stored) -> str:
        token = self._keys.decrypt(stored.access_token, _bound(place, "access"))
        with self._lock:
            if len(self._cache) >= CACHE_MOST:
                self._cache.clear()
            self._cache[place] = _Cached(token, self._monotonic() + stored.fresh_seconds)
        return token


@dataclass(frozen=True)
class _CompanyTokens:
    store: TokenStore
    company_id: str

    def access_token(self, realm_id: str) -> str:
        return self.store.access_token(self.company_id, realm_id)

    def refused(self, realm_id: str, token: str) -> str:
        return self.store.refused(self.company_id, realm_id, token)


def _sealed(keys: TokenKeys, place: Place, reply: TokenReply) -> Sealed:
    return Sealed(
        access=keys.encrypt(reply.access_token, _bound(place, "access")),
        refresh=keys.encrypt(reply.refresh_token, _bound(place, "refresh")),
        access_seconds=reply.access_expires_in_seconds,
        refresh_seconds=reply.refresh_expires_in_seconds,
        hard_seconds=reply.hard_expires_in_seconds,
    )


def _bound(place: Place, kind: TokenKind) -> Bound:
    return Bound(place.company_id, place.realm_id, kind)


class _Facts(TypedDict):
    operation: str
    entity: str
    realm_id: str


def _facts(place: Place) -> _Facts:
    return _Facts(operation="refresh", entity="token", realm_id=place.realm_id)
