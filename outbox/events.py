"""The outbox's rows on their way in: read in id order, in bounded batches, and removed.

Invariant: a batch ends in the middle of no transaction but a large one. What was committed together
is judged together: an invoice that is void would be asked about without its payments' voids.

The text of a snapshot is kept beside its value: what was readable is stored as it came.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from coordination.database import Connection
from records.keys import RecordKey
from schemas import decode_snapshot

LONG_NUMBER_BLOCK: Final = 150
"""A number of twice as many digits holds a block of them, wherever it stands; Python reads no
fraction of more than 309 before the point."""


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """One row as it was taken, with its snapshot as value and as the text that is stored."""

    id: int
    key: RecordKey
    raw: dict[str, Any]
    text: str


# ORDER BY and LIMIT stand in an array, so that the planner sees one bounded index range. A row is
# taken while those before it leave room: the first always is. The size is that of the stored form,
# which is known without reading it.
_TAKE = """
DELETE FROM proline_outbox.outbox_events
WHERE id = ANY (ARRAY(
    SELECT id FROM (
        SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS bytes_before
        FROM (SELECT id, pg_column_size(snapshot) AS bytes FROM proline_outbox.outbox_events
              WHERE id > %s ORDER BY id LIMIT %s) first
    ) sized
    WHERE bytes_before < %s))
RETURNING id, company_id, entity, record_id, snapshot::text, xmin
"""
BEYOND_MOST: Final = 50
"""How many rows behind a full batch may be of transactions that it has begun."""
_TAKE_REST = """
DELETE FROM proline_outbox.outbox_events
WHERE id = ANY (ARRAY(
    SELECT id FROM (
        SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS bytes_before
        FROM (SELECT id, xmin AS writer, pg_column_size(snapshot) AS bytes
              FROM proline_outbox.outbox_events WHERE id > %s ORDER BY id LIMIT %s) beyond
        WHERE writer = ANY (%s::xid[])
    ) sized
    WHERE bytes_before < %s))
RETURNING id, company_id, entity, record_id, snapshot::text, xmin
"""


def take_events(
    connection: Connection, *, floor: int, most: int, most_bytes: int
) -> list[TakenEvent]:
    """Remove and return the oldest events with an id above `floor`, in the order of ids.

    Weakness: what was appended within a savepoint is not known to be of its transaction.

    Args:
        connection: the leading relay's open transaction.
        floor: an id below which nothing is looked for.
        most: the batch's limit; only the rest of what it has begun, of `BEYOND_MOST` rows, passes
            it.
        most_bytes: no further event is taken once the batch's snapshots hold so many, nor of the
            rest.
    """
    rows = connection.execute(_TAKE, [floor, most, most_bytes]).fetchall()
    if is_full((row[4] for row in rows), most, most_bytes):
        last, writers = max(row[0] for row in rows), list({row[5] for row in rows})
        rest = [last, BEYOND_MOST, writers, most_bytes]
        rows += connection.execute(_TAKE_REST, rest).fetchall()
    return [_event(*row[:5]) for row in sorted(rows, key=itemgetter(0))]


def is_full(texts: Iterable[str], most: int, most_bytes: int) -> bool:
    """Whether a batch of these snapshots may have left something behind."""
    sizes = [len(each) for each in texts]
    # As text a snapshot is about as large as it is stored; a pause too many costs milliseconds.
    return bool(sizes) and (len(sizes) >= most or sum(sizes) >= most_bytes // 2)


def _event(id_: int, company_id: str, entity: str, record_id: str, text: str) -> TakenEvent:
    raw = decode_snapshot(text)
    return TakenEvent(id_, RecordKey(company_id, entity, record_id), raw, stored_text(text, raw))


def stored_text(text: str, raw: dict[str, Any]) -> str:
    """Give the text to store: the one that came, unless Python reads something else in it."""
    # What is replaced whole has one key; so has hardly any other, and composing that costs nothing.
    return text if len(raw) > 1 and not _has_long_number(text) else json.dumps(raw)


def _has_long_number(text: str) -> bool:
    return any(
        text[at : at + LONG_NUMBER_BLOCK].isdigit() for at in range(0, len(text), LONG_NUMBER_BLOCK)
    )
