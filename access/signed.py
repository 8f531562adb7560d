"""Whether ProLine signed a token: its form, algorithm, key and signature. Pure.

What the claims mean is `access.launch`'s. The header is read strictly before any of it is
believed: the key comes from our own JWKS, by its id alone, and a token cannot bring one along or
choose how little is checked (RFC 8725, https://www.rfc-editor.org/rfc/rfc8725.html#section-3).
"""

import json
from typing import Any, Final, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import JWKRegistry, Key
from joserfc.util import urlsafe_b64decode

from access.errors import LaunchRefused, Why

# A launch token of ours has about 600 characters; what is larger is not worth its parsing.
TOKEN_CHARACTERS_MAX: Final = 8 * 1024
ALGORITHMS: Final = frozenset(
    {
        *("RS256", "RS384", "RS512"),
        *("PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512"),
        *("EdDSA", "Ed25519"),
    }
)
"""Where who checks cannot sign. `none` and the HS family are out, for ever: with these a public
key, or nothing at all, would be enough to write a token."""

# All else a header can hold changes what is checked (`crit`, `b64`) or brings a key along (`jku`,
# `jwk`, `x5u`, `x5c`).
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_KEY_TYPES: Final = ("RSA", "EC", "OKP")
# 2048 bits in base64url: NIST calls shorter keys disallowed (SP 800-131A).
_RSA_MODULUS_CHARACTERS_MIN: Final = 342


class _Registry(jws.JWSRegistry):
    """The library's algorithms, of which ours are allowed.

    Its own `get_alg` warns of the name `EdDSA`, which RFC 9864 replaces by `Ed25519`; most
    libraries know the older name alone.
    """

    max_payload_length = TOKEN_CHARACTERS_MAX

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return an algorithm that was allowed before."""
        return self.algorithms[name]


_REGISTRY: Final = _Registry(algorithms=ALGORITHMS)


def verified_claims(token: str, jwks: str) -> dict[str, Any]:
    """Return the claims of a token that one key of the JWKS has signed; nothing else is checked.

    Args:
        token: a JWT in its compact form, as a stranger may have written it.
        jwks: ProLine's public keys, as `app.keys` has read them.

    Raises:
        LaunchRefused: it is no such token.
    """
    if len(token) > TOKEN_CHARACTERS_MAX or not token.isascii():
        raise LaunchRefused("form")
    header = _header(token)
    key = _key(header["kid"], jwks)
    try:
        signed = jws.deserialize_compact(token, key, registry=_REGISTRY)
    except JoseError as error:
        raise LaunchRefused("signature") from error
    return _object(signed.payload, "form")


def _header(token: str) -> dict[str, str]:
    header = _object(_first_segment(token), "form")
    if not header.keys() <= _HEADER_MEMBERS or not all(isinstance(v, str) for v in header.values()):
        raise LaunchRefused("header")
    if header.get("typ", "JWT").upper() != "JWT":
        raise LaunchRefused("header")
    if header.get("alg") not in ALGORITHMS:
        raise LaunchRefused("algorithm")
    if not header.get("kid"):
        raise LaunchRefused("key")
    return header


def _first_segment(token: str) -> bytes:
    try:
        return urlsafe_b64decode(token.partition(".")[0].encode())
    except ValueError as error:
        raise LaunchRefused("form") from error


def _key(kid: str, jwks: str) -> Key:
    """Return the one key of this id; two would let the token choose between them."""
    keys = _object(jwks, "key").get("keys")
    listed = keys if isinstance(keys, list) else []
    named = [key for key in listed if isinstance(key, dict) and key.get("kid") == kid]
    if len(named) != 1 or not _is_strong_public_key(named[0]):
        raise LaunchRefused("key")
    try:
        return JWKRegistry.import_key(named[0])
    except (JoseError, ValueError, KeyError) as error:  # KeyError: a curve it does not know
        raise LaunchRefused("key") from error


def _is_strong_public_key(key: dict[str, Any]) -> bool:
    if key.get("kty") not in _KEY_TYPES or "d" in key:
        return False
    return key["kty"] != "RSA" or len(str(key.get("n"))) >= _RSA_MODULUS_CHARACTERS_MIN


def _object(content: bytes | str, why: Why) -> dict[str, Any]:
    """Read a JSON object that every reader would read alike."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        read = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise LaunchRefused(why) from error
    if not isinstance(read, dict):
        raise LaunchRefused(why)
    return read


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("A member stands twice, and readers differ in which of them counts.")
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON.")
