"""How a company stands, for `company show`: what it chose, what it cost, what is open."""

from collections.abc import Mapping
from typing import Final

from connections.companies import Company
from coordination.call_counts import count_calls
from coordination.database import Connection
from outbox.stages import missing_stages
from records.changed_while_off import count_changed
from records.counting import count_findings, count_questions, count_skipped_by_rule
from records.transfers import count_ready

COUNTED_DAYS: Final = 30
NOT_KNOWN: Final = "cannot be known: ProLine shows no stages"


def how_it_stands(
    connection: Connection, company: Company, *, for_people: bool
) -> dict[str, object]:
    """Tell what is known of a company beside its row of the list; the same keys for both readers.

    Args:
        connection: any transaction.
        company: as it was read.
        for_people: what is nested becomes a list of words, and what is not known is said.
    """
    calls = count_calls(connection, company.realm_id, days=COUNTED_DAYS)
    off_again = company.first_enabled_at is not None and not company.enabled
    counted: dict[str, Mapping[str, int]] = {
        f"reads_in_{COUNTED_DAYS}_days_by_purpose": calls.reads_by_purpose,
        "open_questions": count_questions(connection, company.id),
        "unresolved_findings": count_findings(connection, company.id),
    }
    missing = missing_stages(connection, company.id)
    return {
        "first_enabled_at": company.first_enabled_at,
        "changed_while_off": count_changed(connection, company.id) if off_again else 0,
        "projects_to_transfer": count_ready(connection, company.id, company.settings),
        "missing_stages": NOT_KNOWN if missing is None and for_people else missing,
        "skipped_by_rule": count_skipped_by_rule(connection, company.id),
        f"reads_in_{COUNTED_DAYS}_days": calls.reads,
        f"writes_in_{COUNTED_DAYS}_days": calls.writes,
        **{name: _words(each) if for_people else each for name, each in counted.items()},
        "settings": company.settings.model_dump(mode="json"),
    }


def _words(counted: Mapping[str, int]) -> list[str]:
    return [f"{name} {number}" for name, number in counted.items()]
