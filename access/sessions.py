"""Sessions: one sign-in from ProLine each, as rows. The only writer of `sessions` and `launches`.

The cookie's value is a random token that stands nowhere but in the browser: the row has its
SHA-256, so that who reads the database, or a backup of it, cannot come in. The token of a session's
forms is derived from the cookie's and stands nowhere either. A session keeps the role of its
launch: a changed role comes with the next launch.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from psycopg.rows import dict_row

from access.errors import LaunchUsed
from access.launch import Launch
from access.people import Person, Role
from coordination.database import Connection

# A working day. Nothing lengthens it: who was let go from the office is out by the evening.
SESSION_LIFE: Final = timedelta(hours=8)
TOKEN_BYTES: Final = 32
# Ours have 43; what is longer is not worth its hashing.
TOKEN_CHARACTERS_MAX: Final = 128
# Far longer than any clock of ours is wrong: a used token whose row is gone would open once more
# to a process whose clock is behind.
LAUNCHES_KEPT: Final = timedelta(days=1)
SWEEP_MOST: Final = 1_000

_USE = """
INSERT INTO proline_qbo.launches (issuer, jti, expires_at) VALUES (%s, %s, %s)
ON CONFLICT (issuer, jti) DO NOTHING
"""
_OPEN = """
INSERT INTO proline_qbo.sessions
            (token_hash, company_id, user_id, user_name, role, confirmed, opened_at, expires_at)
SELECT %(token_hash)s, %(company_id)s, %(user_id)s, %(user_name)s, %(role)s, %(confirmed)s,
       now, now + %(life)s
  FROM proline_qbo.clock() AS now
"""
_FIND = """
SELECT token_hash, company_id, user_id, user_name, role, confirmed, opened_at, expires_at
  FROM proline_qbo.sessions WHERE token_hash = %s AND expires_at > proline_qbo.clock()
"""
_CONFIRM = """
UPDATE proline_qbo.sessions SET confirmed = true
 WHERE token_hash = %s AND expires_at > proline_qbo.clock()
"""
_END = "DELETE FROM proline_qbo.sessions WHERE token_hash = %s"
_SWEEP_SESSIONS = """
DELETE FROM proline_qbo.sessions WHERE token_hash = ANY (ARRAY(
    SELECT token_hash FROM proline_qbo.sessions WHERE expires_at <= (SELECT proline_qbo.clock())
     ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED))
"""
_SWEEP_LAUNCHES = """
DELETE FROM proline_qbo.launches WHERE (issuer, jti) IN (
    SELECT issuer, jti FROM proline_qbo.launches
     WHERE expires_at <= (SELECT proline_qbo.clock()) - %s
     ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is at the page.

    Attributes:
        token_hash: its row's key; other tables may name it, nobody can come in with it.
        person: who it is.
        confirmed: False while they have not said that they meant to change the company.
        opened_at: on the database's clock.
        expires_at: it ends then, whatever is done with it.
    """

    token_hash: bytes
    person: Person
    confirmed: bool
    opened_at: datetime
    expires_at: datetime
    _token: str = field(repr=False)

    @property
    def csrf(self) -> str:
        """What every form of this session carries, and no other site can know."""
        return hmac.new(self._token.encode(), b"forms of this session", hashlib.sha256).hexdigest()

    def is_csrf(self, offered: str) -> bool:
        """Say whether a form came from this session's own page, in the same time for any text."""
        return hmac.compare_digest(self.csrf.encode(), offered.encode(errors="replace"))


def open_session(c: Connection, launch: Launch, *, confirmed: bool) -> str:
    """Use a launch up and return the token of the session it opens, for the cookie alone.

    Args:
        c: the caller's transaction, in which the company is known (`connections.companies`).
        launch: as it was signed.
        confirmed: False where the browser is in another company's session.

    Raises:
        LaunchUsed: it has opened one before; of two at once, in whatever processes, one does.
    """
    if c.execute(_USE, [launch.issuer, launch.jti, launch.expires_at]).rowcount != 1:
        raise LaunchUsed
    token = secrets.token_urlsafe(TOKEN_BYTES)
    person = launch.person
    arguments = {
        "token_hash": _hash(token),
        "company_id": person.company_id,
        "user_id": person.user_id,
        "user_name": person.user_name,
        "role": person.role.value,
        "confirmed": confirmed,
        "life": SESSION_LIFE,
    }
    c.execute(_OPEN, arguments)
    return token


def find_session(c: Connection, token: str) -> Session | None:
    """Return the session a cookie's value belongs to, None if there is none or it is over."""
    if not _is_worth_a_look(token):
        return None
    with c.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_FIND, [_hash(token)]).fetchone()
    if row is None:
        return None
    return Session(
        token_hash=row["token_hash"],
        person=Person(row["company_id"], row["user_id"], row["user_name"], Role(row["role"])),
        confirmed=row["confirmed"],
        opened_at=row["opened_at"],
        expires_at=row["expires_at"],
        _token=token,
    )


def confirm_session(c: Connection, token: str) -> bool:
    """Note that the person meant this company; again, it changes nothing. False: it is over."""
    return _is_worth_a_look(token) and c.execute(_CONFIRM, [_hash(token)]).rowcount == 1


def end_session(c: Connection, token: str) -> bool:
    """Sign somebody out. False: there was no such session."""
    return _is_worth_a_look(token) and c.execute(_END, [_hash(token)]).rowcount == 1


def sweep(c: Connection, limit: int = SWEEP_MOST) -> int:
    """Delete sessions and launches that are over, at most `limit` of each; return how many."""
    sessions = c.execute(_SWEEP_SESSIONS, [limit]).rowcount
    return sessions + c.execute(_SWEEP_LAUNCHES, [LAUNCHES_KEPT, limit]).rowcount


def _is_worth_a_look(token: str) -> bool:
    return token.isascii() and 0 < len(token) <= TOKEN_CHARACTERS_MAX


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
