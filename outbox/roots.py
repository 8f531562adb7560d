"""Declares which mapped classes make up which records.

A record's root is the row whose lock orders its events: the invoice for its lines, the payment for
its allocations. A part is any other row that the root's snapshot is made of.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, select, tuple_
from sqlalchemy.orm import Mapper, class_mapper

from schemas import Entity

Snapshots = Mapping[Any, tuple[str, dict[str, Any]]]
"""By the root's primary key: the id of its company, and its snapshot."""


@dataclass(frozen=True, slots=True)
class Part:
    """A mapped class whose rows are told of in the snapshot of a root.

    `owner` is the attribute that holds the root's primary key, or a function that reads the primary
    keys of the roots from the database, given the primary keys of changed parts.

    Weakness of the function: it sees what is committed. A root that begins to depend on a part in
    one transaction, while another changes that part, may tell of the part as it was before.
    """

    mapped: type[Any]
    _: KW_ONLY
    owner: str | Callable[[Connection, Collection[Any]], Collection[Any]]

    @property
    def mapper(self) -> Mapper[Any]:
        """SQLAlchemy's own description of the class."""
        return class_mapper(self.mapped)

    def owners(self, connection: Connection, keys: Collection[tuple[Any, ...]]) -> set[Any]:
        """Read which roots the rows with these primary keys belong to now; gone rows to none."""
        if callable(self.owner):
            return set(self.owner(connection, [key for (key,) in keys]))
        owner = self.mapper.columns[self.owner]
        return set(connection.scalars(select(owner).where(self._are(keys)))) - {None}

    def locked_owners(self, connection: Connection, key: tuple[Any, ...]) -> set[Any]:
        """Read the same for one row, and hold it there until the transaction ends."""
        row = select(*self.mapper.primary_key).where(self._are([key]))
        connection.execute(row.with_for_update(key_share=True))
        return self.owners(connection, [key])

    def _are(self, keys: Collection[tuple[Any, ...]]) -> ColumnElement[bool]:
        return tuple_(*self.mapper.primary_key).in_(keys)


@dataclass(frozen=True, slots=True)
class Root:
    """A mapped class whose rows are records of one entity; its primary key is the record's id.

    `snapshots` reads, over the connection it is given, the snapshots of the roots with these
    primary keys as they are in the database now. A root it leaves out gets no event.
    """

    mapped: type[Any]
    _: KW_ONLY
    entity: Entity | str
    snapshots: Callable[[Connection, list[Any]], Snapshots]
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        """Refuse, when ProLine starts, what could not be captured when it commits."""
        object.__setattr__(self, "entity", Entity(self.entity))
        _check_key(self.mapper)
        for part in self.parts:
            _check_owner(part)

    @property
    def mapper(self) -> Mapper[Any]:
        """SQLAlchemy's own description of the class."""
        return class_mapper(self.mapped)

    @property
    def key(self) -> ColumnElement[Any]:
        """The primary key's column."""
        return self.mapper.primary_key[0]

    @property
    def classes(self) -> frozenset[type[Any]]:
        """Every mapped class whose change changes the snapshot."""
        return frozenset({self.mapped, *(part.mapped for part in self.parts)})

    @property
    def tables(self) -> frozenset[FromClause]:
        """Every table whose change changes the snapshot."""
        return frozenset(table for each in self.classes for table in class_mapper(each).tables)


def _check_key(mapper: Mapper[Any]) -> None:
    if len(mapper.primary_key) != 1:
        raise ValueError(f"{mapper.class_.__name__} needs one primary key column to be captured.")


def _check_owner(part: Part) -> None:
    if callable(part.owner):
        _check_key(part.mapper)
    elif part.owner not in part.mapper.columns:
        raise ValueError(f"{part.mapped.__name__} has no column attribute {part.owner!r}.")
