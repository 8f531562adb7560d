"""What people do in QuickBooks itself, for tests and demos: no token, no throttle, not in the log.

Edits, voids, deletes, deposits and inactive rows are the API's own writes under the current
SyncToken. Merging two customers and a payment's settlement have no API and are done here.
"""

from qbo_simulator import writes
from qbo_simulator.entities import ENTITIES
from qbo_simulator.faults import FaultError
from qbo_simulator.properties import reference
from qbo_simulator.realm import TRANSACTION_KINDS, Realm
from qbo_simulator.wire import Json


def do_by_hand(realm: Realm, body: Json) -> Json:
    """Do one thing as a person would; gives the object as it is then.

    Args:
        realm: whose books; its lock is held.
        body: `operation` (create, update, void, delete), `entity`, and `fields` with the `Id` of
            what is there; an update is sparse unless it says otherwise.

    Raises:
        ValueError: the order is malformed, or QuickBooks refuses it; the text says why.
    """
    operation, name = str(body["operation"]).lower(), str(body["entity"])
    fields = body.get("fields", {})
    if name.lower() not in ENTITIES or not isinstance(fields, dict):
        raise ValueError(f"There is no entity {name}, or fields is no object.")
    entity = ENTITIES[name.lower()]
    current = realm.find(entity.name, fields.get("Id"))
    if operation != "create" and current is None:
        raise ValueError(f"There is no {entity.name} {fields.get('Id')}.")
    if current is not None:
        sparse = {"sparse": True} if operation == "update" else {}
        fields = {**sparse, **fields, "SyncToken": current["SyncToken"]}
    try:
        return writes.write(realm, entity, operation, fields, "")
    except FaultError as fault:
        raise ValueError(f"{fault.code}: {fault.detail}") from fault


def merge_customers(realm: Realm, body: Json) -> Json:
    """Merge the customer `from` into the customer `into`; gives the one that is left.

    Its transactions and jobs go over, its name is free, and its id is not found any more (610).

    Raises:
        ValueError: one of the two does not exist, or both are the same, or it is a job's own job.
    """
    gone, left = (realm.find("Customer", str(body[name])) for name in ("from", "into"))
    if gone is None or left is None or gone["Id"] == left["Id"]:
        raise ValueError("from and into are the ids of two customers.")
    if reference(left, "ParentRef") == gone["Id"]:
        raise ValueError("A customer cannot be merged into its own job.")
    for kind in TRANSACTION_KINDS:
        for document in list(realm.objects[kind].values()):
            if document["CustomerRef"]["value"] == gone["Id"]:
                realm.change(kind, {**document, "CustomerRef": {"value": left["Id"]}})
    for job in [realm.objects["Customer"][each] for each in realm.children.get(gone["Id"], {})]:
        realm.change("Customer", {**job, "ParentRef": {"value": left["Id"]}})
    realm.remove("Customer", gone["Id"])
    return writes.show(realm, ENTITIES["customer"], left["Id"])


def settle_payment(realm: Realm, body: Json) -> Json:
    """Mark a payment as charged and settled, so that it cannot be voided (6450).

    Raises:
        ValueError: there is no such payment.
    """
    payment = str(body["payment"])
    if realm.find("Payment", payment) is None:
        raise ValueError(f"There is no payment {payment}.")
    realm.settled.add(payment)
    return {"settled": payment}
