"""Answers select statements over a realm's objects.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
Only filterable properties may be named (4001). Lists hide inactive rows unless the statement
speaks of Active. Text is compared without regard to case, references by their id, times as
instants. Unless told otherwise, rows of a list come by name and transactions newest first, as
recorded replies have them; `maxResults` in the reply is the number returned.
"""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from qbo_simulator.entities import ENTITIES, SINGLE, SINGLE_NAMES
from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError
from qbo_simulator.query_language import Condition, Query, parse_query
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

Comparable = str | Decimal | bool | datetime | None
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def answer_statement(realm: Realm, statement: str) -> Json:
    """Give the QueryResponse of a statement as it came.

    Raises:
        FaultError: 4000 or 4001 where it cannot be parsed or names what does not exist.
    """
    query = parse_query(statement)
    name = query.entity.lower()
    if name in SINGLE:
        shown = SINGLE[name](realm)
        return {SINGLE_NAMES[name]: [shown], "startPosition": 1, "maxResults": 1}
    if name not in ENTITIES:
        raise FaultError("4001", f"QueryValidationError: Entity {query.entity} is unknown")
    return answer_query(realm, ENTITIES[name], query)


def answer_query(realm: Realm, entity: Entity, query: Query) -> Json:
    """Give the QueryResponse of a parsed statement over one entity."""
    _check_names(entity, query)
    rows = [row for row in _rows(realm, entity, query) if _holds_all(query, row)]
    if query.count:
        return {"totalCount": len(rows)}
    rows.sort(key=_usual_place)
    for order in reversed(query.orders):
        rows.sort(key=lambda row: _sort_key(row, order.name), reverse=order.descending)
    page = rows[query.start - 1 : query.start - 1 + query.most]
    if not page:
        return {}
    shown = [_select(row, query.names) for row in page]
    return {entity.name: shown, "startPosition": query.start, "maxResults": len(page)}


def _usual_place(row: Json) -> tuple[int, str, int]:
    """Where a row stands in a statement that says nothing of order."""
    named = row.get("FullyQualifiedName") or row.get("DisplayName") or row.get("Name") or ""
    number = int(row["Id"]) if row["Id"].isdigit() else 0
    if issued := row.get("TxnDate"):
        return -date.fromisoformat(issued).toordinal(), "", -number
    return 0, str(named).casefold(), number


def _rows(realm: Realm, entity: Entity, query: Query) -> Iterable[Json]:
    """The objects that may fit: by id or name at once where the statement names one."""
    stored = realm.objects[entity.name]
    candidates = stored.values() if (named := _named(realm, entity, query)) is None else named
    hides = entity.active and all(each.name.lower() != "active" for each in query.conditions)
    seen = (row for row in candidates if (entity.name, row["Id"]) not in realm.unseen)
    live = (row for row in seen if not hides or row["Active"])
    return (entity.render(realm, row) for row in live)


def _named(realm: Realm, entity: Entity, query: Query) -> list[Json] | None:
    """The one object an equality on an indexed property can mean, or None without such."""
    for condition in query.conditions:
        if condition.operator != "=":
            continue
        if condition.name == "Id":
            found = realm.find(entity.name, condition.values[0])
            return [found] if found else []
        if condition.name == "DisplayName":
            held = realm.find(entity.name, realm.taken_by(condition.values[0]))
            return [held] if held else []
    return None


def _check_names(entity: Entity, query: Query) -> None:
    used = [*(each.name for each in query.conditions), *(each.name for each in query.orders)]
    for name in used:
        if name not in entity.queryable and not (entity.active and name.lower() == "active"):
            raise FaultError(
                "4001",
                f"QueryValidationError: Property {name} not found for Entity {entity.name}",
            )


def _holds_all(query: Query, row: Json) -> bool:
    return all(_holds(condition, _value(row, condition.name)) for condition in query.conditions)


def _holds(condition: Condition, value: Comparable) -> bool:
    if condition.operator == "like":
        return _is_like(str(value or ""), condition.values[0])
    if value is None:
        return False
    wanted = [_like_kind(value, text) for text in condition.values]
    if condition.operator == "in":
        return value in wanted
    return COMPARE[condition.operator](value, wanted[0])


def _value(row: Json, name: str) -> Comparable:
    """A property's value in the form it is compared in."""
    value: object = row
    for part in ("Active" if name.lower() == "active" else name).split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value = value.get("value", value.get("Address"))
    if name == "Id":
        return Decimal(str(value)) if str(value).isdigit() else str(value).casefold()
    if name.startswith("MetaData."):
        return datetime.fromisoformat(str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        return value.casefold()
    return value if isinstance(value, bool | Decimal) else None


def _like_kind(value: Comparable, text: str) -> Comparable:
    """Bring a statement's literal to the kind of the value it is compared with."""
    try:
        match value:
            case bool():
                return text.lower() == "true"
            case Decimal():
                return Decimal(text)
            case datetime():
                moment = datetime.fromisoformat(text)
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            case _:
                return text.casefold()
    except (InvalidOperation, ValueError) as error:
        raise FaultError("4001", f"QueryValidationError: value {text} is invalid") from error


def _is_like(value: str, pattern: str) -> bool:
    parts = (re.escape(part) for part in pattern.casefold().split("%"))
    return re.fullmatch(".*".join(parts), value, flags=re.DOTALL) is not None


def _sort_key(row: Json, name: str) -> tuple[bool, Comparable]:
    value = _value(row, name)
    return (value is not None, value)


def _select(row: Json, names: tuple[str, ...]) -> Json:
    if not names:
        return row
    tops = {name.split(".")[0] for name in names} | {"domain", "sparse", "Id"}
    return {name: value for name, value in row.items() if name in tops}
