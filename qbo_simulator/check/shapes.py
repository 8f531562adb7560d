"""What a recorded reply is: an object, rows, a batch, changes, tokens or a fault, and in what form.

A fault of any envelope becomes its code, type, envelope and keys in `document`, so that all are
compared by one measure; everything else is compared as it stands.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from qbo_simulator.check.recordings import Exchange, NoRecording
from qbo_simulator.entities import ENTITIES, SINGLE_NAMES
from qbo_simulator.wire import Json

SIGNS = (
    ("CompanyInfo", {"CompanyName", "LegalAddr"}),
    ("Preferences", {"AccountingInfoPrefs"}),
    ("Payment", {"UnappliedAmt"}),
    ("Invoice", {"Line", "CustomerRef", "DueDate"}),
    ("Deposit", {"Line", "DepositToAccountRef"}),
    ("Account", {"AccountType"}),
    ("Vendor", {"Vendor1099"}),
    ("Employee", {"BillableTime"}),
    ("Customer", {"BillWithParent"}),
    ("Item", {"FullyQualifiedName", "UnitPrice"}),
    ("Term", {"DueDays"}),
    ("TaxCode", {"TaxGroup"}),
    ("TaxRate", {"RateValue"}),
    ("PaymentMethod", {"Name", "Type"}),
)
"""Properties by which an object without its name around it is known."""
REFUSED = 400
ENVELOPES = ("time", "schemaLocation", "xmlns")
DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
"""A recording has none; refusing it keeps the parser from expanding entities."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A recorded reply.

    `kind` is object, query, cdc, batch, token, fault, or edge: a refusal that says nothing, as
    gateways give. `bare`: the object stands without its name around it. `xml`: everything in it is
    text.
    """

    kind: str
    document: Json
    entity: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[Json, ...] = ()
    lists: Mapping[str, list[Json]] = field(default_factory=dict)
    bare: bool = False
    xml: bool = False


def shape_of(exchange: Exchange) -> Shape:
    """Say what an exchange's reply is.

    Raises:
        NoRecording: it is nothing that QuickBooks answers.
    """
    fault = fault_in(exchange.body)
    if fault is not None:
        return Shape("fault", fault)
    reply = exchange.reply
    if reply is not None:
        return _told(reply)
    if (exchange.status or 0) < REFUSED:
        raise NoRecording("its reply is no JSON object and no fault")
    return Shape("edge", {})


def _told(reply: Json) -> Shape:
    if "access_token" in reply:
        return Shape("token", reply)
    if isinstance(reply.get("QueryResponse"), dict):
        return _rows(reply)
    if isinstance(reply.get("CDCResponse"), list):
        return _changes(reply)
    if isinstance(reply.get("BatchItemResponse"), list):
        return Shape("batch", reply, rows=tuple(reply["BatchItemResponse"]))
    return _object(reply)


def fault_in(body: bytes) -> Json | None:
    """The fault of a reply in any of its envelopes, or None; a batch's parts are no fault of it."""
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
    if text.startswith("<"):
        return _fault_in_xml(text)
    try:
        reply = json.loads(text)
    except ValueError:
        return None
    if not isinstance(reply, dict):
        return None
    for name, envelope in (("Fault", "upper case"), ("fault", "lower case")):
        if isinstance(reply.get(name), dict):
            return _fault_in_json(reply, reply[name], envelope)
    if isinstance(reply.get("error"), str):
        return {"code": reply["error"], "envelope": "oauth", "keys": {"error": True}}
    return None


def _fault_in_json(reply: Json, fault: Json, envelope: str) -> Json:
    errors = fault.get("Error", fault.get("error"))
    listed = errors if isinstance(errors, list) else [errors]
    first = next((each for each in listed if isinstance(each, dict)), {})
    return {
        "code": str(first.get("code")),
        "type": fault.get("type"),
        "keys": dict.fromkeys(reply, True),
        "error_keys": dict.fromkeys(first, True),
        "envelope": envelope,
    }


def _fault_in_xml(text: str) -> Json | None:
    if DOCTYPE.search(text):
        return None
    try:
        root = ET.fromstring(text)  # noqa: S314  # without a DTD, as the line above sees to
    except ET.ParseError:
        return None
    found = [each for each in root.iter() if each.tag.rpartition("}")[2] == "Fault"]
    if not found:
        return None
    if any(each.tag.rpartition("}")[2] == "BatchItemResponse" for each in root.iter()):
        return None
    errors = [each for each in found[0] if each.tag.rpartition("}")[2] == "Error"]
    first = errors[0] if errors else found[0]
    return {
        "code": str(first.get("code")).lstrip("0"),
        "type": found[0].get("type"),
        "keys": {each.tag.rpartition("}")[2]: True for each in first},
        "envelope": "xml",
    }


def _rows(reply: Json) -> Shape:
    response = reply["QueryResponse"]
    lists = {n: rows for n, rows in response.items() if isinstance(rows, list)}
    lists |= {n: [row] for n, row in response.items() if isinstance(row, dict)}
    entity = next(iter(lists), "")
    return Shape("query", reply, entity, rows=tuple(lists.get(entity, ())))


def _changes(reply: Json) -> Shape:
    parts = [part.get("QueryResponse", []) for part in reply["CDCResponse"]]
    responses = [each for part in parts for each in (part if isinstance(part, list) else [part])]
    lists = {
        name: rows for each in responses for name, rows in each.items() if isinstance(rows, list)
    }
    return Shape("cdc", reply, lists=lists)


def _object(reply: Json) -> Shape:
    named = [name for name in reply if name not in ENVELOPES]
    if len(named) == 1 and isinstance(reply[named[0]], dict):
        return Shape("object", reply, _proper(named[0]), reply[named[0]])
    for entity, signs in SIGNS:
        if signs <= set(reply):
            return Shape("object", reply, entity, reply, bare=True)
    raise NoRecording(f"its reply is nothing known: {', '.join(named[:5])}")


def _proper(name: str) -> str:
    known = {**{key: each.name for key, each in ENTITIES.items()}, **SINGLE_NAMES}
    return known.get(name.lower(), name)
