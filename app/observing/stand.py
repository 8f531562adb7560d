"""How everything stands at one moment, read from the tables and the broker in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import psycopg

from broker.connecting import BROKER_ERRORS
from broker.depths import depths
from connections.companies import Company, every_company
from connections.lifetimes import Lifetimes, lifetimes
from coordination.clock import clock
from coordination.database import Connection
from coordination.leadership import Leading, leading
from coordination.processes import AWAKE_SECONDS, Process, awake
from coordination.usage import Usage, oldest_nudge, usage
from outbox.backlog import Backlog, backlog
from outbox.export import missing_views
from outbox.stages import VIEW, companies_with_missing_stages
from records.census import (
    Counted,
    count_all,
    count_known,
    count_open_findings,
    count_open_questions,
    unknown_outcomes,
    waits_for_a_failed_parent_since,
)

STATEMENT_SECONDS: Final = 8
"""More than a session of ours has: it locks nothing, and a large table takes its time."""


@dataclass(frozen=True)
class Stand:
    """What was read; times are the database's.

    Attributes:
        now: when.
        companies: by id.
        counted: records that are not done, by company, entity, state and reason.
        known: all records, done ones included.
        orphaned_since: the oldest failed or skipped parent that holds a child back.
        unread: what lies in the outbox, by company.
        usage: by realm, of those that had a call lately.
        processes: those that live and have beaten lately: while nobody leads, nobody declares the
            dead gone.
        leading: who leads; held by somebody who has beaten lately, or by nobody.
        nudged_at: when the oldest nudge was left that is still there.
        lifetimes: of tokens.
        unknown: the oldest attempt whose outcome is unknown, and how many there are.
        findings: open ones, by kind.
        questions: open ones, by question.
        missing_views: of ProLine's.
        missing_stages: companies that chose a stage ProLine has no more; None: it cannot be read.
        queues: messages that stand ready, by queue; None where RabbitMQ does not answer, or where
            nobody was asked.
    """

    now: datetime
    companies: Mapping[str, Company]
    counted: Sequence[Counted]
    known: int
    orphaned_since: datetime | None
    unread: Sequence[Backlog]
    usage: Mapping[str, Usage]
    processes: Sequence[Process]
    leading: Leading
    nudged_at: datetime | None
    lifetimes: Lifetimes
    unknown: tuple[datetime | None, int] = (None, 0)
    findings: Mapping[str, int] = field(default_factory=dict)
    questions: Mapping[str, int] = field(default_factory=dict)
    missing_views: Sequence[str] = ()
    missing_stages: frozenset[str] | None = None
    queues: Mapping[str, int | None] | None = None


def read_stand(connection: Connection, amqp_url: str | None) -> Stand:
    """Read it: some twenty statements, and one visit to RabbitMQ where its address is given.

    Args:
        connection: each statement is a transaction by itself, so that none holds old rows for long.
        amqp_url: of the broker.
    """
    connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
    now = clock(connection)
    companies = {each.id: each for each in every_company(connection)}
    missing = missing_views(connection, also=[VIEW])
    return Stand(
        now=now,
        companies=companies,
        counted=count_all(connection),
        known=count_known(connection),
        orphaned_since=waits_for_a_failed_parent_since(connection),
        unread=backlog(connection),
        usage={each.realm_id: each for each in usage(connection)},
        processes=awake(connection),
        leading=_judged(leading(connection), now),
        nudged_at=oldest_nudge(connection),
        lifetimes=lifetimes(connection),
        unknown=unknown_outcomes(connection),
        findings=count_open_findings(connection),
        questions=count_open_questions(connection),
        missing_views=missing,
        missing_stages=_missing_stages(connection, companies) if VIEW not in missing else None,
        queues=_queues(amqp_url),
    )


def _judged(leader: Leading, now: datetime) -> Leading:
    beats = leader.beat_at is not None and now - leader.beat_at < timedelta(seconds=AWAKE_SECONDS)
    return replace(leader, held=leader.held and beats)


def _missing_stages(
    connection: Connection, companies: Mapping[str, Company]
) -> frozenset[str] | None:
    """The view is ProLine's, and nothing that is wrong with it shall hide the rest."""
    enabled = [each for each in companies.values() if each.enabled]
    try:
        return companies_with_missing_stages(connection, enabled)
    except psycopg.Error:
        return None


def _queues(amqp_url: str | None) -> Mapping[str, int | None] | None:
    if amqp_url is None:
        return None
    try:
        return depths(amqp_url)
    except BROKER_ERRORS:
        return None
