"""What ProLine shows: its views, and the stages that offices have chosen."""

from collections.abc import Iterator
from typing import Final

import psycopg

from app.doctor.verdict import Verdict, ok, problem, warning
from connections.companies import every_company
from coordination.database import Connection
from outbox.export import missing_views
from outbox.stages import VIEW, companies_with_missing_stages

WITHOUT: Final = {
    VIEW: "the page cannot offer stages, and a stage that is gone is not noticed",
    "proline_export.contacts": "a contact from before the outbox is not found by itself",
    "proline_export.projects": "a project from before the outbox is not found by itself",
    "proline_export.invoices": "an invoice from before the outbox is not found by itself",
    "proline_export.payments": "a payment from before the outbox is not found by itself",
}
COLUMNS: Final = {
    view: ("company_id", "stage", "position")
    if view == VIEW
    else ("company_id", "record_id", "snapshot", "updated_at")
    for view in WITHOUT
}


def examine_proline(connection: Connection) -> Iterator[Verdict]:
    """Look at ProLine's views, and at the stages of companies that are on.

    Args:
        connection: each statement is a transaction by itself: one may fail.
    """
    missing = missing_views(connection, also=[VIEW])
    for view in missing:
        yield warning("ProLine", f"{view} is not there: {WITHOUT[view]} (docs/integrating.md).")
    broken = [*_broken(connection, set(COLUMNS) - set(missing))]
    yield from broken
    if not missing and not broken:
        yield ok("ProLine", "All of its views are there and can be read.")
    if VIEW not in missing and not broken:
        yield from _stages(connection)


def _broken(connection: Connection, views: set[str]) -> Iterator[Verdict]:
    for view in sorted(views):
        try:
            connection.execute(f"SELECT {', '.join(COLUMNS[view])} FROM {view} LIMIT 1")
        except psycopg.Error as error:
            reason = str(error).partition("\n")[0]
            yield problem("ProLine", f"{view} cannot be read: {reason} (docs/integrating.md).")


def _stages(connection: Connection) -> Iterator[Verdict]:
    enabled = [each for each in every_company(connection) if each.enabled]
    gone = sorted(companies_with_missing_stages(connection, enabled))
    if gone:
        yield warning(
            "stages",
            f"A stage that was chosen is gone from ProLine for {', '.join(gone[:20])}: their office"
            " chooses again on the page.",
        )
