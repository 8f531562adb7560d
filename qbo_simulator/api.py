"""The accounting API: carries a call out in a realm, and keeps its answer by its requestid.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/most-commonly-used
"""

from qbo_simulator import writes
from qbo_simulator.batch import answer_batch
from qbo_simulator.calls import Call
from qbo_simulator.change_data_capture import answer_changes
from qbo_simulator.clock import stamp_with_milliseconds
from qbo_simulator.entities import ENTITIES, SINGLE, SINGLE_NAMES
from qbo_simulator.faults import FaultError, answer_fault, not_found
from qbo_simulator.query import answer_statement
from qbo_simulator.reading import statement_of
from qbo_simulator.realm import Realm
from qbo_simulator.requestid import Answer, check_requestid
from qbo_simulator.wire import Json, Request, json_response, parse_json


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
            check_requestid(call.requestid, batch=call.operation == "batch")
        body = _perform(realm, call, request)
    except FaultError as fault:
        return Answer(answer_fault(fault, now), call.object_id, fault.code)
    shown = next(iter(body.values()))
    object_id = shown.get("Id") if isinstance(shown, dict) else None
    reply = json_response({**body, "time": stamp_with_milliseconds(now)})
    return Answer(reply, object_id or call.object_id)


def _perform(realm: Realm, call: Call, request: Request) -> Json:
    match call.operation:
        case "query":
            return {"QueryResponse": answer_statement(realm, statement_of(request))}
        case "cdc":
            return {"CDCResponse": [answer_changes(realm, request.parameters)]}
        case "batch":
            parts = answer_batch(realm, _parse(request), with_requestid=call.requestid is not None)
            return {"BatchItemResponse": parts}
        case "read":
            return _read(realm, call)
        case "nothing":
            raise _no_such_path(call)
        case _:
            return _write(realm, call, request)


def _read(realm: Realm, call: Call) -> Json:
    name = (call.entity or "").lower()
    if name in SINGLE:
        if name == "companyinfo" and call.object_id not in {realm.settings.realm_id, "1"}:
            raise not_found()
        return {SINGLE_NAMES[name]: SINGLE[name](realm)}
    if name not in ENTITIES or call.object_id is None:
        raise _no_such_path(call)
    entity = ENTITIES[name]
    if realm.find(entity.name, call.object_id) is None:
        writes.check_id(call.object_id)
        raise not_found()
    return {entity.name: writes.show(realm, entity, call.object_id)}


def _write(realm: Realm, call: Call, request: Request) -> Json:
    name = (call.entity or "").lower()
    if name not in ENTITIES:
        raise _no_such_path(call)
    entity = ENTITIES[name]
    if call.operation == "send":
        send_to = request.parameters.get("sendTo")
        return {entity.name: writes.send(realm, entity, call.object_id or "", send_to)}
    include = request.parameters.get("include", "")
    return {
        entity.name: writes.write(realm, entity, call.operation or "", _parse(request), include)
    }


def _parse(request: Request) -> Json:
    try:
        return parse_json(request.body)
    except UnicodeDecodeError as error:
        raise FaultError(
            "500",
            "com.sun.org.apache.xerces.internal.impl.io.MalformedByteSequenceException: "
            "Invalid byte 1 of 1-byte UTF-8 sequence.",
        ) from error
    except ValueError as error:
        raise FaultError("2010", "Property Name:failed to parse json object") from error


def _no_such_path(call: Call) -> FaultError:
    return FaultError(
        "500",
        f"Operation Could not find resource for relative : {call.path} of full path: "
        f"https://qbo.intuit.com/qbo{call.path} is not supported.",
    )
