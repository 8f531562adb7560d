"""Replays one exchange in a company prepared for it, and says how the simulator's reply differs.

A refusal is first asked for as it was recorded; where the request was not recorded, by one that
brings that refusal about. Codes that the simulator never gives by itself are given on demand, so
that at least their envelope is compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from qbo_simulator.check.compare import Difference, compare
from qbo_simulator.check.fields import writable
from qbo_simulator.check.provoke import provoke, reply_of_fault
from qbo_simulator.check.recordings import Exchange
from qbo_simulator.check.shapes import Shape, shape_of
from qbo_simulator.check.stage import Stage
from qbo_simulator.entities import ENTITIES, SINGLE_NAMES
from qbo_simulator.reading import read_call, statement_of
from qbo_simulator.wire import Json, Request, Response, parse_json, to_json
from qbo_simulator.xml_format import as_xml_response, read_xml

OK = 200
REFUSED = 400


class LeftOut(Exception):
    """An exchange about something that the simulator leaves out; the text says what."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The recorded and the replayed document, and both statuses."""

    recorded: object
    response: Response
    document: object
    problems: tuple[str, ...] = ()


def replay(exchange: Exchange) -> list[Difference]:
    """Replay an exchange and give the differences.

    Raises:
        LeftOut: it is about an entity or a path that the simulator leaves out.
    """
    shape = replace(shape_of(exchange), xml=exchange.is_xml)
    replayed = _replay(exchange, shape)
    status = exchange.status
    found: list[Difference] = []
    if status is not None and replayed.response.status != status:
        detail = f"recorded is {status}, the simulator gives {replayed.response.status}"
        text = replayed.response.body.decode(errors="replace")
        told = f": {text}" if replayed.response.status >= REFUSED else ""
        found.append(Difference("status", "status", detail + told))
    found += _compare_headers(exchange, replayed.response)
    found += [Difference("prepared", "value", problem) for problem in replayed.problems]
    return [*found, *compare(replayed.recorded, replayed.document)]


def _compare_headers(exchange: Exchange, response: Response) -> Iterator[Difference]:
    """Intuit's transaction id, and what kind of text the body is."""
    told = {name.lower() for name, _ in response.headers}
    if "intuit-tid" in exchange.headers and "intuit-tid" not in told:
        yield Difference("Intuit-Tid", "missing", "header")
    recorded = exchange.headers.get("content-type", "").partition(";")[0]
    given = response.content_type.partition(";")[0]
    if recorded and recorded != given and {recorded, given} != {"text/xml", "application/xml"}:
        detail = f"recorded is {recorded}, the simulator gives {given}"
        yield Difference("Content-Type", "value", detail)


def _replay(exchange: Exchange, shape: Shape) -> Replayed:
    if shape.kind == "fault":
        response = provoke(exchange, shape)
        return Replayed(shape.document, response, reply_of_fault(response))
    if shape.kind == "edge":
        return Replayed({}, _edge(exchange), {})
    if shape.kind == "token":
        return _token(shape)
    replayers = {"query": _query, "cdc": _changes, "batch": _batch, "object": _object}
    return replayers[shape.kind](exchange, shape)


def _edge(exchange: Exchange) -> Response:
    """A page without a word of QuickBooks', given on demand."""
    stage = Stage(None, None, None)
    then: Json = {"status": exchange.status, ("html" if exchange.body else "empty"): True}
    stage.control("faults", {"match": {}, "then": then})
    return stage.call("GET", "/preferences")


def _object(exchange: Exchange, shape: Shape) -> Replayed:
    entity, shown = shape.entity, shape.shown
    if entity.lower() in SINGLE_NAMES:
        if exchange.method == "POST":
            raise LeftOut(f"writing {entity}")
        stage = Stage(None, shape.document, exchange.status)
        last = f"/{stage.realm_id}" if entity == "CompanyInfo" else ""
        return _answered(shape, stage.call("GET", f"/{entity.lower()}{last}"), stage)
    if entity.lower() not in ENTITIES:
        raise LeftOut(entity)
    body = _sent(exchange)
    stage = Stage(body, shape.document, exchange.status)
    stage.prepare(shown, body or {})
    return _answered(shape, _call_for(exchange, shape, stage, body), stage)


def _call_for(exchange: Exchange, shape: Shape, stage: Stage, body: Json | None) -> Response:
    """Do what brought the object about: read, create, update, void or delete it."""
    entity, shown = shape.entity, dict(shape.shown)
    operation = _operation(exchange)
    kind = ENTITIES[entity.lower()]
    if operation is None and "Id" not in shown:
        stage.prepare_parents(shown)
        fields = writable(kind, shown)
        stage.free_name(entity, fields)
        return stage.call("POST", f"/{entity.lower()}", to_json(fields))
    if operation == "create":
        stage.prepare_parents(body or {})
        stage.free_name(entity, body or {})
        return stage.call("POST", _path(exchange), to_json(body))
    sent = body or {}
    given = shown | ({"CustomerRef": {"value": "1"}} if operation == "delete" else {})
    token = str(sent["SyncToken"]) if "SyncToken" in sent else None
    if operation == "delete":
        given |= _smallest(entity)
        stage.prepare(given)
    stage.put(entity, given, token)
    if operation in {None, "read"}:
        return stage.call("GET", f"/{entity.lower()}/{shown.get('Id')}")
    return stage.call("POST", _path(exchange), to_json(body))


