"""Consents under way: from Connect until a person has confirmed which books they are.

Invariant: nothing is stored of a company before that. What QuickBooks gave lies here meanwhile,
encrypted, bound to the session that asked, for a quarter of an hour, and no worker reads it. A
state is used by one redirect of that session and never again; what was granted is handed out to be
stored once (docs/decisions/0021-what-is-kept-until-confirmed.md).
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg.rows import dict_row
from pydantic import TypeAdapter
from structlog import get_logger

from connections import revocations
from connections.errors import TokenUnreadable
from connections.keys import Bound, TokenKeys
from coordination.database import Connection
from qbo_client.oauth import TokenReply

LIFE_SECONDS: Final = 15 * 60
STATE_BYTES: Final = 32
# RFC 7636 asks for 43 to 128 characters; 64 bytes are 86.
VERIFIER_BYTES: Final = 64
ASKED_MOST: Final = 10
SWEPT_MOST: Final = 100

log = get_logger()

_ASK = """
INSERT INTO proline_qbo.consents (state_hash, session_hash, company_id, code_verifier, expires_at)
VALUES (%(state)s, %(session)s, %(company_id)s, %(verifier)s,
        proline_qbo.clock() + make_interval(secs => %(life)s))
"""
# Who presses Connect again and again keeps the last few, so that an older window still works.
_ASKED_LONG_BEFORE = """
DELETE FROM proline_qbo.consents WHERE state_hash IN (
    SELECT state_hash FROM proline_qbo.consents
     WHERE session_hash = %s AND obtained_at IS NULL
     ORDER BY asked_at DESC, state_hash OFFSET %s)
"""
# From here on nobody sweeps it while its code is being exchanged.
_TAKE_BACK = """
UPDATE proline_qbo.consents
   SET returned_at = proline_qbo.clock(), realm_id = %(realm_id)s,
       expires_at = proline_qbo.clock() + make_interval(secs => %(life)s)
 WHERE state_hash = %(state)s AND session_hash = %(session)s
   AND returned_at IS NULL AND expires_at > proline_qbo.clock()
RETURNING company_id, code_verifier
"""
# Time for the person's last word, however long the way through QuickBooks' own page took.
_OBTAINED = """
UPDATE proline_qbo.consents
   SET realm_id = %(realm_id)s, company_name = %(company_name)s, country = %(country)s,
       tokens = %(tokens)s, obtained_at = proline_qbo.clock(), code_verifier = NULL,
       expires_at = proline_qbo.clock() + make_interval(secs => %(life)s)
 WHERE state_hash = %(state)s AND returned_at IS NOT NULL AND obtained_at IS NULL
"""
_COLUMNS = """
state_hash, company_id, realm_id, company_name, country, tokens,
extract(epoch FROM proline_qbo.clock() - obtained_at)::float8 AS age_seconds
"""
_READ = f"""
SELECT {_COLUMNS} FROM proline_qbo.consents
 WHERE session_hash = %s AND obtained_at IS NOT NULL AND expires_at > proline_qbo.clock()
 ORDER BY obtained_at DESC LIMIT 1
"""
_TAKE = f"""
DELETE FROM proline_qbo.consents
 WHERE state_hash = %s AND session_hash = %s
   AND obtained_at IS NOT NULL AND expires_at > proline_qbo.clock()
RETURNING {_COLUMNS}
"""
_GIVE_UP = """
UPDATE proline_qbo.consents SET expires_at = proline_qbo.clock()
 WHERE session_hash = %s AND obtained_at IS NOT NULL
"""
_EXPIRED = f"""
SELECT {_COLUMNS} FROM proline_qbo.consents
 WHERE obtained_at IS NOT NULL AND expires_at <= (SELECT proline_qbo.clock())
 ORDER BY expires_at LIMIT %s
"""
_FORGET_UNUSED = """
DELETE FROM proline_qbo.consents
 WHERE state_hash = ANY (ARRAY(
     SELECT state_hash FROM proline_qbo.consents
      WHERE obtained_at IS NULL AND expires_at <= (SELECT proline_qbo.clock())
      ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED))
"""
_FORGET = "DELETE FROM proline_qbo.consents WHERE state_hash = %s"


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes to the consent page: the state, and the verifier whose challenge goes along."""

    state: str = field(repr=False)
    code_verifier: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """A state that came back, for the first and only time."""

    company_id: str
    state_hash: bytes = field(repr=False)
    code_verifier: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pending:
    """What a person is asked to confirm: this ProLine company, these books."""

    company_id: str
    realm_id: str
    company_name: str
    country: str


@dataclass(frozen=True, slots=True)
class Granted:
    """A pending consent with its tokens; their lifetimes are what is left of them now."""

    pending: Pending
    state_hash: bytes = field(repr=False)
    reply: TokenReply


def ask(
    c: Connection, keys: TokenKeys, *, session_hash: bytes, company_id: str, with_pkce: bool
) -> Asked:
    """Begin a consent for one session; only the state's SHA-256 is kept.

    Args:
        c: the caller's transaction.
        keys: encrypt the verifier.
        session_hash: SHA-256 of the session's cookie; only that session may come back.
        company_id: a known company.
        with_pkce: whether the server takes a code verifier.
    """
    state = secrets.token_urlsafe(STATE_BYTES)
    verifier = secrets.token_urlsafe(VERIFIER_BYTES) if with_pkce else None
    values = {
        "state": _hash(state),
        "session": session_hash,
        "company_id": company_id,
        "verifier": None if verifier is None else keys.encrypt(verifier, _of_verifier(company_id)),
        "life": LIFE_SECONDS,
    }
    c.execute(_ASK, values)
    c.execute(_ASKED_LONG_BEFORE, [session_hash, ASKED_MOST])
    return Asked(state, verifier)


