"""The keys in the settings: read from text, never shown, and refused when they are the examples."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
LONGEST_KEY_ID: Final = 32
MOST_KEYS: Final = 16
LONGEST_JWKS_BYTES: Final = 256 * 1024
# The value .env.example shows. It is public, so it protects nothing.
EXAMPLE_TOKEN_KEY: Final = b"example key in public: refuse it"
SYMMETRIC: Final = "oct"


@dataclass(frozen=True)
class TokenKey:
    """One AES-256 key of the stored tokens, and the id written in front of what it encrypts."""

    id: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class LaunchKeys:
    """ProLine's public keys as the text of a JWKS."""

    jwks: str = field(repr=False)


def parse_token_keys(value: object) -> tuple[TokenKey, ...]:
    """Read `id:base64key[,id:base64key]`, newest first.

    Raises:
        ValueError: with the end of a sentence that names the key's position, never its value.
    """
    parts = [part.strip() for part in str(value).split(",")]
    if len(parts) > MOST_KEYS:
        raise ValueError(f"has more than {MOST_KEYS} keys: retire the oldest")
    keys = tuple(_token_key(part, position) for position, part in enumerate(parts, start=1))
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("uses one id for two keys: every key needs its own")
    return keys


def parse_launch_keys(value: object) -> LaunchKeys:
    """Read a JWKS, or the file that holds one; only public keys of asymmetric pairs will do.

    Raises:
        ValueError: with the end of a sentence.
    """
    text = str(value).strip()
    if not text.startswith("{"):
        text = _read(Path(text))
    for key in _keys_of(text):
        if key.get("kty") == SYMMETRIC or "d" in key:
            raise ValueError("must hold public keys only: what signs stays with ProLine")
    return LaunchKeys(jwks=text)


def _token_key(part: str, position: int) -> TokenKey:
    key_id, separator, encoded = part.partition(":")
    if not separator or not 0 < len(key_id) <= LONGEST_KEY_ID:
        raise ValueError(f"must be id:base64key[,id:base64key]; key {position} has no id")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError(f"must be id:base64key; key {position} is no base64") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"needs keys of {KEY_BYTES} bytes; key {position} has {len(key)}")
    if key == EXAMPLE_TOKEN_KEY:
        raise ValueError(
            "still has the key of .env.example: make one with `openssl rand -base64 32`"
        )
    return TokenKey(id=key_id, key=key)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_JWKS_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError("is neither a JWKS nor the path of a file that can be read") from error
    if len(content) > LONGEST_JWKS_BYTES:
        raise ValueError(f"names a file over {LONGEST_JWKS_BYTES // 1024} KiB, which is no JWKS")
    return content


def _keys_of(text: str) -> list[dict[str, object]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ValueError("is no JSON: it must be a JWKS") from error
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError("must be a JWKS with at least one key")
    return keys
