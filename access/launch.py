"""Launches: what a token that ProLine signed must say before it opens the page. Pure.

This is the contract with ProLine, told in the README: who it is from and for, whom it lets in, and
for how long. That it opens the page only once is seen by `access.sessions`, which has the rows.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from access.errors import LaunchRefused, Why
from access.people import Person, Role
from access.signed import verified_claims

__all__ = ["Launch", "LaunchRefused", "read_launch"]

ISSUER: Final = "proline"
AUDIENCE: Final = "proline-qbo"
# A link is followed at once. What lies longer, in a history, a log or a mail, is somebody else's.
LIFE_MAX: Final = timedelta(minutes=5)
# Two hosts that keep their time by NTP differ by far less. It is given to the beginning alone: at
# the end a person opens Integrations again, and an end that gives way is a longer life.
LEEWAY: Final = timedelta(seconds=30)
JTI_CHARACTERS_MAX: Final = 128
ID_CHARACTERS_MAX: Final = 64
NAME_CHARACTERS_MAX: Final = 200

# The last second that Python and PostgreSQL both can say, at the end of the year 9999.
_TIME_MAX: Final = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Launch:
    """One opening of the page, as ProLine signed it.

    Attributes:
        issuer: who signed.
        jti: the token's own id; it opens one session.
        expires_at: no launch from then on.
        person: who comes in, in which company, as what.
        company_name: for the page; empty where ProLine did not say it.
    """

    issuer: str
    jti: str
    expires_at: datetime
    person: Person
    company_name: str


def read_launch(token: str, jwks: str, *, now: datetime) -> Launch:
    """Return what a launch token says, once everything about it is right.

    Args:
        token: as the address bar brought it.
        jwks: ProLine's public keys, the text of a JWKS.
        now: the time to judge it by, aware.

    Raises:
        LaunchRefused: anything about it is wrong.
    """
    claims = verified_claims(token, jwks)
    if claims.get("iss") != ISSUER:
        raise LaunchRefused("issuer")
    if not _is_for_us(claims.get("aud")):
        raise LaunchRefused("audience")
    return Launch(
        issuer=ISSUER,
        jti=_printable(claims.get("jti"), JTI_CHARACTERS_MAX, "jti"),
        expires_at=_live_until(claims, now),
        person=_person(claims),
        company_name=_company_name(claims.get("company_name")),
    )


def _is_for_us(audience: object) -> bool:
    if isinstance(audience, list):
        return AUDIENCE in audience and all(isinstance(name, str) for name in audience)
    return audience == AUDIENCE


def _live_until(claims: dict[str, Any], now: datetime) -> datetime:
    issued_at, expires_at = _time(claims.get("iat")), _time(claims.get("exp"))
    if not timedelta(0) < expires_at - issued_at <= LIFE_MAX:
        raise LaunchRefused("times")
    not_before = _time(claims["nbf"]) if "nbf" in claims else issued_at
    if max(issued_at, not_before) > now + LEEWAY:
        raise LaunchRefused("future")
    if expires_at <= now:
        raise LaunchRefused("expired")
    return expires_at


def _time(value: object) -> datetime:
    """Read a NumericDate; true and false are numbers in Python, but not in JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LaunchRefused("times")
    if not 0 <= value <= _TIME_MAX:
        raise LaunchRefused("times")
    return datetime.fromtimestamp(value, UTC)


def _person(claims: dict[str, Any]) -> Person:
    return Person(
        company_id=_printable(claims.get("company_id"), ID_CHARACTERS_MAX, "company"),
        user_id=_printable(claims.get("user_id"), ID_CHARACTERS_MAX, "user"),
        user_name=_name(claims.get("user_name"), "user", least=1),
        role=_role(claims.get("role")),
    )


def _printable(value: object, most: int, why: Why) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= most or not value.isprintable():
        raise LaunchRefused(why)
    return value


def _name(value: object, why: Why, *, least: int) -> str:
    """Collapse what a name cannot show: line ends, controls, marks that turn a line around."""
    if not isinstance(value, str):
        raise LaunchRefused(why)
    shown = "".join(character if character.isprintable() else " " for character in value)
    collapsed = " ".join(shown.split())
    if not least <= len(collapsed) <= NAME_CHARACTERS_MAX:
        raise LaunchRefused(why)
    return collapsed


def _company_name(value: object) -> str:
    return "" if value is None else _name(value, "company", least=0)


def _role(value: object) -> Role:
    if not isinstance(value, str) or value not in {*Role}:
        raise LaunchRefused("role")
    return Role(value)
