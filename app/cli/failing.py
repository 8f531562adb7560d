"""`failed`: what failed, why, what was tried, and what becomes of it, one record or many."""

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from app.cli.acting import actor
from app.cli.failures import CannotBeDone
from app.cli.known import EntityKind, OfCompany, RecordId, one_record
from app.cli.opening import open_database
from app.cli.printing import Json, print_json, print_sentence, show_rows
from app.tending import order_failed, order_one
from connections.audit import entries_of_record
from coordination.database import Pool
from records.attempts_told import ATTEMPTS_MOST, Attempt, attempts_of
from records.failures import Counted, Wanted, count_failures, list_failures, pieces_of
from records.orders import Kind
from schemas import Entity

LISTED: int = 100
LISTED_MOST: int = 10_000
UNITS = {"m": "minutes", "h": "hours", "d": "days"}

failed = typer.Typer(help="Records that failed, and what becomes of them.", no_args_is_help=True)

By = Annotated[str, typer.Option(help="Who says so; kept with it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; else it is only told what would be.")]
Code = Annotated[str | None, typer.Option(help="Only of this code, as failed list shows it.")]
LongerThan = Annotated[
    str | None,
    typer.Option(metavar="AGE", help="Only those that have stood so for 30m, 2h, 3d or longer."),
]


@failed.command("list")
def list_(
    *,
    company: OfCompany = None,
    entity: EntityKind = None,
    code: Code = None,
    longer_than: LongerThan = None,
    most: Annotated[int, typer.Option(min=1, max=LISTED_MOST, help="How many to show.")] = LISTED,
    as_json: Json = False,
) -> None:
    """List what failed, the oldest first."""
    wanted = _wanted(company, entity, code, longer_than)
    with open_database() as pool, pool.connection() as connection:
        found = list_failures(connection, wanted, most=most)
        counted = sum(each.records for each in count_failures(connection, wanted))
    rows = [
        {
            "company": each.company_id,
            "record": f"{each.entity} {each.record_id}",
            "code": each.code,
            "sentence": each.sentence,
            "since": each.since,
            "ordered": each.ordered,
        }
        for each in found
    ]
    show_rows(rows, as_json=as_json, nothing="Nothing failed.")
    if counted > len(found):
        typer.echo(
            f"{counted - len(found)} more failed: --most shows more, and --company, --entity,"
            " --code and --longer-than choose.",
            err=True,
        )


@failed.command("show")
def show(
    record_id: RecordId,
    *,
    entity: EntityKind = None,
    company: OfCompany = None,
    as_json: Json = False,
) -> None:
    """Show what was tried for a record: every attempt and call, and who did what to it.

    Of what was sent the shape is shown: names of fields and ids, no customer's data.
    """
    with open_database() as pool, pool.connection() as connection:
        one = one_record(connection, record_id, entity, company)
        attempts = attempts_of(connection, one.pk)
        entries = entries_of_record(connection, one.company_id, one.entity, one.record_id)
    told = {
        "company": one.company_id,
        "entity": one.entity,
        "record": one.record_id,
        "version": one.version,
        "state": one.state,
        "code": one.code,
        "sentence": one.sentence,
        "since": one.since,
        "attempts": [asdict(each) for each in attempts],
        "audit": [
            {
                "at": each.at,
                "by": each.actor.user_name,
                "via": each.actor.via,
                "action": each.action,
                "after": each.after,
            }
            for each in entries
        ],
    }
    if as_json:
        print_json(told)
        return
    code = f" ({one.code})" if one.code else ""
    name = f"{one.entity} {one.record_id} of company {one.company_id}, version {one.version}"
    since = f"{one.since:%Y-%m-%d %H:%M:%S} UTC"
    lines = [f"{name}: {one.state}{code} since {since}", f"  {one.sentence or ''}"]
    lines += [line for each in attempts for line in _lines_of(each)]
    if len(attempts) == ATTEMPTS_MOST:
        lines.append(f"  Of its attempts the newest {ATTEMPTS_MOST} are shown.")
    lines += [
        f"  {each.at:%Y-%m-%d %H:%M:%S} {each.action} by {each.actor.user_name} ({each.actor.via})"
        for each in entries
    ]
    if not attempts:
        lines.append("  Nothing was sent to QuickBooks for it.")
    print_sentence("\n".join(lines))


def _lines_of(attempt: Attempt) -> list[str]:
    came = attempt.answer or "no answer yet"
    part = f" part {attempt.part}" if attempt.part else ""
    what = f"{attempt.operation} {attempt.kind}{part} of version {attempt.version}"
    lines = [f"  attempt {attempt.id}: {what}, requestid {attempt.request_id}: {came}"]
    for call in attempt.calls:
        status = (
            "not sent" if call.unsent else f"HTTP {call.status}" if call.status else "no answer"
        )
        code = f" code {call.fault_code}" if call.fault_code else ""
        tid = f" intuit_tid {call.intuit_tid}" if call.intuit_tid else ""
        at = f"{call.slot_at:%Y-%m-%d %H:%M:%S.%f}"
        lines.append(f"    {at}: {status}{code}{tid} worker {call.worker}")
    if attempt.sends > len(attempt.calls):
        lines.append(f"    Sent {attempt.sends} times; of the calls the newest are shown.")
    return lines


