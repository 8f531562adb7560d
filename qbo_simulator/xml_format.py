"""The same API in XML: requests become the JSON they stand for, replies the XML of their JSON.

Old client libraries speak XML; the schema is that of the JSON (namespace
`http://schema.intuit.com/finance/v3`). A reference is an element whose text is the id and whose
`name` is an attribute; `domain`, `sparse`, `bId` and the counts of a query are attributes too.
Pure. Everything read from XML is text; the entities' properties read it as numbers and flags.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from qbo_simulator.wire import XML_TYPE, Json, Request, Response, parse_json, to_json

NAMESPACE = "http://schema.intuit.com/finance/v3"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
LISTS = frozenset(
    {
        "BatchItemRequest",
        "BatchItemResponse",
        "CDCResponse",
        "CustomField",
        "Error",
        "Line",
        "LinkedTxn",
        "NameValue",
        "TaxLine",
        "TaxRateDetail",
    }
)
"""Elements that stand in a list even where there is one of them."""
TEXTS = frozenset({"CustomerMemo"})
"""Elements that are written like references."""
ATTRIBUTES = frozenset(
    {
        "bId",
        "code",
        "domain",
        "element",
        "maxResults",
        "operation",
        "sparse",
        "startPosition",
        "status",
        "totalCount",
        "type",
    }
)


def wants_xml(request: Request) -> bool:
    """Whether a request asks for XML and not for JSON."""
    accept = request.headers.get("accept", "").lower()
    return "xml" in accept and "json" not in accept


def as_json_request(request: Request) -> Request:
    """Give a request with an XML body the JSON body it stands for; any other as it is.

    A body that is no XML is left, and refused as broken JSON.
    """
    if "xml" not in request.headers.get("content-type", "").lower() or not request.body:
        return request
    try:
        return replace(request, body=to_json(read_xml(request.body)))
    except ValueError:
        return request


def as_xml_response(response: Response) -> Response:
    """Give a JSON answer as XML; any other as it is."""
    if not response.content_type.startswith("application/json") or not response.body:
        return response
    body = parse_json(response.body)
    if "fault" in body:
        fault = body["fault"]
        body = {"Fault": {"type": fault["type"], "Error": [_capital(e) for e in fault["error"]]}}
    time = f" time={quoteattr(str(body['time']))}" if "time" in body else ""
    inner = "".join(_written(name, value) for name, value in body.items() if name != "time")
    text = f'{HEAD}\n<IntuitResponse xmlns="{NAMESPACE}"{time}>{inner}</IntuitResponse>\n'
    return replace(response, body=text.encode(), content_type=XML_TYPE)


def read_xml(body: bytes) -> Json:
    """Read an XML document as the JSON it stands for: what is below its root.

    Raises:
        ValueError: it is no XML, or has a document type.
    """
    text = body.decode("utf-8")
    if DOCTYPE.search(text):
        raise ValueError("A document type has no place here.")
    try:
        root = ET.fromstring(text)  # noqa: S314  # without a document type, as seen to above
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    return _read_children(root)


def _capital(error: Json) -> Json:
    names = {"message": "Message", "detail": "Detail"}
    return {names.get(name, name): value for name, value in error.items()}


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _read_children(element: ET.Element) -> Json:
    kept = {name: value for name, value in element.attrib.items() if name in ATTRIBUTES}
    read: Json = dict(kept)
    for child in element:
        name = _name(child)
        value = _read(child)
        if name in LISTS or name in read:
            before = read.get(name, [])
            read[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            read[name] = value
    return read


def _read(element: ET.Element) -> Any:  # noqa: ANN401  # any JSON
    name, text = _name(element), (element.text or "").strip()
    if len(element):
        return _read_children(element)
    if name.endswith("Ref") or name in TEXTS:
        named = {"name": element.attrib["name"]} if "name" in element.attrib else {}
        return {"value": text, **named} if text else None
    if not text and (name.endswith("Detail") or name == "QueryResponse"):
        return {n: v for n, v in element.attrib.items() if n in ATTRIBUTES}
    return [] if name in LISTS and not text else text


def _written(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_written(name, each) for each in value)
    if value is None:
        return ""
    if not isinstance(value, Mapping):
        return f"<{name}>{escape(_text(value))}</{name}>"
    if "value" in value and (name.endswith("Ref") or name in TEXTS):
        named = f" name={quoteattr(str(value['name']))}" if "name" in value else ""
        return f"<{name}{named}>{escape(_text(value['value']))}</{name}>"
    if name == "LineEx":
        inner = "".join(_written("NameValue", each["value"]) for each in value.get("any", ()))
        return f"<{name}>{inner}</{name}>"
    told = "".join(f" {key}={quoteattr(text)}" for key, text in _attributes(value))
    below = ((key, each) for key, each in value.items() if not _is_attribute(key, each))
    inner = "".join(_written(key, each) for key, each in below)
    return f"<{name}{told}>{inner}</{name}>"


def _attributes(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, each in value.items():
        if _is_attribute(key, each) and each is not None:
            yield key, _text(each)


def _is_attribute(name: str, value: object) -> bool:
    return name in ATTRIBUTES and not isinstance(value, Mapping | list)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
