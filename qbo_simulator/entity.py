"""What the simulator must know of an entity to serve it; each entity's module fills one in."""

from collections.abc import Callable
from dataclasses import dataclass

from qbo_simulator.properties import Properties
from qbo_simulator.realm import Realm
from qbo_simulator.wire import Json

Complete = Callable[[Realm, Json, Json | None], Json]
"""Turns fields (a create's, or merged into the current document) into a document, or refuses."""
After = Callable[[Realm, Json | None, Json | None], None]
"""Carries a change (old, new) into other objects."""
Render = Callable[[Realm, Json], Json]
Void = Callable[[Realm, Json], Json]


def nothing_follows(realm: Realm, old: Json | None, new: Json | None) -> None:
    """Change no other object."""
    del realm, old, new


def as_stored(realm: Realm, document: Json) -> Json:
    """Show a document as it is stored."""
    del realm
    return document


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: its properties and its rules.

    `kept` are the properties a full update may leave out without clearing them. `queryable` are the
    properties a query may name. `active` says that rows are hidden from queries once made inactive.
    `check_delete` refuses what may not be deleted; without it, what may not be voided may not be
    deleted either.
    """

    name: str
    properties: Properties
    complete: Complete | None
    queryable: frozenset[str]
    kept: frozenset[str] = frozenset()
    after: After = nothing_follows
    render: Render = as_stored
    void: Void | None = None
    check_delete: Void | None = None
    deletable: bool = False
    active: bool = False