@failed.command("requeue")
def requeue(  # noqa: PLR0913  # an option for each part of the filter
    record_id: Annotated[
        str | None, typer.Argument(metavar="[RECORD]", help="ProLine's id; none takes the filter.")
    ] = None,
    *,
    by: By,
    why: Annotated[str, typer.Option(help="Why, for the audit.")] = "",
    company: OfCompany = None,
    entity: EntityKind = None,
    code: Code = None,
    longer_than: LongerThan = None,
    everything: Annotated[bool, typer.Option("--all", help="All that failed.")] = False,
    yes: Yes = False,
) -> None:
    """Send a record that failed or was left out; or, by a filter, all that failed and fit it.

    Parents go before what hangs from them, the oldest first. By a filter it is a dry run without
    --yes. The exit code is 1 if nothing fits.
    """
    if record_id is not None:
        if code or longer_than or everything:
            raise CannotBeDone("One record needs no filter but --entity and --company.")
        _order_one(_Said(record_id, entity, company), "send", by, why, yes=yes)
        return
    if not why.strip():
        raise CannotBeDone("Many are sent again for a reason: say --why, for whoever looks later.")
    wanted = _filter(_wanted(company, entity, code, longer_than), everything=everything)
    _order_many(wanted, "send", by, why, yes=yes)


@failed.command("skip")
def skip(  # an option for each part of the filter
    record_id: Annotated[
        str | None, typer.Argument(metavar="[RECORD]", help="ProLine's id; none takes the filter.")
    ] = None,
    *,
    by: By,
    why: Annotated[str, typer.Option(help="Why, in a sentence.")],
    company: OfCompany = None,
    entity: EntityKind = None,
    code: Code = None,
    longer_than: LongerThan = None,
    yes: Yes = False,
) -> None:
    """Leave a record out of QuickBooks, or, by a filter, all that failed and fit it.

    One that is there already is left out in this version only. By a filter it is a dry run without
    --yes. The exit code is 1 if nothing fits.
    """
    if not why.strip():
        raise CannotBeDone("A skip has a reason: say --why.")
    if record_id is not None:
        if code or longer_than:
            raise CannotBeDone("One record needs no filter but --entity and --company.")
        _order_one(_Said(record_id, entity, company), "skip", by, why, yes=yes)
        return
    if company is None and code is None:
        raise CannotBeDone(
            "Name a record, or say which are left out: --company or --code, or both."
        )
    _order_many(_wanted(company, entity, code, longer_than), "skip", by, why, yes=yes)


@dataclass(frozen=True)
class _Said:
    """Which record was named."""

    record_id: str
    entity: Entity | None
    company: str | None


# What such an order is for; of any other record it may be a mistyped id.
MEANT_FOR = {"send": ("failed", "skipped"), "skip": ("failed", "decision")}


def _order_one(said: _Said, kind: Kind, by: str, why: str, *, yes: bool) -> None:
    with open_database() as pool, pool.connection() as connection:
        one = one_record(connection, said.record_id, said.entity, said.company)
        name = f"{one.entity.capitalize()} {one.record_id}"
        if kind == "skip" and one.state == "done":
            raise CannotBeDone(f"{name} is done: there is nothing to leave out.")
        if not yes and not {one.state, one.reason} & set(MEANT_FOR[kind]):
            raise CannotBeDone(
                f"{name} has not failed: it is {one.state}. If it is meant all the same, say --yes."
            )
        order_one(connection, one, kind, actor(by), why)
    what = "is left out" if kind == "skip" else "is sent"
    print_sentence(f"{name} {what} as soon as it is at rest.")


def _order_many(wanted: Wanted, kind: Kind, by: str, why: str, *, yes: bool) -> None:
    with open_database() as pool:
        with pool.connection() as connection:
            counted = count_failures(connection, wanted)
        total = sum(each.records for each in counted)
        if not yes or not total:
            _tell_what_would_be(counted, total, kind)
        ordered = _order_pieces(pool, wanted, kind, by, why)
    what = "left out" if kind == "skip" else "sent"
    typer.echo(f"{ordered} records are {what}, each as soon as it is at rest.")


def _tell_what_would_be(counted: Sequence[Counted], total: int, kind: Kind) -> None:
    """Show what fits, and end: with 1 where nothing does."""
    if not total:
        typer.echo("Nothing failed that fits this.")
        raise typer.Exit(1)
    rows = [asdict(each) for each in counted]
    show_rows(rows, as_json=False, nothing="")
    what = "left out" if kind == "skip" else "sent again"
    typer.echo(f"{total} records would be {what}: say --yes.")
    raise typer.Exit


def _order_pieces(pool: Pool, wanted: Wanted, kind: Kind, by: str, why: str) -> int:
    """Order piece by piece, each a transaction with its row in the audit; show how far it is."""
    meant = {name: str(value) for name, value in asdict(wanted).items() if value is not None}
    with pool.connection() as connection:
        pieces = list(pieces_of(connection, wanted))
    ordered = 0
    console = Console(file=sys.stderr)
    for piece in track(
        pieces, "Ordering", console=console, disable=not console.is_terminal, transient=True
    ):
        with pool.connection() as connection:
            ordered += order_failed(connection, piece, kind, actor(by), why, meant)
    return ordered


def _wanted(
    company: str | None, entity: Entity | None, code: str | None, longer_than: str | None
) -> Wanted:
    return Wanted(
        company_id=company,
        entity=entity.value if entity else None,
        code=code,
        longer_than=_age(longer_than) if longer_than else None,
    )


def _filter(wanted: Wanted, *, everything: bool) -> Wanted:
    named = any(value is not None for value in asdict(wanted).values())
    if named == everything:
        raise CannotBeDone(
            "Name a record, or say which are meant: --company, --entity, --code, --longer-than;"
            " or --all, alone."
        )
    return wanted


def _age(given: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([mhd])", given)
    if found is None or int(found[1]) == 0:
        raise CannotBeDone(f"--longer-than {given}: write 30m, 2h or 3d.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
