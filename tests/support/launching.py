"""ProLine's side of a launch: a key pair of its own, and tokens signed with it, true or bent."""

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws
from joserfc.jwk import JWKRegistry, Key
from joserfc.util import urlsafe_b64encode

LEFT_OUT: Final = object()
"""The value of an override that leaves the claim or header member out."""

LIFE_SECONDS: Final = 120
_CURVES: Final[Mapping[str, tuple[str, str | int]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", 2048)),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}


class ProlineSigner:
    """A ProLine that opens the page: what it signs is right until an override bends it."""

    def __init__(self, algorithm: str = "ES256", kid: str = "proline-1") -> None:
        """Make a key pair that fits the algorithm."""
        kind, size = _CURVES[algorithm]
        self.algorithm = algorithm
        self.kid = kid
        self.key: Key = JWKRegistry.generate_key(kind, size, {"kid": kid})
        self._numbers = itertools.count(1)

    @property
    def public_key(self) -> dict[str, Any]:
        """Return the one entry of the JWKS."""
        return dict(self.key.as_dict(private=False, use="sig", alg=self.algorithm))

    @property
    def jwks(self) -> str:
        """Return what stands in PROLINE_LAUNCH_KEYS."""
        return jwks_of(self.public_key)

    def token(
        self,
        bent: Mapping[str, object] | None = None,
        /,
        *,
        now: datetime | None = None,
        header: Mapping[str, object] | None = None,
        **claims: object,
    ) -> str:
        """Sign a launch of Jane Example, admin of company-1; each time with another `jti`.

        Args:
            bent: claims in place of the right ones, as are `claims`.
            now: when ProLine signs; the present if it is not said.
            header: members of the header in place of the right ones.
            **claims: claims in place of the right ones; `LEFT_OUT` leaves one out.
        """
        issued_at = int((now or datetime.now(UTC)).timestamp())
        right = {
            "iss": "proline",
            "aud": "proline-qbo",
            "iat": issued_at,
            "exp": issued_at + LIFE_SECONDS,
            "jti": f"launch-{next(self._numbers)}",
            "company_id": "company-1",
            "company_name": "Example Roofing",
            "user_id": "user-1",
            "user_name": "Jane Example",
            "role": "admin",
        }
        return self.signed(
            self._header(header or {}), _overridden(right, {**(bent or {}), **claims})
        )

    def signed(self, header: object, payload: object) -> str:
        """Sign any header over any payload; bytes and text are taken as they stand."""
        signing_input = b".".join(urlsafe_b64encode(_content(part)) for part in (header, payload))
        signature = jws.JWSRegistry.algorithms[self.algorithm].sign(signing_input, self.key)
        return b".".join((signing_input, urlsafe_b64encode(signature))).decode()

    def _header(self, overrides: Mapping[str, object]) -> dict[str, object]:
        return _overridden({"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}, overrides)


def jwks_of(*keys: Mapping[str, Any]) -> str:
    """Return the text of a JWKS of these entries."""
    return json.dumps({"keys": keys})


def _overridden(right: dict[str, Any], overrides: Mapping[str, object]) -> dict[str, object]:
    merged = {**right, **overrides}
    return {name: value for name, value in merged.items() if value is not LEFT_OUT}


def _content(part: object) -> bytes:
    if isinstance(part, bytes):
        return part
    return (part if isinstance(part, str) else json.dumps(part)).encode()
