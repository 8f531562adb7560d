"""Watches while harm is done: who waits for a person, which no record of this load should.

Looked at all the time, because the next snapshot of a record that is edited often lets it go on.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from coordination.database import DATABASE_AWAY, Pool

LOOK_SECONDS: Final = 1.0
_PARKED: Final = """
SELECT company_id, entity, record_id, state, concat_ws(': ', code, reason, sentence)
  FROM proline_qbo.records
 WHERE state IN ('failed', 'skipped') OR reason = 'decision'
"""


@dataclass
class Watch:
    """Keeps each sentence about a parked record, once."""

    pool: Pool
    parked: set[str] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look once a second for as long as the block lasts, and once more at its end."""
        thread = threading.Thread(target=self._run, name="watch")
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        try:
            with self.pool.connection() as connection:
                rows = connection.execute(_PARKED).fetchall()
        except DATABASE_AWAY:
            return
        self.parked |= {
            f"{entity} {record_id} of {company_id}: {state}, {why}"
            for company_id, entity, record_id, state, why in rows
        }
