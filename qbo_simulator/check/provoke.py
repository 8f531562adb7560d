"""Brings a recorded refusal about: by its own request, or by one that is known to be refused so."""

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from qbo_simulator.check.recordings import Exchange
from qbo_simulator.check.shapes import Shape, fault_in
from qbo_simulator.check.stage import Stage
from qbo_simulator.entities import ENTITIES
from qbo_simulator.wire import Json, Request, Response, parse_json, to_json

GATEWAY = frozenset({"100", "3001", "3100", "3200"})
"""Refused before anything is read; a request as recorded would not bring them about."""
REFUSED = 400
DEFAULT_STATUS = {"100": 401, "120": 401, "3200": 401, "3100": 403, "3001": 429, "10000": 500}
LINE = {
    "Amount": 1,
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
}


def provoke(exchange: Exchange, shape: Shape) -> Response:
    """Give the simulator's refusal to hold against the recorded one."""
    code = str(shape.document["code"])
    if shape.document["envelope"] == "oauth":
        return _refused_token(code)
    if code in GATEWAY:
        return _gateway(exchange, code, shape)
    if exchange.method is not None:
        return _as_recorded(exchange, code)
    if code in BY_CODE:
        stage = Stage(None, None, exchange.status or REFUSED)
        return BY_CODE[code](stage)
    return _on_demand(exchange, code, xml=shape.document["envelope"] == "xml")


def reply_of_fault(response: Response) -> Json:
    """What the simulator's refusal says, by the same measure as the recorded one."""
    return fault_in(response.body) or {"code": None, "envelope": "no fault"}


def _refused_token(error: str) -> Response:
    stage = Stage(None, None, None)
    forms = {
        "unsupported_grant_type": "grant_type=password&client_id=check",
        "invalid_client": "grant_type=refresh_token",
    }
    form = forms.get(error, "grant_type=refresh_token&refresh_token=RT1-unknown&client_id=check")
    return stage.simulator.handle(Request("POST", "/oauth2/v1/tokens/bearer", {}, form.encode()))


def _gateway(exchange: Exchange, code: str, shape: Shape) -> Response:
    stage = Stage(None, None, None)
    if shape.document["envelope"] == "xml" and code != "3001":
        return _on_demand(exchange, code, xml=True)
    match code:
        case "3001":
            limits = {"per_minute": 1, "per_second": None, "in_flight": None}
            stage.control("realms", {"realm_id": stage.realm_id, "limits": limits})
            stage.call("GET", "/preferences")
            return stage.call("GET", "/preferences")
        case "3100":
            other = stage.simulator.add_realm({"company_name": "Another"})
            path = f"/v3/company/{other}/preferences"
            headers = {"authorization": f"Bearer {stage.token}", "accept": "application/json"}
            return stage.simulator.handle(Request("GET", path, headers))
        case "3200":
            return stage.call("GET", "/customer/1", token="expired")  # noqa: S106  # a token that is none
        case _:
            return _on_demand(exchange, code, xml=False)


def _as_recorded(exchange: Exchange, code: str) -> Response:
    """Send the recorded request: into bare books first, then into prepared ones."""
    body = _parsed(exchange.request_body)
    responses = []
    for prepared in (True, False):
        stage = Stage(body, None, exchange.status)
        if prepared:
            stage.prepare(body)
            _prepare_for(stage, exchange, code, body)
        responses.append(_send(stage, exchange))
        if reply_of_fault(responses[-1]).get("code") == code:
            return responses[-1]
    if code in GIVEN:
        return responses[0]
    return _on_demand(exchange, code, xml=False)


def _prepare_for(stage: Stage, exchange: Exchange, code: str, body: Json) -> None:
    """Put in what makes the recorded request fail with its code."""
    path = urlsplit(exchange.target).path.lower()
    kind = next((e.name for name, e in ENTITIES.items() if path.endswith(f"/{name}")), "Customer")
    object_id = body.get("Id")
    if code == "6240":
        stage.put(kind, {**body, "Id": "9001"})
    elif code == "6140":
        stage.put("Invoice", {**body, "Id": "9001"})
    elif code == "5010" and object_id:
        whole = {"CustomerRef": {"value": "1"}, "TotalAmt": 1, "Line": [LINE]}
        stage.prepare(whole)
        fields = whole if kind == "Invoice" else {"DisplayName": "Stale", "Name": "Stale"}
        stage.put(kind, {**fields, **body}, token="99")  # noqa: S106  # a SyncToken, no secret


def _send(stage: Stage, exchange: Exchange) -> Response:
    parts = urlsplit(exchange.target)
    path = parts.path.partition("/v3")[2] or parts.path
    if path.startswith("/company/"):
        path = "/" + path.removeprefix("/company/").partition("/")[2]
    target = f"{path}?{parts.query}" if parts.query else path
    return stage.call(
        exchange.method or "GET",
        target,
        exchange.request_body,
        content_type=exchange.request_type or "application/json",
    )


def _on_demand(exchange: Exchange, code: str, *, xml: bool) -> Response:
    status = exchange.status or DEFAULT_STATUS.get(code, 400)
    stage = Stage(None, None, None)
    then: Json = {"status": status, "fault": code, **({"xml": True} if xml else {})}
    stage.control("faults", {"match": {}, "then": then})
    return stage.call("GET", "/preferences")


def _parsed(body: bytes) -> Json:
    try:
        return parse_json(body) if body else {}
    except ValueError:
        return {}


def _posts(entity: str, fields: Json) -> Callable[[Stage], Response]:
    return lambda stage: stage.call("POST", f"/{entity}", to_json(fields))


def _gets(path: str) -> Callable[[Stage], Response]:
    return lambda stage: stage.call("GET", path)


def _asks(statement: str) -> Callable[[Stage], Response]:
    return _gets(f"/query?query={quote(statement)}")


def _after(
    first: Callable[[Stage], Response], then: Callable[[Stage], Response]
) -> Callable[[Stage], Response]:
    def both(stage: Stage) -> Response:
        first(stage)
        return then(stage)

    return both


NAMED = _posts("customer", {"DisplayName": "Ada Example"})
INVOICED = _posts("invoice", {"CustomerRef": {"value": "1"}, "Line": [LINE], "DocNumber": "1001"})
BY_CODE: Mapping[str, Callable[[Stage], Response]] = {
    "500": _gets("/customer/1/5"),
    "610": _gets("/customer/999"),
    "2010": _posts("invoice", {"BadJson": True}),
    "2020": _posts("item", {}),
    "2030": _gets("/customer/ada"),
    "2050": _posts("customer", {"DisplayName": "a" * 501}),
    "2210": _posts("customer", {"DisplayName": "a", "PrimaryEmailAddr": {"Address": "a"}}),
    "2500": _posts("invoice", {"CustomerRef": {"value": "999"}, "Line": [LINE]}),
    "4000": _asks("select from null"),
    "4001": _asks("select * from Customer startposition 0"),
    "5010": _after(
        NAMED, _posts("customer", {"Id": "1", "SyncToken": "9", "sparse": True, "Notes": "x"})
    ),
    "6000": _posts("invoice", {"CustomerRef": {"value": ""}, "Line": [LINE]}),
    "6080": _posts("customer", {"Notes": "nameless"}),
    "6140": _after(NAMED, _after(INVOICED, INVOICED)),
    "6150": _posts("customer", {"DisplayName": "a", "Job": True}),
    "6240": _after(NAMED, NAMED),
}
GIVEN = frozenset(BY_CODE)
"""Codes the simulator gives by itself: a recorded request that it takes instead is a difference."""
