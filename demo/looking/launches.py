"""ProLine's side of a launch: who may come in, and the token that says so.

The key pair is made at start and never leaves this process; the page is given its public half.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey

from access.people import Role
from demo.scenario import Office

ALGORITHM: Final = "ES256"
CURVE: Final = "P-256"
KEY_ID: Final = "proline-demo"
LIFE_SECONDS: Final = 120

COMPANY: Final = Office("example-roofing", "Example Roofing", "main", enabled=True)
"""The one contractor whose office looks at the page; its mode is chosen there."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the office; `word` names them in an address of this ProLine."""

    word: str
    name: str
    role: Role


COLLEAGUES: Final[Mapping[str, Colleague]] = {
    each.word: each
    for each in (
        Colleague("jane", "Jane Example", Role.ADMIN),
        Colleague("max", "Max Example", Role.OFFICE),
        Colleague("kim", "Kim Example", Role.VIEWER),
    )
}


@dataclass(frozen=True, slots=True)
class Launcher:
    """Signs the way from ProLine's menu to the page at `page_url`."""

    page_url: str
    _key: ECKey = field(
        default_factory=lambda: ECKey.generate_key(CURVE, {"kid": KEY_ID}), repr=False
    )

    @property
    def jwks(self) -> str:
        """What stands in PROLINE_LAUNCH_KEYS."""
        public = self._key.as_dict(private=False, use="sig", alg=ALGORITHM)
        return json.dumps({"keys": [public]})

    def link(self, colleague: Colleague) -> str:
        """Sign one launch, good once and for two minutes, and give its address."""
        now = int(time.time())
        claims = {
            "iss": "proline",
            "aud": "proline-qbo",
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "company_id": COMPANY.id,
            "company_name": COMPANY.name,
            "user_id": colleague.word,
            "user_name": colleague.name,
            "role": colleague.role.value,
        }
        token = jwt.encode({"alg": ALGORITHM, "kid": KEY_ID}, claims, self._key)
        return f"{self.page_url}/launch?{urlencode({'token': token})}"
