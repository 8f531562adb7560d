"""What a realm has been through: its objects, its calls, its peaks, and what it holds twice."""

import re
from collections import Counter
from collections.abc import Hashable, Iterator

from qbo_simulator.realm import TRANSACTION_KINDS, Realm
from qbo_simulator.wire import Json

SOURCE_NOTE = re.compile(r"ProLine (?:invoice|payment) \S+")


def report_realm(realm: Realm) -> Json:
    """Report on one realm; `duplicates` counts the surplus objects, by kind and in all."""
    with realm.lock:
        objects = {kind: len(held) for kind, held in realm.objects.items() if held}
        duplicates = {kind: count_duplicates(realm, kind) for kind in realm.objects}
        counted = {
            "company_name": realm.settings.company_name,
            "objects": objects,
            "duplicates": sum(duplicates.values()),
            "duplicates_by_kind": {kind: each for kind, each in duplicates.items() if each},
            "refreshes": realm.refreshes,
        }
    with realm.throttle_lock:
        throttle = realm.throttle
        return {
            **counted,
            "reads": realm.reads,
            "writes": realm.writes,
            "refused": realm.refused,
            "replays": realm.replays,
            "throttled": throttle.throttled,
            "in_flight": throttle.in_flight,
            "most_in_flight": throttle.most_in_flight,
            "most_in_1s": throttle.most_in_1s,
            "most_in_60s": throttle.most_in_60s,
        }


def count_duplicates(realm: Realm, kind: str) -> int:
    """Count the objects of one kind that say the same as an earlier one.

    Two objects are the same when they share a DisplayName, a DocNumber, or the ProLine record that
    their notes name under one customer. Voided ones are no duplicates of what replaced them.
    """
    seen: Counter[Hashable] = Counter()
    surplus = 0
    for document in realm.objects[kind].values():
        identities = list(_identities(kind, document))
        surplus += any(seen[identity] for identity in identities)
        seen.update(identities)
    return surplus


def _identities(kind: str, document: Json) -> Iterator[Hashable]:
    note = document.get("PrivateNote") or ""
    if kind in TRANSACTION_KINDS and note.startswith("Voided"):
        return
    if name := document.get("DisplayName"):
        yield "name", name.casefold()
    if number := document.get("DocNumber"):
        yield "number", number
    if source := SOURCE_NOTE.search(note):
        yield "source", source.group(), document["CustomerRef"]["value"]
