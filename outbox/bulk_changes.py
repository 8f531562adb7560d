"""Asks of every bulk statement on a captured table which records it changes.

A bulk INSERT, UPDATE or DELETE leaves no trace in the session, so the caller names the roots:

    session.execute(update(Invoice).where(...), execution_options={"captured_ids": ["inv-1"]})

A table that several roots are made of needs them by entity: `{"project": [...], "invoice": []}`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import UpdateBase
from sqlalchemy.orm import ORMExecuteState

from outbox.errors import BulkChangeNotNamed
from outbox.roots import Root

OPTION = "captured_ids"


def named_roots(state: ORMExecuteState, roots: Sequence[Root]) -> Iterator[tuple[Root, list[Any]]]:
    """Give each root the statement changes, with the ids its caller names.

    Raises:
        BulkChangeNotNamed: The statement changes a captured table and names no ids.
    """
    if isinstance(state.statement, UpdateBase):
        table = state.statement.table
        changed = [root for root in roots if table in root.tables]
        for root in changed:
            yield root, _ids(state.execution_options.get(OPTION), root, str(table), len(changed))


def _ids(named: object, root: Root, table: str, roots_changed: int) -> list[Any]:
    match named:
        case Mapping() if root.entity in named:
            return list(named[root.entity])
        case list() | tuple() | set() | frozenset() if roots_changed == 1:
            return list(named)
        case _:
            raise BulkChangeNotNamed(
                f"A bulk statement changes {table} and does not say which {root.entity} records "
                f"change with it: pass them as the execution option {OPTION}."
            )
