"""Talks to the simulator as its operator: makes companies, fetches report and log of calls."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TIMEOUT_SECONDS: Final = 30
LOG_PART: Final = 20_000


@dataclass(frozen=True, slots=True)
class Written:
    """A write that QuickBooks carried out, not a replay of one."""

    entity: str
    object_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RealmReport:
    """What one QuickBooks company has been through."""

    objects: Mapping[str, int]
    reads: int
    writes: int
    duplicates: int


NO_LIMITS: Final = {"per_minute": None, "per_second": None, "in_flight": None}


@dataclass(frozen=True, slots=True)
class SimulatorControl:
    """The simulator behind one address; `limited`: whether its companies keep limits of calls."""

    base_url: str
    limited: bool = True

    def add_realm(self, company_name: str, **settings: object) -> str:
        """Make a QuickBooks company with these settings and give its realm id."""
        limits = {} if self.limited else {"limits": NO_LIMITS}
        asked = {"company_name": company_name, **limits, **settings}
        return str(self._post("/_simulator/realms", asked)["realm_id"])

    def order_fault(self, match: Mapping[str, object], then: Mapping[str, object]) -> None:
        """Let something happen to the next calls that match."""
        self._post("/_simulator/faults", {"match": match, "then": then})

    def struck(self) -> Sequence[int]:
        """Count the calls that each fault has struck, in the order in which they were ordered."""
        return [int(rule["struck"]) for rule in self._send("/_simulator/faults")["faults"]]

    def clear_faults(self) -> None:
        """Let nothing happen any more."""
        self._send("/_simulator/faults", method="DELETE")

    def expire_tokens(self, realm_id: str) -> None:
        """End the access tokens of a company now."""
        self._post(f"/_simulator/realms/{realm_id}/expire", {})

    def lift_limits(self, realm_id: str) -> None:
        """Let a QuickBooks company that is there take any number of calls from now on."""
        self._post("/_simulator/realms", {"realm_id": realm_id, "limits": NO_LIMITS})

    def authorization_code(self, realm_id: str) -> str:
        """Give the code that a person's consent would bring, good once."""
        return str(self._post(f"/_simulator/realms/{realm_id}/code", {})["code"])

    def access_token(self, realm_id: str) -> str:
        """Connect an app of the demonstration's own and give its access token."""
        code = self.authorization_code(realm_id)
        form = urlencode({"grant_type": "authorization_code", "code": code}).encode()
        client = base64.b64encode(b"demo-comparer:demo-comparer").decode()
        headers = {
            "Authorization": f"Basic {client}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        reply = self._send("/oauth2/v1/tokens/bearer", form, headers)
        return str(reply["access_token"])

    def report(self, realm_id: str) -> RealmReport:
        """Fetch the report of one company."""
        report = self._send("/_simulator/report")["realms"][realm_id]
        return RealmReport(
            objects=report["objects"],
            reads=report["reads"],
            writes=report["writes"],
            duplicates=report["duplicates"],
        )

    def writes(self, realm_id: str) -> Sequence[Written]:
        """Fetch the writes that were carried out, in the order in which they were received."""
        return [
            Written(
                entity=str(call["entity"]).lower(),
                object_id=str(call["object_id"]),
                received_at=datetime.fromisoformat(call["received_at"]),
            )
            for call in self.calls(realm_id)
            if call["applied"] and not call["replay"]
        ]

    def calls(self, realm_id: str) -> Sequence[Mapping[str, Any]]:
        """Fetch the log of one company, in the order in which calls were received."""
        found: list[Mapping[str, Any]] = []
        while True:
            since = found[-1]["seq"] if found else 0
            query = urlencode({"since": since, "limit": LOG_PART})
            part = self._send(f"/_simulator/realms/{realm_id}/log?{query}")["calls"]
            found += part
            if len(part) < LOG_PART:
                return found

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._send(path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(
        self,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
    ) -> dict[str, Any]:
        request = Request(  # noqa: S310 - our own simulator
            self.base_url + path, data=body, headers=dict(headers or {}), method=method
        )
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            reply: dict[str, Any] = json.load(response)
        return reply
