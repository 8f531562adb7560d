"""`status`: how the whole system stands, from the tables and the broker, in one look."""

import os
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import typer

from app.cli.opening import open_database
from app.cli.printing import Json, print_json, show_rows
from app.observing.stand import Stand, read_stand
from app.observing.waits import company_waits, waiting
from app.settings import BrokerSettings, SettingsInvalid, load
from broker.routing import QUEUES
from coordination.processes import threads_taking
from records.states import State


def status(*, as_json: Json = False) -> None:
    """Show how everything stands: relay, workers, outbox, queues, companies, and what is not done.

    What waits for the same is one row, with its oldest. RabbitMQ is asked where AMQP_URL is set.
    """
    with open_database() as pool, pool.connection() as connection:
        connection.autocommit = True
        stand = read_stand(connection, _amqp_url())
        connection.autocommit = False
    if as_json:
        print_json(told(stand))
    else:
        _show(stand)


def told(stand: Stand) -> dict[str, object]:
    """Tell the stand as names and values, for whoever scripts against it."""
    return {
        "now": stand.now,
        "relay": _relay(stand),
        "workers": _workers(stand),
        "outbox": _outbox(stand),
        "queues": stand.queues,
        "companies": _companies(stand),
        "tokens": {
            "refreshed_longest_ago": stand.lifetimes.refreshed_at,
            "first_ends": stand.lifetimes.ends_at,
            "first_needs_consent": stand.lifetimes.hard_ends_at,
        },
        "records": _records(stand),
        "done": _done(stand),
        "questions": dict(stand.questions),
        "findings": dict(stand.findings),
    }


def _show(stand: Stand) -> None:
    relay, outbox = _relay(stand), _outbox(stand)
    typer.echo(f"Relay    {_of_relay(relay)}")
    typer.echo(f"Workers  {_of_workers(_workers(stand))}")
    typer.echo(f"Outbox   {outbox['events']} events{_since(outbox['since'])}")
    typer.echo(f"Queues   {_of_queues(stand)}")
    companies = {name: number for name, number in _companies(stand).items() if number}
    typer.echo(f"Company  {_listed(companies) or 'none is known yet'}")
    typer.echo(f"Tokens   {_of_tokens(stand)}")
    typer.echo(f"Done     {_done(stand)} of {stand.known} records")
    typer.echo("")
    show_rows(_records(stand), as_json=False, nothing="Everything ProLine has is done.")


def _relay(stand: Stand) -> dict[str, object]:
    return {
        "running": sum(each.kind == "relay" for each in stand.processes),
        "leads": stand.leading.held,
        "term": stand.leading.term,
        "beat": stand.leading.beat_at,
    }


def _workers(stand: Stand) -> dict[str, object]:
    workers = [each for each in stand.processes if each.kind == "worker"]
    return {
        "running": len(workers),
        "threads_by_queue": {queue: threads_taking(workers, queue) for queue in QUEUES.values()},
    }


def _outbox(stand: Stand) -> dict[str, object]:
    return {
        "events": sum(each.events for each in stand.unread),
        "since": min((each.since for each in stand.unread), default=None),
        "by_company": {each.company_id: each.events for each in stand.unread},
    }


def _companies(stand: Stand) -> dict[str, int]:
    """Count companies by what holds all their work; those that nothing holds are `on`."""
    return dict(Counter(wait or "on" for wait in company_waits(stand).values()))


def _records(stand: Stand) -> list[dict[str, object]]:
    served = {entity for entity, queue in QUEUES.items() if threads_taking(stand.processes, queue)}
    rows: list[dict[str, object]] = [
        {
            "company": each.company_id,
            "entity": each.entity,
            "state": each.state,
            "reason": each.reason or None,
            "records": each.records,
            "since": each.oldest,
            "without_worker": each.records if _is_ready(each.state, each.entity, served) else 0,
        }
        for each in waiting(stand)
    ]
    return sorted(rows, key=lambda row: (str(row["company"]), str(row["state"])))


def _is_ready(state: str, entity: str, served: set[str]) -> bool:
    """Whether it stands ready and no worker that takes its entity is running."""
    return state in {State.PENDING, State.DISPATCHED} and entity not in served


def _done(stand: Stand) -> int:
    return stand.known - sum(each.records for each in stand.counted)


def _of_relay(relay: Mapping[str, object]) -> str:
    if not relay["running"]:
        return "none is running: start one with proline-qbo relay"
    leads = "one leads" if relay["leads"] else "none leads yet"
    return f"{relay['running']} running, {leads}, term {relay['term']}"


def _of_workers(workers: Mapping[str, object]) -> str:
    if not workers["running"]:
        return "none is running: start one with proline-qbo worker"
    threads = workers["threads_by_queue"]
    assert isinstance(threads, dict)  # noqa: S101  # as `_workers` makes it
    return f"{workers['running']} running, threads {_listed(threads)}"


def _of_queues(stand: Stand) -> str:
    if stand.queues is None:
        return "RabbitMQ was not asked, or does not answer (AMQP_URL)"
    known = {name: "missing" if depth is None else depth for name, depth in stand.queues.items()}
    return _listed({name: depth for name, depth in known.items() if depth}) or "all empty"


def _of_tokens(stand: Stand) -> str:
    lives = stand.lifetimes
    if lives.refreshed_at is None:
        return "no company is connected"
    ends = f", first consent needed {lives.hard_ends_at:%Y-%m-%d}" if lives.hard_ends_at else ""
    return f"refreshed longest ago {lives.refreshed_at:%Y-%m-%d %H:%M} UTC{ends}"


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _since(since: object) -> str:
    return f" since {since:%Y-%m-%d %H:%M:%S} UTC" if isinstance(since, datetime) else ""


def _amqp_url() -> str | None:
    """RabbitMQ is one thing more to look at, and no reason not to look at the rest."""
    if not os.environ.get("AMQP_URL"):
        return None
    try:
        settings = load(BrokerSettings)
    except SettingsInvalid:
        return None
    return settings.rabbitmq_url