def take_back(
    c: Connection,
    keys: TokenKeys,
    *,
    state: str,
    session_hash: bytes,
    realm_id: str | None = None,
) -> Returned | None:
    """Use a state up; None: it is unknown, another session's, stale, or was used before.

    None too, and the state stays as it was, while something is being revoked in those books: what
    is exchanged at that moment might end with it. Commit before the code is exchanged: then no
    second redirect comes that far.

    Args:
        c: the caller's transaction.
        keys: open the verifier.
        state: of the redirect, whoever wrote it.
        session_hash: of the session the redirect came in.
        realm_id: as the redirect says, if it can be one; from here on nothing is revoked there.

    Raises:
        TokenUnreadable: no key of ours opens its verifier.
    """
    if realm_id is not None and revocations.under_way(c, realm_id):
        return None
    values = {
        "realm_id": realm_id,
        "life": LIFE_SECONDS,
        "state": _hash(state),
        "session": session_hash,
    }
    row = c.execute(_TAKE_BACK, values).fetchone()
    if row is None:
        return None
    company_id, sealed = row
    verifier = None if sealed is None else keys.decrypt(sealed, _of_verifier(company_id))
    return Returned(company_id, _hash(state), verifier)


def obtained(
    c: Connection, keys: TokenKeys, returned: Returned, pending: Pending, reply: TokenReply
) -> bool:
    """Keep what the exchange gave until a person confirms it; False: it was swept meanwhile."""
    bound = Bound(pending.company_id, pending.realm_id, "consent")
    values = {
        "state": returned.state_hash,
        "realm_id": pending.realm_id,
        "company_name": pending.company_name,
        "country": pending.country,
        "tokens": keys.encrypt(_REPLY.dump_json(reply).decode(), bound),
        "life": LIFE_SECONDS,
    }
    return c.execute(_OBTAINED, values).rowcount == 1


def pending(c: Connection, session_hash: bytes) -> Pending | None:
    """Return what this session may confirm, if anything; the newest, if it consented twice."""
    row = _fetch(c, _READ, [session_hash])
    return None if row is None else _pending(row)


def granted(c: Connection, keys: TokenKeys, session_hash: bytes) -> Granted | None:
    """Return it with its tokens, which stay here: for reading the books before the last word."""
    row = _fetch(c, _READ, [session_hash])
    return None if row is None else _opened(keys, row)


def take(c: Connection, keys: TokenKeys, session_hash: bytes, state_hash: bytes) -> Granted | None:
    """Hand one consent out to be stored in this transaction; None: another was faster."""
    row = _fetch(c, _TAKE, [state_hash, session_hash])
    return None if row is None else _opened(keys, row)


def give_up(c: Connection, session_hash: bytes) -> int:
    """Let all that a session could confirm expire now; `expired` names it from then on."""
    return c.execute(_GIVE_UP, [session_hash]).rowcount


def expired(c: Connection, keys: TokenKeys, limit: int = SWEPT_MOST) -> list[Granted]:
    """Return consents nobody confirmed: their tokens are to be revoked, then forgotten.

    What no key opens any more is forgotten here.
    """
    with c.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_EXPIRED, [limit]).fetchall()
    return [each for row in rows if (each := _opened_or_forgotten(c, keys, row)) is not None]


def forget(c: Connection, state_hash: bytes) -> None:
    """Delete one consent."""
    c.execute(_FORGET, [state_hash])


def forget_unused(c: Connection, limit: int = SWEPT_MOST) -> int:
    """Delete expired states that brought no tokens; return how many."""
    return c.execute(_FORGET_UNUSED, [limit]).rowcount


_REPLY: Final = TypeAdapter(TokenReply)


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode(errors="replace")).digest()


def _of_verifier(company_id: str) -> Bound:
    # Which realm it will be is not known yet.
    return Bound(company_id, "", "verifier")


def _fetch(c: Connection, statement: str, arguments: list[bytes]) -> dict[str, Any] | None:
    with c.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, arguments).fetchone()


def _pending(row: Mapping[str, Any]) -> Pending:
    return Pending(row["company_id"], row["realm_id"], row["company_name"], row["country"])


def _opened(keys: TokenKeys, row: Mapping[str, Any]) -> Granted:
    pending_ = _pending(row)
    bound = Bound(pending_.company_id, pending_.realm_id, "consent")
    reply = _REPLY.validate_json(keys.decrypt(row["tokens"], bound))
    return Granted(pending_, row["state_hash"], reply.aged(row["age_seconds"]))


def _opened_or_forgotten(c: Connection, keys: TokenKeys, row: Mapping[str, Any]) -> Granted | None:
    try:
        return _opened(keys, row)
    except TokenUnreadable as error:
        log.warning("consent.unreadable", company_id=row["company_id"], error=str(error))
        forget(c, row["state_hash"])
        return None
