"""Reads a request under `/v3/company/` into a call: whose, what entity, what is to be done with it.

Pure: looks at method, path, parameters and body, and at no realm.
https://developer.intuit.com/app/developer/qbo/docs/api/accounting/most-commonly-used
"""

import re
from dataclasses import replace

from qbo_simulator.calls import Call
from qbo_simulator.entities import entity_name
from qbo_simulator.wire import Request, parse_json

PATH = re.compile(r"/v3/company/(?P<realm>[^/]+)(?P<rest>(?:/[^/]+)*)/?")
FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
READING = frozenset({"read", "query", "cdc"})
"""Operations that change no books."""
SPECIAL = {("GET", "query"): "query", ("POST", "query"): "query"} | {
    ("GET", "cdc"): "cdc",
    ("POST", "batch"): "batch",
}


def read_call(request: Request) -> Call | None:
    """Read what a request asks for; None when its path is no API path.

    A path below a company that means nothing gives the operation `nothing`.
    """
    found = PATH.fullmatch(request.path)
    if found is None:
        return None
    call = Call(
        method=request.method,
        path=request.path,
        realm=found["realm"],
        operation="nothing",
        requestid=request.parameters.get("requestid") or None,
    )
    parts = found["rest"].split("/")[1:]
    if len(parts) == 1 and (special := SPECIAL.get((request.method, parts[0].lower()))):
        queried = FROM.search(statement_of(request)) if special == "query" else None
        named = entity_name(queried.group(1)) if queried else special
        return replace(call, operation=special, entity=named)
    return _of_entity(request, call, parts)


def statement_of(request: Request) -> str:
    """The select statement of a query, from the address or the body."""
    if request.method == "POST":
        return request.body.decode("utf-8", errors="replace")
    return request.parameters.get("query", "")


def _of_entity(request: Request, call: Call, parts: list[str]) -> Call:
    named = replace(call, entity=entity_name(parts[0]) if parts else None)
    match request.method, parts:
        case "GET", [_]:
            return replace(named, operation="read")
        case "GET", [_, object_id]:
            return replace(named, operation="read", object_id=object_id)
        case "POST", [_]:
            body_id = _body_id(request)
            operation = _operation(request.parameters, exists=body_id is not None)
            return replace(named, operation=operation, object_id=body_id)
        case "POST", [_, object_id, "send"]:
            return replace(named, operation="send", object_id=object_id)
        case _:
            return named


def _operation(asked: dict[str, str], *, exists: bool) -> str:
    operation = asked.get("operation", "").lower()
    include = asked.get("include", "").lower()
    if operation == "void" or (operation == "update" and "void" in include.split(",")):
        return "void"
    if operation:
        return operation
    return "update" if exists else "create"


def _body_id(request: Request) -> str | None:
    try:
        value = parse_json(request.body).get("Id")
    except ValueError:
        return None
    return str(value) if value else None
