"""Batches: several operations in one request, each with a reply or a fault of its own.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/batch
Parts are carried out one after another, but none sees an object that an earlier part has made. The
whole is answered 200 whatever its parts did. Assumed, for the vendor's pages say 10 and 30: more
than 30 parts are refused with 1040.
"""

from qbo_simulator import writes
from qbo_simulator.entities import ENTITIES
from qbo_simulator.faults import FaultError, fault_json, missing
from qbo_simulator.query import answer_statement
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

MOST_PARTS = 30
LONGEST_BID_WITH_REQUESTID = 10
ABOUT = frozenset({"bId", "operation", "optionsData", "Query", "CDCQuery"})


def answer_batch(realm: Realm, body: Json, *, with_requestid: bool) -> list[Json]:
    """Give the reply to each part of a batch, in order.

    Raises:
        FaultError: 2020 without parts or without a bId, 1040 for too many parts, 2130 for a bId
            that is too long beside a requestid, 2010 for a body of another form.
    """
    parts = body.get("BatchItemRequest")
    if not parts:
        raise missing("BatchItemRequest")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise FaultError("2010", "Property Name:failed to parse json object; BatchItemRequest")
    if len(parts) > MOST_PARTS:
        raise FaultError("1040", f"Batch Request Size Exceeded : at most {MOST_PARTS} items")
    for part in parts:
        _check_bid(part, with_requestid=with_requestid)
    try:
        return [_answer_part(realm, part) for part in parts]
    finally:
        realm.unseen.clear()


def _check_bid(part: Json, *, with_requestid: bool) -> None:
    if not part.get("bId"):
        raise missing("bId")
    if with_requestid and len(str(part["bId"])) > LONGEST_BID_WITH_REQUESTID:
        raise FaultError(
            "2130", f"Invalid Request Id Format : bId {part['bId']} is over 10 characters"
        )


def _answer_part(realm: Realm, part: Json) -> Json:
    try:
        answered = _carry_out(realm, part)
    except FaultError as fault:
        answered = {"Fault": fault_json(fault)}
    return {**answered, "bId": part["bId"]}


def _carry_out(realm: Realm, part: Json) -> Json:
    if "Query" in part:
        return {"QueryResponse": answer_statement(realm, str(part["Query"]))}
    named = [name for name in part if name not in ABOUT]
    if len(named) != 1 or named[0].lower() not in ENTITIES:
        raise writes.unsupported(", ".join(named) or "without an entity")
    fields = part[named[0]]
    if not isinstance(fields, dict):
        raise FaultError("2010", f"Property Name:failed to parse json object; {named[0]}")
    entity = ENTITIES[named[0].lower()]
    options = str(part.get("optionsData", ""))
    operation = "void" if options == "void" else str(part.get("operation", "")).lower()
    shown = writes.write(realm, entity, operation, fields, options)
    if operation == "create":
        realm.unseen.add((entity.name, shown["Id"]))
    return {entity.name: shown}
