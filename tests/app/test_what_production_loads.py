"""Production loads neither the demo nor the stand-in, and each process only what is its own."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from app.cli.main import command_line
command_line({named!r})
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
DEMO = {"demo", "qbo_simulator", "faker"}
OF_THE_PAGE = {"jinja2", "starlette", "uvicorn"}
OF_WORKERS = {"dramatiq", "pika", "workers"}


def loaded(named: str | None) -> set[str]:
    """Name the packages that a command brings along; None: the whole command line."""
    asked = subprocess.run(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", SCRIPT.format(named=named)],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
        text=True,
        timeout=60,
    )
    assert asked.returncode == 0, asked.stderr
    return set(asked.stdout.split())


def test_the_command_line_loads_no_demo_and_no_simulator() -> None:
    """The production image has no simulator, and every command must start there all the same."""
    assert loaded(None) & DEMO == set()


@pytest.mark.parametrize(
    ("named", "others"),
    [
        ("relay", OF_THE_PAGE | OF_WORKERS),
        ("worker", OF_THE_PAGE),
        ("web", {"dramatiq", "pika"}),
        ("explain", OF_THE_PAGE | OF_WORKERS),
    ],
)
def test_a_process_carries_no_others_libraries(named: str, others: set[str]) -> None:
    """They would take a third of its memory, and a second of whoever asks one question."""
    packages = loaded(named)

    assert packages & others == set()
    assert "psycopg" in packages
