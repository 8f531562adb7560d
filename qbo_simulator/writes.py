"""Create, full update, sparse update, void and delete: what they have in common over all entities.

https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api
A write either happens whole or not at all: everything is checked before the first change.
SyncToken must be the current one (5010); an update that changes nothing leaves it.
"""

from qbo_simulator.clock import stamp
from qbo_simulator.entity import Entity
from qbo_simulator.faults import FaultError, missing, not_found
from qbo_simulator.invoices import ALLOW_DUPLICATE
from qbo_simulator.properties import EMAIL, read_fields
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

SYSTEM = ("Id", "SyncToken", "MetaData", "domain", "sparse", "status")
ADDRESSES = ("BillAddr", "ShipAddr", "ShipFromAddr", "PrimaryAddr")
NOWHERE = {"Lat": "INVALID", "Long": "INVALID"}
"""Where an address is that was not found on the map; nothing here is."""
PLACE = ("Id", "Lat", "Long", "Tag")
MOST_ID = 19
OTHER_USER = "Jane Example"
"""Who is said to have been quicker."""


def write(realm: Realm, entity: Entity, operation: str, body: Json, include: str) -> Json:
    """Carry out one operation and show what came of it.

    Args:
        realm: whose books; its lock is held.
        entity: of what kind.
        operation: create, update, void or delete.
        body: the fields as they came.
        include: the request's `include`, such as `allowduplicatedocnum`.
    """
    match operation:
        case "create":
            return create(realm, entity, body, include)
        case "update":
            return update(realm, entity, body, include)
        case "void":
            return void(realm, entity, body)
        case "delete":
            return delete(realm, entity, body)
        case other:
            raise unsupported(other)


def create(realm: Realm, entity: Entity, body: Json, include: str) -> Json:
    """Create an object and show it."""
    fields = _given(read_fields(entity.properties, body))
    own = {name: value for name, value in fields.items() if name not in SYSTEM}
    document = _complete(realm, entity, _with_include(own, include), None)
    stored = realm.add(entity.name, _place_addresses(realm, document, None))
    entity.after(realm, None, stored)
    return show(realm, entity, stored["Id"])


def update(realm: Realm, entity: Entity, body: Json, include: str) -> Json:
    """Update an object, whole or sparse, and show it."""
    fields = read_fields(entity.properties, body)
    current = _current(realm, entity, fields)
    merged = _merge(entity, current, fields)
    document = _complete(realm, entity, _with_include(merged, include), current)
    system = {name: current[name] for name in ("Id", "SyncToken", "MetaData", "domain", "sparse")}
    placed = {**_place_addresses(realm, document, current), **system}
    if placed != current:
        entity.after(realm, current, realm.change(entity.name, placed))
    return show(realm, entity, current["Id"])


def void(realm: Realm, entity: Entity, body: Json) -> Json:
    """Void a transaction and show what is left of it."""
    if entity.void is None:
        raise unsupported(f"void of {entity.name}")
    current = _current(realm, entity, read_fields(entity.properties, body))
    voided = entity.void(realm, current)
    if entity.name == "Invoice":
        entity.after(realm, current, None)
    if voided != current:
        stored = realm.change(entity.name, voided)
        entity.after(realm, current, stored)
    return show(realm, entity, current["Id"])


def delete(realm: Realm, entity: Entity, body: Json) -> Json:
    """Delete a transaction; the reply names it and says so."""
    if not entity.deletable:
        raise unsupported(f"delete of {entity.name}")
    current = _current(realm, entity, read_fields(entity.properties, body))
    check = entity.check_delete or entity.void
    if check is not None:
        check(realm, current)
    realm.remove(entity.name, current["Id"])
    entity.after(realm, current, None)
    return {"domain": "QBO", "status": "Deleted", "Id": current["Id"]}


