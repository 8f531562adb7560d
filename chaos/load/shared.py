"""The records that anybody may edit, of which the newest are edited most."""

import threading
from collections import defaultdict
from random import Random
from typing import Final

HOT: Final = 4
"""Of each kind and company: several authors meet in these."""
HOT_SHARE: Final = 0.6


class Shared:
    """Records by company and entity; thread-safe."""

    def __init__(self) -> None:
        """Know none."""
        self._ids: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def add(self, company_id: str, entity: str, record_id: str) -> None:
        """Let everybody know of a record that is committed."""
        with self._lock:
            self._ids[company_id, entity].append(record_id)

    def choose(self, chance: Random, company_id: str, entity: str) -> str | None:
        """Choose one; None: there is none yet."""
        with self._lock:
            ids = self._ids[company_id, entity]
            if not ids:
                return None
            return chance.choice(ids[-HOT:] if chance.random() < HOT_SHARE else ids)
