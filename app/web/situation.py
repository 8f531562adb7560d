"""A company as its pages show it: itself, its books, its records' standings, and its one state."""

from dataclasses import dataclass
from datetime import datetime

from app.web.state_line import LATE_AFTER, Facts, StateLine, state_line
from connections import audit, companies
from connections import books as books_
from connections.books import Books
from connections.companies import Company
from coordination.clock import clock
from coordination.database import Connection
from coordination.processes import awake
from records.standings import Standing, count_these, oldest_unsent


@dataclass(frozen=True)
class Situation:
    """What every page knows of its company.

    Attributes:
        company: with its settings.
        books: it is connected to, also where the connection is lost.
        attention: records that need a person.
        held: records that are on their way, or would be if nothing held the company back.
        line: its one state.
        now: on the database's clock.
    """

    company: Company
    books: Books | None
    attention: int
    held: int
    line: StateLine
    now: datetime

    @property
    def name(self) -> str:
        """The company's name, or its id while ProLine has not told one."""
        return self.company.name or self.company.id


def stands(connection: Connection, company_id: str) -> Situation:
    """Read how a company stands.

    Raises:
        LookupError: there is no such company, which a session rules out.
    """
    company = companies.get(connection, company_id)
    if company is None:
        raise LookupError(f"company {company_id} has a session and is not known")
    books = books_.get(connection, company.realm_id) if company.realm_id else None
    counts = count_these(connection, company_id, Standing.ATTENTION, Standing.IN_PROGRESS)
    now = clock(connection)
    facts = Facts(
        attention=counts[Standing.ATTENTION],
        held=counts[Standing.IN_PROGRESS],
        settings_chosen=company.settings_chosen,
        quickbooks_name=books.company_name if books else None,
        oldest_unsent=_oldest_unsent(connection, company, now)
        if counts[Standing.IN_PROGRESS]
        else None,
        runs=_runs(connection),
    )
    line = state_line(company, facts, now)
    return Situation(company, books, facts.attention, facts.held, line, now)


def _oldest_unsent(connection: Connection, company: Company, now: datetime) -> datetime | None:
    """Count no time in which the company itself held everything: off, paused, not connected."""
    oldest = oldest_unsent(connection, company.id)
    if oldest is None or now - oldest < LATE_AFTER:
        return oldest
    released = audit.last_at(connection, company.id, "company.enable", "company.resume")
    return max(filter(None, (oldest, released, company.connected_at)))


def _runs(connection: Connection) -> bool:
    """Whether a relay and a worker beat; where all died at once, nobody declares them gone."""
    return {each.kind for each in awake(connection)} >= {"relay", "worker"}
