"""Which of the stages an office chose ProLine no longer has: a project can never enter those.

`proline_export.project_stages` is made by ProLine, as the other views are (see `export`): it may be
missing or broken, and then nothing is known of the stages.
"""

from collections.abc import Collection

import psycopg
from structlog import get_logger

from connections.companies import Company, get
from coordination.database import Connection
from outbox.export import READ_WITHIN_MS

log = get_logger()

VIEW = "proline_export.project_stages"
STAGES_MOST = 10_000

_SHOWN = f"SELECT stage FROM {VIEW} WHERE company_id = %s ORDER BY position LIMIT {STAGES_MOST}"


def missing_stages(connection: Connection, company_id: str) -> tuple[str, ...] | None:
    """Name the chosen stages of a company that ProLine does not show, in the order chosen.

    None: it cannot be known, because ProLine shows no stages of this company. Where statuses are
    what transfers a project no stage can be missing.
    """
    company = get(connection, company_id)
    if company is None or not _goes_by_stages(company):
        return ()
    shown = project_stages(connection, company_id)
    if not shown:
        return None
    return tuple(stage for stage in company.settings.stages if stage not in shown)


_ALL_SHOWN = f"SELECT DISTINCT company_id, stage FROM {VIEW} WHERE company_id = ANY(%s)"


def companies_with_missing_stages(
    connection: Connection, companies: Collection[Company]
) -> frozenset[str]:
    """Name those of these companies that chose a stage ProLine does not show any more.

    One of which nothing is shown at all is not among them: nothing is known of its stages. Raises
    what is wrong with the view, as any statement would.
    """
    chosen = {each.id: each.settings.stages for each in companies if _goes_by_stages(each)}
    shown: dict[str, set[str]] = {}
    for company_id, stage in connection.execute(_ALL_SHOWN, [list(chosen)]):
        shown.setdefault(company_id, set()).add(stage)
    return frozenset(
        company_id
        for company_id, stages in shown.items()
        if any(stage not in stages for stage in chosen[company_id])
    )


def _goes_by_stages(company: Company) -> bool:
    return company.settings.trigger == "stages"


def project_stages(connection: Connection, company_id: str) -> tuple[str, ...]:
    """Read a company's stages as ProLine shows them, in their order; none where it shows none.

    The caller's transaction outlives whatever is wrong with the view, and keeps its timeout.
    """
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(f"SET LOCAL statement_timeout = {READ_WITHIN_MS}")
            row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [VIEW]).fetchone()
            if row is None or not row[0]:
                return ()
            return tuple(str(stage) for (stage,) in connection.execute(_SHOWN, [company_id]))
    except psycopg.Error as error:
        log.warning(
            "view.unreadable",
            view=VIEW,
            company_id=company_id,
            error=type(error).__name__,
            sqlstate=error.sqlstate,
        )
        return ()
