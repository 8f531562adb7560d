"""An app in QuickBooks' eyes, and all that a process of the product is told to be it."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.quickbooks import QuickBooksAccess
from app.settings import Broker
from connections.keys import TokenKeys
from qbo_client import endpoints_below

KEY_BYTES: Final = 32
NAME: Final = "demo"


def process_environment(database_url: str, amqp_url: str) -> Mapping[str, str]:
    """Give a process what it needs to find the others, and nothing of ours beside."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "DATABASE_URL": database_url,
        "BROKER": Broker.RABBITMQ,
        "AMQP_URL": amqp_url,
    }


@dataclass(frozen=True)
class App:
    """An app in QuickBooks' eyes that exists for one run of ours only."""

    secret: str = field(default_factory=secrets.token_urlsafe, repr=False)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)

    def access(self, base_url: str) -> QuickBooksAccess:
        """Reach the simulator as this app."""
        return QuickBooksAccess(
            base_url=base_url,
            endpoints=endpoints_below(base_url),
            client_id=NAME,
            client_secret=self.secret,
            redirect_uri=f"{base_url}/nowhere",
            keys=TokenKeys([(NAME, self.key)]),
        )

    def environment(self, base_url: str) -> Mapping[str, str]:
        """Say the same in the settings of a process.

        The simulator replays a requestid, as QuickBooks documents it; without that a payment whose
        worker was killed would be looked up after 130 seconds, and the audience gone.
        """
        return {
            "QBO_ENVIRONMENT": "simulator",
            "QBO_BASE_URL": base_url,
            "QBO_OAUTH_URL": base_url,
            "QBO_CLIENT_ID": NAME,
            "QBO_CLIENT_SECRET": self.secret,
            "QBO_REDIRECT_URI": f"{base_url}/nowhere",
            "QBO_REQUESTID_PROVED": "true",
            "TOKEN_KEYS": f"{NAME}:{base64.b64encode(self.key).decode()}",
        }
