"""QuickBooks with a person who consents: gives codes over HTTP, remembers the tokens handed out."""

import base64
from typing import Any

import httpx

from qbo_simulator.simulator import Simulator
from qbo_simulator.wire import Connection, Request, Response

CLIENT_SECRET = "a-secret-of-the-tests"
TOKEN_KEY = base64.b64encode(b"k" * 32).decode()
TOKENS = "/oauth2/v1/tokens/bearer"


class ConsentingQuickBooks(Simulator):
    """A simulator whose secrets a test may look for where they must not be."""

    def __init__(self) -> None:
        """Begin without a company."""
        super().__init__()
        self.base_url = ""
        self.secrets: list[str] = []

    def handle(self, request: Request, connection: Connection | None = None) -> Response:
        """Answer as ever, and keep the tokens of the answer."""
        response = super().handle(request, connection)
        if request.path == TOKENS and response.status == httpx.codes.OK:
            told = response.json()
            self.secrets += [told["access_token"], told["refresh_token"]]
        return response

    def make_company(self, name: str) -> str:
        """Make a QuickBooks company and give its realm."""
        return str(self._post("realms", {"company_name": name})["realm_id"])

    def code_for(self, realm: str) -> str:
        """Give the code a consent brings, through the endpoint an operator would use."""
        code = str(self._post(f"realms/{realm}/code", {})["code"])
        self.secrets.append(code)
        return code

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        reply = httpx.post(f"{self.base_url}/_simulator/{path}", json=body, timeout=10)
        told: dict[str, Any] = reply.raise_for_status().json()
        return told
