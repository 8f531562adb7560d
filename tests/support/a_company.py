"""A company that is on and connected, as pure functions are given it."""

from datetime import UTC, datetime
from typing import Final

from connections.companies import Company
from connections.settings import CompanySettings

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
ON: Final = Company(
    id="acme",
    name="Acme Roofing",
    created_at=NOW,
    enabled=True,
    first_enabled_at=NOW,
    connection="connected",
    realm_id="1",
    former_realm_id=None,
    epoch=1,
    paused_until=None,
    pause_reason=None,
    settings=CompanySettings(),
    dropped_events=0,
    settings_chosen=True,
)