def send(realm: Realm, entity: Entity, object_id: str, send_to: str | None) -> Json:
    """Mark an invoice as e-mailed, to its own address or to another; nothing is really sent."""
    if entity.name != "Invoice":
        raise unsupported(f"send of {entity.name}")
    check_id(object_id)
    current = realm.find(entity.name, object_id)
    if current is None:
        raise not_found()
    address = {"Address": send_to} if send_to else current.get("BillEmail")
    if not address:
        raise missing("BillEmail")
    sent = {
        **current,
        "BillEmail": read_fields(EMAIL.properties, address),
        "EmailStatus": "EmailSent",
        "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": stamp(realm.clock.now())},
    }
    return entity.render(realm, realm.change(entity.name, sent))


def show(realm: Realm, entity: Entity, object_id: str) -> Json:
    """Show an object as a reply holds it."""
    return entity.render(realm, realm.objects[entity.name][object_id])


def check_id(object_id: str) -> None:
    """Refuse an id that is no number with 2030."""
    if not (object_id.isascii() and object_id.isdigit() and len(object_id) <= MOST_ID):
        raise FaultError(
            "2030", f"Id should be a valid number. Supplied value:{object_id}", element="Id"
        )


def unsupported(operation: str) -> FaultError:
    """Say that an operation does not exist."""
    return FaultError("500", f"Operation {operation} is not supported.")


def _complete(realm: Realm, entity: Entity, fields: Json, current: Json | None) -> Json:
    if entity.complete is None:
        raise unsupported(f"write of {entity.name}")
    return _given(entity.complete(realm, fields, current))


def _current(realm: Realm, entity: Entity, fields: Json) -> Json:
    object_id, token = fields.get("Id"), fields.get("SyncToken")
    if object_id is None:
        raise missing("Id")
    check_id(object_id)
    if token is None:
        raise missing("SyncToken")
    current = realm.find(entity.name, object_id)
    if current is None:
        raise not_found()
    if token != current["SyncToken"]:
        raise FaultError(
            "5010",
            f"Stale Object Error : You and {OTHER_USER} were working on this at the same time. "
            f"{OTHER_USER} finished before you did, so your work was not saved.",
        )
    return current


def _merge(entity: Entity, current: Json, fields: Json) -> Json:
    """Lay the sent fields over the current ones; a full update clears what it leaves out."""
    sent = {name: value for name, value in fields.items() if name not in SYSTEM}
    if fields.get("sparse"):
        stays = {name: value for name, value in current.items() if name not in SYSTEM}
        never_cleared = {"DisplayName", "PrintOnCheckName"}
        kept = {name for name in never_cleared if sent.get(name) in {None, ""}}
        return _given({**stays, **{k: v for k, v in sent.items() if k not in kept}})
    stays = {name: current[name] for name in entity.kept if name in current}
    return {**stays, **_given(sent)}


def _given(fields: Json) -> Json:
    """The fields that hold anything; a group of nothing but nulls, such as a phone's, is none."""
    held = {name: _without_nulls(value) for name, value in fields.items()}
    return {name: value for name, value in held.items() if value is not None}


def _without_nulls(value: object) -> object:
    if not isinstance(value, dict) or None not in value.values():
        return value
    return {key: each for key, each in value.items() if each is not None} or None


def _with_include(fields: Json, include: str) -> Json:
    return {**fields, ALLOW_DUPLICATE: True} if ALLOW_DUPLICATE in include.lower() else fields


def _place_addresses(realm: Realm, document: Json, current: Json | None) -> Json:
    """Give each address its own Id, and leave one that says the same as before untouched."""
    placed = {
        name: _place(realm, document[name], (current or {}).get(name))
        for name in ADDRESSES
        if document.get(name)
    }
    return {**document, **placed}


def _place(realm: Realm, address: Json, before: Json | None) -> Json:
    lines = {name: value for name, value in address.items() if name not in PLACE and value}
    if before is not None and lines == {k: v for k, v in before.items() if k not in PLACE}:
        return before
    return {"Id": address.get("Id") or realm.next_address_id(), **lines, **NOWHERE}
