"""The rows of `tokens`: encrypted pairs with a version, and the lease of whoever refreshes.

Every change but a new consent is fenced by the version its caller read. Tokens come in and go out
encrypted; opening them is `tokens`' part.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from psycopg.rows import class_row

from connections import companies
from coordination.database import Connection

# Longer than two calls to the token endpoint with their deadline of 25 s each.
LEASE_SECONDS: Final = 60

# Fresh means more than five minutes of life, or a tenth of it where a token lives shortly.
_READ = """
SELECT version, access_token,
       extract(epoch FROM access_expires_at - proline_qbo.clock()
               - least(interval '5 minutes', (access_expires_at - refreshed_at) / 10))::float8
           AS fresh_seconds,
       refused_at IS NOT NULL AS refused
  FROM proline_qbo.tokens WHERE company_id = %s AND realm_id = %s
"""
_KEY_IDS = """
SELECT convert_from(substring(t.token FROM 2 FOR get_byte(t.token, 0)), 'UTF8') AS key_id, count(*)
FROM (SELECT access_token AS token FROM proline_qbo.tokens WHERE refused_at IS NULL
      UNION ALL SELECT refresh_token FROM proline_qbo.tokens WHERE refused_at IS NULL
      UNION ALL SELECT previous_refresh FROM proline_qbo.tokens WHERE refused_at IS NULL
      UNION ALL SELECT tokens FROM proline_qbo.consents) t
WHERE length(t.token) > 0 GROUP BY 1
"""
_LEASE = """
UPDATE proline_qbo.tokens
   SET refresh_until = proline_qbo.clock() + make_interval(secs => %(seconds)s)
 WHERE company_id = %(company_id)s AND realm_id = %(realm_id)s AND version = %(version)s
   AND refused_at IS NULL
   AND (refresh_until < proline_qbo.clock()
        -- Longer than any lease: the clock went back since.
        OR refresh_until > proline_qbo.clock() + make_interval(secs => %(seconds)s))
RETURNING version, refresh_token, previous_refresh, refresh_until
"""
_RELEASE = """
UPDATE proline_qbo.tokens SET refresh_until = '-infinity'
 WHERE company_id = %s AND realm_id = %s AND version = %s AND refresh_until = %s
"""
_PUT = """
INSERT INTO proline_qbo.tokens AS t
    (company_id, realm_id, access_token, refresh_token, access_expires_at, refresh_expires_at,
     hard_expires_at, refreshed_at)
VALUES (%(company_id)s, %(realm_id)s, %(access)s, %(refresh)s,
        proline_qbo.clock() + make_interval(secs => %(access_seconds)s),
        proline_qbo.clock() + make_interval(secs => %(refresh_seconds)s),
        proline_qbo.clock() + make_interval(secs => %(hard_seconds)s), proline_qbo.clock())
ON CONFLICT (company_id, realm_id) DO UPDATE
   SET version = t.version + 1, access_token = excluded.access_token,
       refresh_token = excluded.refresh_token, previous_refresh = NULL,
       access_expires_at = excluded.access_expires_at,
       refresh_expires_at = excluded.refresh_expires_at,
       hard_expires_at = excluded.hard_expires_at, refreshed_at = excluded.refreshed_at,
       refresh_until = '-infinity', refused_at = NULL
"""
_REPLACE = """
UPDATE proline_qbo.tokens
   SET version = version + 1, access_token = %(access)s,
       previous_refresh = CASE WHEN %(rotated)s THEN refresh_token ELSE previous_refresh END,
       refresh_token = %(refresh)s,
       access_expires_at = proline_qbo.clock() + make_interval(secs => %(access_seconds)s),
       refresh_expires_at = proline_qbo.clock() + make_interval(secs => %(refresh_seconds)s),
       hard_expires_at = coalesce(
           proline_qbo.clock() + make_interval(secs => %(hard_seconds)s), hard_expires_at),
       refreshed_at = proline_qbo.clock(), refresh_until = '-infinity'
 WHERE company_id = %(company_id)s AND realm_id = %(realm_id)s AND version = %(version)s
"""
_REFUSE = """
UPDATE proline_qbo.tokens SET refused_at = proline_qbo.clock(), refresh_until = '-infinity'
 WHERE company_id = %s AND realm_id = %s AND version = %s AND refused_at IS NULL
"""
_FORGET = """
DELETE FROM proline_qbo.tokens WHERE company_id = %s AND realm_id = %s AND version = %s
"""
# Disconnected, or connected to other books since. In no order, so that what cannot be revoked for
# long never stands before the rest.
_LEFT_OVER = """
SELECT t.company_id, t.realm_id, t.version, t.refresh_token,
       c.connection = 'none' AS disconnected
  FROM proline_qbo.tokens t JOIN proline_qbo.companies c ON c.id = t.company_id
 WHERE c.realm_id IS DISTINCT FROM t.realm_id
   AND (%(company_id)s::text IS NULL OR t.company_id = %(company_id)s)
 ORDER BY random() LIMIT %(most)s
"""
_IDLE = """
SELECT t.company_id, t.realm_id, t.version FROM proline_qbo.tokens t JOIN proline_qbo.companies c
    ON c.id = t.company_id AND c.realm_id = t.realm_id AND c.connection = 'connected'
 WHERE t.refreshed_at < proline_qbo.clock() - make_interval(days => %s)
 ORDER BY t.refreshed_at LIMIT %s
