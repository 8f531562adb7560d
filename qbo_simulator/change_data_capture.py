"""Change data capture: what has changed in some entities since a moment, deleted objects too.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
The thousand objects of a reply are shared by all entities asked for. A moment long ago is taken: a
sandbox answered for years back, although the page speaks of 30 days. Every entity asked for has an
element, empty where nothing has changed; readers go by key, not by place. What changed last comes
last.
"""

from datetime import UTC, datetime

from qbo_simulator.entities import ENTITIES
from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError, missing
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

MOST_OBJECTS = 1000


def answer_changes(realm: Realm, asked: dict[str, str]) -> Json:
    """Give the one element of a CDCResponse.

    Raises:
        FaultError: 2020 for a missing parameter, 2060 for a time that is none, 4001 for an entity
            that does not exist.
    """
    names = [name.strip() for name in asked.get("entities", "").split(",") if name.strip()]
    if not names:
        raise missing("entities")
    since = _moment(asked.get("changedSince"))
    left = MOST_OBJECTS
    responses: list[Json] = []
    for name in names:
        entity = _entity(name)
        changed = _changed(realm, entity, since)[:left] if entity else []
        left -= len(changed)
        responses.append(_response(entity, changed))
    return {"QueryResponse": responses}


def _entity(name: str) -> Entity | None:
    """The entity of a name; None for one that QuickBooks has and the simulator holds none of."""
    if name.lower() not in ENTITIES and not name.isalpha():
        raise FaultError("4001", f"QueryValidationError: Entity {name} is unknown")
    return ENTITIES.get(name.lower())


def _response(entity: Entity | None, changed: list[Json]) -> Json:
    if entity is None or not changed:
        return {}
    return {entity.name: changed, "startPosition": 1, "maxResults": len(changed)}


def _changed(realm: Realm, entity: Entity, since: datetime) -> list[Json]:
    held = realm.objects[entity.name].values()
    later = [document for document in held if _changed_at(document) >= since]
    kept = [entity.render(realm, document) for document in sorted(later, key=_changed_at)]
    gone = [
        {"domain": "QBO", "status": "Deleted", "Id": each.object_id}
        for each in realm.removed
        if each.kind == entity.name and each.at >= since
    ]
    return [*kept, *gone]


def _changed_at(document: Json) -> datetime:
    return datetime.fromisoformat(document["MetaData"]["LastUpdatedTime"])


def _moment(text: str | None) -> datetime:
    if not text:
        raise missing("changedSince")
    try:
        # A `+` that was not escaped has become a blank on its way.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise FaultError("2060", f"Invalid Date : {text}", element="changedSince") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
