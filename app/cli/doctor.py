"""`doctor`: everything that is wrong with an installation, at once."""

from typing import Annotated

import typer
from rich.console import Console

from app.cli.failures import CannotBeDone
from app.cli.printing import Json, print_json, print_sentence
from app.doctor.examine import PROCESSES, examine
from app.doctor.verdict import Level, Verdict

SIGNS = {Level.OK: "ok      ", Level.WARNING: "warning ", Level.PROBLEM: "PROBLEM "}


def doctor(
    process: Annotated[
        list[str] | None,
        typer.Option(
            "--for", help=f"Whose settings: any of {', '.join(PROCESSES)}; repeat it. Unset: all."
        ),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Look at settings, database, roles, clock, broker, workers, keys, QuickBooks and ProLine.

    It changes nothing, but that it declares our queues as every process does. The exit code is 1 if
    there is a problem; a warning is none.
    """
    named = process or list(PROCESSES)
    unknown = sorted(set(named) - set(PROCESSES))
    if unknown:
        raise CannotBeDone(f"--for takes {', '.join(PROCESSES)}, not {', '.join(unknown)}.")
    found: list[Verdict] = []
    with Console(stderr=True).status("Looking ...") as _:
        for each in examine(named):
            found.append(each)
            if not as_json:
                print_sentence(f"{SIGNS[each.level]}{each.subject}: {each.sentence}")
    if as_json:
        print_json(
            [
                {"subject": each.subject, "level": each.level, "sentence": each.sentence}
                for each in found
            ]
        )
    if any(each.level is Level.PROBLEM for each in found):
        raise typer.Exit(1)
