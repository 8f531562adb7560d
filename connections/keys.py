"""The keys of the stored tokens: AES-256-GCM, the key's id and the nonce in front.

Company, realm and kind are bound as associated data, so that a row copied to another company, or
an access token put where a refresh token stands, does not open. The newest key encrypts, any of
them decrypts: a new key is put in front, and what `needs_rotation` is encrypted anew at its next
refresh; a key is taken out when nothing needs it any more.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connections.errors import TokenUnreadable

TokenKind = Literal["access", "refresh", "consent", "verifier"]
"""What is encrypted: the two tokens at rest; both of a consent under way, and its PKCE verifier."""

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY_ID_MOST_BYTES: Final = 255


@dataclass(frozen=True, slots=True)
class Bound:
    """What a token belongs to; it opens for nothing else."""

    company_id: str
    realm_id: str
    kind: TokenKind

    def associated_data(self) -> bytes:
        """Return the three unambiguously: PostgreSQL's text holds no NUL."""
        return f"{self.company_id}\0{self.realm_id}\0{self.kind}".encode()


class TokenKeys:
    """Encrypts with the newest key and decrypts with any; shows nothing of them."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        """Take (id, key of 32 bytes) pairs, the newest first.

        Raises:
            ValueError: for no key, a key of another length, or an id used twice.
        """
        self._ciphers = {_checked_id(key_id): AESGCM(_checked_key(key)) for key_id, key in keys}
        if not keys or len(self._ciphers) != len(keys):
            raise ValueError("token keys need at least one key, each under an id of its own")
        self._newest = _checked_id(keys[0][0])

    def encrypt(self, token: str, bound: Bound) -> bytes:
        """Encrypt one token for its place."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, token.encode(), bound.associated_data())
        return bytes([len(self._newest)]) + self._newest + nonce + sealed

    def decrypt(self, stored: bytes, bound: Bound) -> str:
        """Decrypt one token.

        Raises:
            TokenUnreadable: no key of ours, not for this place, or damaged.
        """
        key_id, nonce, sealed = _parted(stored)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise TokenUnreadable(_sentence(bound, "its key is not among TOKEN_KEYS"))
        try:
            return cipher.decrypt(nonce, sealed, bound.associated_data()).decode()
        except (InvalidTag, ValueError) as error:
            raise TokenUnreadable(_sentence(bound, "it was stored for another place")) from error

    def needs_rotation(self, stored: bytes) -> bool:
        """Say whether another key than the newest encrypted it."""
        return _parted(stored)[0] != self._newest

    def __repr__(self) -> str:
        """Show how many keys there are, never one."""
        return f"TokenKeys({len(self._ciphers)} keys)"


def _checked_id(key_id: str) -> bytes:
    encoded = key_id.encode()
    if not 0 < len(encoded) <= KEY_ID_MOST_BYTES:
        raise ValueError(f"a token key's id has 1 to {KEY_ID_MOST_BYTES} bytes")
    return encoded


def _checked_key(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a token key has {KEY_BYTES} bytes")
    return key


def _parted(stored: bytes) -> tuple[bytes, bytes, bytes]:
    nonce_at = 1 + stored[0] if stored else 0
    sealed_at = nonce_at + NONCE_BYTES
    return stored[1:nonce_at], stored[nonce_at:sealed_at], stored[sealed_at:]


def _sentence(bound: Bound, why: str) -> str:
    return (
        f"the {bound.kind} token of company {bound.company_id} in realm {bound.realm_id}"
        f" cannot be read: {why}"
    )
