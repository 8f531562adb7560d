"""What intake asks of the companies its events are of: the least, for it asks with every batch."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from connections.settings import CompanySettings, read_settings
from coordination.database import Connection


@dataclass(frozen=True)
class Receiving:
    """A known company: since when money of it counts, and what its office chose, as stored."""

    first_enabled_at: datetime | None
    stored_settings: str

    @cached_property
    def settings(self) -> CompanySettings:
        """Read what the office chose; only projects are held against it."""
        return read_settings(json.loads(self.stored_settings))


_RECEIVING = """
SELECT id, first_enabled_at, settings::text FROM proline_qbo.companies WHERE id = ANY(%b::text[])
"""


def read_companies(connection: Connection, company_ids: Collection[str]) -> dict[str, Receiving]:
    """Read those of these companies that are known, by id."""
    rows = connection.execute(_RECEIVING, [list(company_ids)]).fetchall()
    return {company_id: Receiving(enabled_at, text) for company_id, enabled_at, text in rows}
