"""The command line as a whole: its help, its contracts with scripts, and its long-running parts."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import typer.main

from app.cli.main import command_line
from tests.support.command_line import CommandLine

ROOT = Path(__file__).parents[2]
SCRIPT = "import sys; from app.cli import main; sys.argv[0] = 'proline-qbo'; main()"
READING = (("status",), ("company", "list"), ("company", "show"), ("explain",), ("demo",))
LIMIT_SECONDS = 60


def commands(group: Any, *before: str) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401  # typer's own click
    """Walk through every command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield (*before, name), command


EVERY = dict(commands(typer.main.get_command(command_line())))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_says_what_it_does_and_what_each_option_means(
    command_line: CommandLine, words: tuple[str, ...]
) -> None:
    """Help is a sentence for the command and words for each of its options."""
    shown = command_line.done(*words, "--help")

    summary = (EVERY[words].help or "").partition("\n")[0]
    assert re.fullmatch(r"[A-Z].+\.", summary)
    assert all(option.help for option in EVERY[words].params)
    assert "Usage: proline-qbo " + " ".join(words) in shown.out


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_reading_command_has_json(words: tuple[str, ...]) -> None:
    """What a person can read, a script can."""
    options = [option for parameter in EVERY[words].params for option in parameter.opts]

    assert "--json" in options


def test_no_word_at_all_shows_the_commands(command_line: CommandLine) -> None:
    """Whoever types the bare name learns what there is."""
    shown = command_line()

    told = shown.out + shown.err
    assert all(words[0] in told for words in EVERY)


def test_migrate_makes_the_tables_and_says_so(
    server_url: str, on_database: CommandLine, database_url: str
) -> None:
    """A second time is no error: a deployment runs it always."""
    with psycopg.connect(database_url) as session:
        session.execute("DROP SCHEMA proline_qbo CASCADE")
        session.execute("DROP SCHEMA proline_outbox CASCADE")
        session.execute("DROP TABLE public.proline_qbo_migrations")

    told = [on_database("migrate") for _ in range(2)]

    assert {(each.code, each.out) for each in told} == {
        (0, "The database has the newest schema.\n")
    }
    on_database.done("status")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_tells_its_address_and_ends_when_interrupted(
    number: signal.Signals,
) -> None:
    """One line on standard output, for whoever waits for it; to be stopped is no error."""
    with subprocess.Popen(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", SCRIPT, "simulator", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as simulator:
        assert simulator.stdout is not None
        line = simulator.stdout.readline()
        url = line.split()[-1]
        report = httpx.get(f"{url}/_simulator/report", timeout=10)

        simulator.send_signal(number)
        rest, said = simulator.communicate(timeout=LIMIT_SECONDS)

    assert line.startswith("QuickBooks Online simulator on http://127.0.0.1:")
    assert report.json() == {"realms": {}}
    assert (simulator.returncode, rest, said) == (0, "", "")


def test_a_port_that_is_taken_is_told(command_line: CommandLine) -> None:
    """A second simulator says which port it wanted."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = command_line("simulator", "--port", str(port))

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"The simulator cannot listen on port {port}: ")