def _smallest(entity: str) -> Json:
    """What a deleted object must at least have been."""
    line = {
        "Amount": 1,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    more: dict[str, Json] = {"Invoice": {"Line": [line]}, "Payment": {"TotalAmt": 1}}
    return more.get(entity, {})


def _query(exchange: Exchange, shape: Shape) -> Replayed:
    statement = _statement(exchange) or _statement_for(shape)
    if shape.entity and shape.entity.lower() not in {*ENTITIES, *SINGLE_NAMES}:
        raise LeftOut(shape.entity)
    stage = Stage(None, shape.document, exchange.status)
    for row in shape.rows:
        stage.put(shape.entity, row)
    return _answered(shape, stage.call("GET", f"/query?query={quote(statement)}"), stage)


def _changes(exchange: Exchange, shape: Shape) -> Replayed:
    stage = Stage(None, shape.document, exchange.status)
    kinds = {kind: rows for kind, rows in shape.lists.items() if kind.lower() in ENTITIES}
    if shape.lists and not kinds:
        raise LeftOut(", ".join(shape.lists))
    for kind, rows in kinds.items():
        for row in rows:
            stage.put(kind, row)
            if row.get("status") == "Deleted":
                stage.realm.remove(kind, str(row.get("Id")))
    asked = urlsplit(exchange.target).query or (
        f"entities={','.join(kinds) or 'Customer'}&changedSince=2001-01-01"
    )
    return _answered(shape, stage.call("GET", f"/cdc?{asked}"), stage)


def _batch(exchange: Exchange, shape: Shape) -> Replayed:
    sent = {str(part.get("bId")): part for part in _parts(exchange)}
    stage = Stage(sent, shape.document, exchange.status)
    kept, parts = [], []
    for answered in shape.rows:
        part = sent.get(str(answered.get("bId"))) or _part_for(answered)
        named = next((name for name in part if name.lower() in ENTITIES), None)
        if part and (named or "Query" in part):
            _prepare_part(stage, part, answered, named)
            parts.append(part)
            kept.append(answered)
    if not parts:
        raise LeftOut("every part of the batch")
    response = stage.call("POST", "/batch", to_json({"BatchItemRequest": parts}))
    whole = replace(shape, document={**shape.document, "BatchItemResponse": kept})
    return _answered(whole, response, stage)


def _prepare_part(stage: Stage, part: Json, answered: Json, named: str | None) -> None:
    for kind, rows in _rows_in(answered.get("QueryResponse", {})).items():
        for row in rows if kind.lower() in ENTITIES else ():
            stage.put(kind, row)
    if named is None:
        return
    stage.prepare(part[named])
    codes = {each.get("code") for each in answered.get("Fault", {}).get("Error", ())}
    if part.get("operation") in {"update", "delete"} and "610" not in codes:
        shown = {**_smallest(named), **answered.get(named, {}), **part[named]}
        stale = {"SyncToken": "99"} if "5010" in codes else {}
        stage.put(named, {"CustomerRef": {"value": "1"}, **shown, **stale})


def _rows_in(response: Mapping[str, object]) -> dict[str, list[Json]]:
    return {kind: rows for kind, rows in response.items() if isinstance(rows, list)}


def _part_for(answered: Json) -> Json:
    """A part that would be answered so, where the request was not recorded."""
    for name, shown in answered.items():
        if name.lower() in ENTITIES and isinstance(shown, dict):
            fields = writable(ENTITIES[name.lower()], shown)
            return {"bId": answered.get("bId", "1"), "operation": "create", name: fields}
    return {}


def _token(shape: Shape) -> Replayed:
    stage = Stage(None, None, None)
    form = f"grant_type=authorization_code&code={stage.authorization_code()}&client_id=check"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = Request("POST", "/oauth2/v1/tokens/bearer", headers, form.encode())
    return _answered(shape, stage.simulator.handle(request), stage)


def _answered(shape: Shape, response: Response, stage: Stage) -> Replayed:
    problems = tuple(stage.problems)
    if shape.xml:
        given = as_xml_response(response)
        return Replayed(shape.document, given, read_xml(given.body), problems)
    document: object = parse_json(response.body)
    if shape.bare and isinstance(document, dict):
        document = document.get(shape.entity, document)
    return Replayed(shape.document, response, document, problems)


def _sent(exchange: Exchange) -> Json | None:
    try:
        return parse_json(exchange.request_body) if exchange.request_body else None
    except ValueError:
        return None


def _operation(exchange: Exchange) -> str | None:
    if exchange.method is None:
        return None
    target = "/v3/company/1" + _path(exchange)
    call = read_call(Request(exchange.method, target, {}, exchange.request_body))
    return call.operation if call else None


def _path(exchange: Exchange) -> str:
    """A recorded target below its company; recorders often leave the company out."""
    parts = urlsplit(exchange.target)
    path = parts.path.partition("/v3")[2] or parts.path
    if path.startswith("/company/"):
        path = "/" + path.removeprefix("/company/").partition("/")[2]
    return f"{path}?{parts.query}" if parts.query else path


def _statement_for(shape: Shape) -> str:
    """A statement that is answered so, where it was not recorded."""
    counts = "totalCount" in shape.document["QueryResponse"] and not shape.rows
    return f"select {'count(*)' if counts else '*'} from {shape.entity or 'Customer'}"


def _statement(exchange: Exchange) -> str:
    if exchange.method is None:
        return ""
    request = Request(exchange.method, exchange.target, {}, exchange.request_body)
    return statement_of(request)


def _parts(exchange: Exchange) -> list[Json]:
    sent = (_sent(exchange) or {}).get("BatchItemRequest", [])
    return sent if isinstance(sent, list) else []
