"""Drives one simulated company without a socket; every test here speaks through it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from qbo_simulator import Clock, Request, Response, Simulator

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
BASIC = "Basic " + base64.b64encode(b"app:secret").decode()
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Reply:
    """An answer, with its parts at hand."""

    response: Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        return self.response.json()

    @property
    def code(self) -> str | None:
        """The fault's code, None without a fault."""
        fault = self.json.get("Fault")
        return fault["Error"][0]["code"] if fault else None

    @property
    def detail(self) -> str:
        """The fault's detail."""
        return str(self.json["Fault"]["Error"][0]["Detail"])

    @property
    def object(self) -> dict[str, Any]:
        """The one object in the reply."""
        assert self.code is None, self.json
        found: dict[str, Any] = next(iter(self.json.values()))
        return found


class Company:
    """One connected company of a simulator whose clock stands still."""

    def __init__(self, **settings: object) -> None:
        """Make the company and connect an app to it, through the token endpoint."""
        self.clock = Clock(START)
        self.simulator = Simulator(clock=self.clock)
        self.realm_id = self.simulator.add_realm({"limits": None, **settings})
        self.token, self.refresh = self.connect(self.realm_id)

    def connect(self, realm_id: str) -> tuple[str, str]:
        """Connect an app to a realm; gives its access and refresh tokens."""
        code = self.control("POST", f"realms/{realm_id}/code").json["code"]
        reply = self.ask_tokens(grant_type="authorization_code", code=code)
        return reply.json["access_token"], reply.json["refresh_token"]

    def ask_tokens(self, **form: str) -> Reply:
        """Ask the token endpoint."""
        headers = {"authorization": BASIC, "content-type": FORM}
        body = urlencode(form).encode()
        return self.send(Request("POST", "/oauth2/v1/tokens/bearer", headers, body))

    def control(self, method: str, path: str, body: object = None) -> Reply:
        """Use the control interface."""
        sent = b"" if body is None else json.dumps(body, default=float).encode()
        return self.send(Request(method, f"/_simulator/{path}", {}, sent))

    def fault(self, match: Mapping[str, object], **then: object) -> None:
        """Order a fault."""
        assert self.control("POST", "faults", {"match": match, "then": then}).status == 200

    def post(self, path: str, body: object, **parameters: str) -> Reply:
        """Post to an entity."""
        raw = body if isinstance(body, bytes) else json.dumps(body, default=float).encode()
        return self.send(Request("POST", self.target(path, parameters), self.headers(), raw))

    def get(self, path: str, **parameters: str) -> Reply:
        """Get from an entity."""
        return self.send(Request("GET", self.target(path, parameters), self.headers()))

    def query(self, statement: str) -> Reply:
        """Ask a select statement."""
        return self.send(Request("GET", self.target("query", {"query": statement}), self.headers()))

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """The rows a select statement finds."""
        found = self.query(statement).json["QueryResponse"]
        lists = [value for value in found.values() if isinstance(value, list)]
        return lists[0] if lists else []

    def customer(self, name: str = "Ada Example", **fields: object) -> str:
        """Make a customer; gives its id."""
        return str(self.post("customer", {"DisplayName": name, **fields}).object["Id"])

    def invoice(self, customer_id: str, *amounts: float, **fields: object) -> dict[str, Any]:
        """Make an invoice with a line for each amount."""
        return self.post("invoice", invoice_body(customer_id, *amounts, **fields)).object

    def report(self) -> dict[str, Any]:
        """The report on this company."""
        found: dict[str, Any] = self.control("GET", "report").json["realms"][self.realm_id]
        return found

    def log(self) -> list[dict[str, Any]]:
        """The calls this company has had."""
        found: list[dict[str, Any]] = self.control("GET", f"realms/{self.realm_id}/log").json[
            "calls"
        ]
        return found

    def send(self, request: Request) -> Reply:
        """Hand a request to the simulator."""
        return Reply(self.simulator.handle(request))

    def headers(self) -> dict[str, str]:
        """The headers of an authorised call."""
        return {"authorization": f"Bearer {self.token}", "accept": "application/json"}

    def target(self, path: str, parameters: dict[str, str]) -> str:
        """The target of an API call."""
        query = urlencode({"minorversion": "75", **parameters}, quote_via=quote)
        return f"/v3/company/{self.realm_id}/{path}?{query}"


def item_line(amount: float, **fields: object) -> dict[str, Any]:
    """A sales line with the seeded item."""
    return {
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
        **fields,
    }


def invoice_body(customer_id: str, *amounts: float, **fields: object) -> dict[str, Any]:
    """An invoice's request body with a line for each amount."""
    lines = [item_line(amount) for amount in amounts]
    return {"CustomerRef": {"value": customer_id}, "Line": lines, **fields}


def payment_body(
    customer_id: str, total: float, applied: dict[str, float] | None = None, **fields: object
) -> dict[str, Any]:
    """A payment's request body that applies amounts to invoices."""
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}]}
        for invoice_id, amount in (applied or {}).items()
    ]
    ref = {"value": customer_id}
    return {"CustomerRef": ref, "TotalAmt": total, "Line": lines, **fields}
