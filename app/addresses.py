"""Addresses in the settings: what each may look like, said as the end of a sentence."""

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_NAMES: Final = frozenset({LOOPBACK, "localhost", "::1"})
HIGHEST_PORT: Final = 65535


@dataclass(frozen=True)
class ListenAddress:
    """Where a server of ours listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, value: object) -> Self | None:
        """Read `port`, which means loopback, or `host:port`; None stays None.

        Raises:
            ValueError: it is neither.
        """
        if value is None:
            return None
        host, _, port = str(value).rpartition(":")
        if not port.isdecimal() or not 0 < int(port) <= HIGHEST_PORT:
            raise ValueError("must be a port or host:port, such as 9108 or 0.0.0.0:9108")
        return cls(host=host or LOOPBACK, port=int(port))


def require_scheme(url: str, *schemes: str) -> None:
    """Raise unless the address has one of the schemes and names something.

    Raises:
        ValueError: with the end of a sentence; the address itself, which may hold a password,
            is not in it.
    """
    if _split(url).scheme not in schemes:
        raise ValueError(f"must begin with {schemes[0]}://")


def require_port(url: str) -> None:
    """Raise unless the address names one port, or none.

    Raises:
        ValueError: with the end of a sentence; the address itself is not in it.
    """
    try:
        _ = _split(url).port
    except ValueError:
        raise ValueError("has a port that is no number up to 65535") from None


def require_secure(url: str, *, loopback_too: bool) -> None:
    """Raise unless what is sent to the address can be read by nobody on the way.

    Args:
        url: the address.
        loopback_too: whether http on this machine is secure enough.

    Raises:
        ValueError: with the end of a sentence.
    """
    parts = _split(url)
    if loopback_too and parts.scheme == "http" and parts.hostname in LOOPBACK_NAMES:
        return
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(
            "must begin with https://" + (", or http:// on this machine" if loopback_too else "")
        )
    if not loopback_too and parts.hostname in LOOPBACK_NAMES:
        raise ValueError("names this machine, which nobody else can reach")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise ValueError("is no address") from error