"""
_READ_REFRESH = """
SELECT refresh_token FROM proline_qbo.tokens WHERE company_id = %s AND realm_id = %s
"""
_SINCE_REFRESH = """
SELECT version, extract(epoch FROM proline_qbo.clock() - refreshed_at)::float8, refused_at IS NULL
  FROM proline_qbo.tokens WHERE company_id = %s AND realm_id = %s
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pair of tokens stands."""

    company_id: str
    realm_id: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An access token at rest; `fresh_seconds` of life left to use, 0 or less: refresh it."""

    version: int
    access_token: bytes = field(repr=False)
    fresh_seconds: float
    refused: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to refresh this version until then, and what to refresh with."""

    version: int
    refresh_token: bytes = field(repr=False)
    previous_refresh: bytes | None = field(repr=False)
    refresh_until: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted pair, and how long each part lives from now."""

    access: bytes = field(repr=False)
    refresh: bytes = field(repr=False)
    access_seconds: int
    refresh_seconds: int
    hard_seconds: int | None


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Tokens of books a company has given up, for others or, `disconnected`, for none."""

    company_id: str
    realm_id: str
    version: int
    refresh_token: bytes = field(repr=False)
    disconnected: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """A connection whose tokens in this version were not refreshed for long."""

    company_id: str
    realm_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Age:
    """How long ago a version was refreshed, and whether it is thought to live."""

    version: int
    seconds: float
    alive: bool


def stored_key_ids(c: Connection) -> dict[str, int]:
    """Count the tokens that lie under each key, by its id (`connections.keys`)."""
    return {str(key_id): int(number) for key_id, number in c.execute(_KEY_IDS)}


def put(c: Connection, place: Place, sealed: Sealed) -> None:
    """Store the pair of a new consent, whatever stood there."""
    c.execute(_PUT, _values(place, sealed))


def read(c: Connection, place: Place) -> Stored | None:
    """Read the access token at rest, None if there is none."""
    with c.cursor(row_factory=class_row(Stored)) as cursor:
        return cursor.execute(_READ, [place.company_id, place.realm_id]).fetchone()


def read_refresh_token(c: Connection, place: Place) -> bytes | None:
    """Read the refresh token at rest, None if there is none."""
    row = c.execute(_READ_REFRESH, [place.company_id, place.realm_id]).fetchone()
    return row[0] if row else None


def take_lease(c: Connection, place: Place, version: int) -> Lease | None:
    """Win the right to refresh this version; None: another has it, or the version is gone."""
    values = {
        "company_id": place.company_id,
        "realm_id": place.realm_id,
        "version": version,
        "seconds": LEASE_SECONDS,
    }
    with c.cursor(row_factory=class_row(Lease)) as cursor:
        return cursor.execute(_LEASE, values).fetchone()


def release(c: Connection, place: Place, lease: Lease) -> None:
    """Give the lease back, unless it ran out and another has it."""
    c.execute(_RELEASE, [place.company_id, place.realm_id, lease.version, lease.refresh_until])


def replace(c: Connection, place: Place, version: int, sealed: Sealed, *, rotated: bool) -> bool:
    """Store a refreshed pair in place of this version; the refresh token before it is kept too."""
    values = {**_values(place, sealed), "version": version, "rotated": rotated}
    return c.execute(_REPLACE, values).rowcount == 1


def refuse(c: Connection, place: Place, version: int) -> bool:
    """Note that this version is dead and the connection lost; False: a newer one is there."""
    refused = c.execute(_REFUSE, [place.company_id, place.realm_id, version]).rowcount == 1
    if refused:
        companies.lose(c, place.company_id, place.realm_id)
    return refused


def forget(c: Connection, company_id: str, realm_id: str, version: int) -> bool:
    """Delete one version of a pair; False: a newer consent has put others there."""
    return c.execute(_FORGET, [company_id, realm_id, version]).rowcount == 1


def left_over(c: Connection, company_id: str | None = None, *, limit: int = 100) -> list[LeftOver]:
    """Name tokens of books that their company is not connected to, of one company or of all."""
    values = {"company_id": company_id, "most": limit}
    with c.cursor(row_factory=class_row(LeftOver)) as cursor:
        return cursor.execute(_LEFT_OVER, values).fetchall()


def idle(c: Connection, *, days: int = 7, limit: int = 100) -> list[Idle]:
    """Name connections not refreshed for so long: an unused refresh token dies."""
    return [Idle(*row) for row in c.execute(_IDLE, [days, limit]).fetchall()]


def age(c: Connection, place: Place) -> Age | None:
    """Say how old the tokens at rest are, None if there are none."""
    row = c.execute(_SINCE_REFRESH, [place.company_id, place.realm_id]).fetchone()
    return None if row is None else Age(*row)


def _values(place: Place, sealed: Sealed) -> Mapping[str, object]:
    return {
        "company_id": place.company_id,
        "realm_id": place.realm_id,
        "access": sealed.access,
        "refresh": sealed.refresh,
        "access_seconds": sealed.access_seconds,
        "refresh_seconds": sealed.refresh_seconds,
        "hard_seconds": sealed.hard_seconds,
    }
