"""The accounting API: from a request under `/v3/company/` to what is done in a realm.

Reads a request's path and parameters into a call, and carries a call out under the realm's lock.
https://developer.intuit.com/app/developer/qbo/docs/api/accounting/most-commonly-used
"""

import re
from dataclasses import replace

from qbo_simulator import writes
from qbo_simulator.calls import Call
from qbo_simulator.clock import stamp_with_milliseconds
from qbo_simulator.company import company_info, preferences
from qbo_simulator.customers import CUSTOMER, EMPLOYEE, VENDOR
from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError, answer_fault, not_found
from qbo_simulator.invoices import INVOICE
from qbo_simulator.name_lists import ACCOUNT, ITEM, PAYMENT_METHOD, TAX_CODE, TERM
from qbo_simulator.payments import PAYMENT
from qbo_simulator.query import answer_query
from qbo_simulator.query_language import parse_query
from qbo_simulator.realm import Realm
from qbo_simulator.requestid import Answer, check_requestid
from qbo_simulator.wire import Json, Request, json_response, parse_json

PATH = re.compile(r"/v3/company/(?P<realm>[^/]+)/(?P<entity>[^/]+)(?:/(?P<id>[^/]+))?/?")
ENTITIES = {
    entity.name.lower(): entity
    for entity in (
        CUSTOMER,
        VENDOR,
        EMPLOYEE,
        INVOICE,
        PAYMENT,
        ITEM,
        ACCOUNT,
        PAYMENT_METHOD,
        TERM,
        TAX_CODE,
    )
}
SINGLE = {"companyinfo": company_info, "preferences": preferences}
SINGLE_NAMES = {"companyinfo": "CompanyInfo", "preferences": "Preferences"}
FROM = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)


def read_call(request: Request) -> Call | None:
    """Read what a request asks for; None when its path is no API path."""
    found = PATH.fullmatch(request.path)
    if found is None:
        return None
    call = Call(
        method=request.method,
        path=request.path,
        realm=found["realm"],
        requestid=request.parameters.get("requestid"),
    )
    name = found["entity"].lower()
    if name == "query":
        return replace(call, operation="query", entity=_queried(statement_of(request)))
    entity = ENTITIES[name].name if name in ENTITIES else SINGLE_NAMES.get(name, found["entity"])
    if request.method == "GET":
        return replace(call, entity=entity, operation="read", object_id=found["id"])
    object_id = _body_id(request)
    operation = _operation(request.parameters, exists=object_id is not None)
    return replace(call, entity=entity, operation=operation, object_id=object_id)


def statement_of(request: Request) -> str:
    """The select statement of a query, from the address or the body."""
    if request.method == "POST":
        return request.body.decode("utf-8", errors="replace")
    return request.parameters.get("query", "")


def carry_out(realm: Realm, call: Call, request: Request) -> tuple[Answer, bool]:
    """Do what a call asks, or give the kept answer of its requestid; the flag says which (replay).

    The caller holds the realm's lock.
    """
    keeps = realm.settings.requestid == "replay" and call.requestid is not None
    if keeps and (kept := realm.answers.find(call.requestid or "")):
        return kept, True
    answer = _answer(realm, call, request)
    if keeps and answer.fault_code != "2130":
        realm.answers.keep(call.requestid or "", answer)
    return answer, False


def _answer(realm: Realm, call: Call, request: Request) -> Answer:
    now = realm.clock.now()
    try:
        if call.requestid is not None:
            check_requestid(call.requestid)
        body = _perform(realm, call, request)
    except FaultError as fault:
        return Answer(answer_fault(fault, now), call.object_id, fault.code)
    shown = next(iter(body.values()))
    object_id = shown.get("Id") if isinstance(shown, dict) else None
    reply = json_response({**body, "time": stamp_with_milliseconds(now)})
    return Answer(reply, object_id or call.object_id)


def _perform(realm: Realm, call: Call, request: Request) -> Json:
    if call.operation == "query":
        return {"QueryResponse": _query(realm, statement_of(request))}
    name = (call.entity or "").lower()
    if call.operation == "read":
        return _read(realm, name, call)
    if name not in ENTITIES:
        raise writes.unsupported(call.entity or "")
    entity = ENTITIES[name]
    return {entity.name: _write(realm, entity, call, request)}


def _query(realm: Realm, statement: str) -> Json:
    query = parse_query(statement)
    name = query.entity.lower()
    if name in SINGLE:
        shown = SINGLE[name](realm)
        return {SINGLE_NAMES[name]: [shown], "startPosition": 1, "maxResults": 1}
    if name not in ENTITIES:
        raise FaultError("4001", f"QueryValidationError: Entity {query.entity} is unknown")
    return answer_query(realm, ENTITIES[name], query)


def _read(realm: Realm, name: str, call: Call) -> Json:
    if name in SINGLE:
        if name == "companyinfo" and call.object_id not in {realm.settings.realm_id, "1"}:
            raise not_found()
        return {SINGLE_NAMES[name]: SINGLE[name](realm)}
    if name not in ENTITIES:
        raise writes.unsupported(call.entity or "")
    entity = ENTITIES[name]
    writes.check_id(call.object_id or "")
    if realm.find(entity.name, call.object_id) is None:
        raise not_found()
    return {entity.name: writes.show(realm, entity, call.object_id or "")}


def _write(realm: Realm, entity: Entity, call: Call, request: Request) -> Json:
    body = _parse(request)
    match call.operation:
        case "create":
            return writes.create(realm, entity, body, request.parameters.get("include", ""))
        case "update":
            return writes.update(realm, entity, body, request.parameters.get("include", ""))
        case "void":
            return writes.void(realm, entity, body)
        case "delete":
            return writes.delete(realm, entity, body)
        case other:
            raise writes.unsupported(str(other))


def _parse(request: Request) -> Json:
    try:
        return parse_json(request.body)
    except UnicodeDecodeError as error:
        raise FaultError("500", "MalformedByteSequence: Invalid byte of UTF-8") from error
    except ValueError as error:
        raise FaultError("2010", "Property Name:failed to parse json object") from error


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
    return None if value is None else str(value)


def _queried(statement: str) -> str | None:
    found = FROM.search(statement)
    name = found.group(1).lower() if found else ""
    if name in ENTITIES:
        return ENTITIES[name].name
    return SINGLE_NAMES.get(name, name or None)
