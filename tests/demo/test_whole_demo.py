"""The whole demonstration, as `make demo` runs it: one process, nothing of the tests in it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = "import sys; from app.cli import main; sys.argv[0] = 'proline-qbo'; main()"
LIMIT_SECONDS = 150


@pytest.mark.timeout(LIMIT_SECONDS + 30)
def test_the_demonstration_agrees_to_the_cent_and_ends_with_one_json_object() -> None:
    """It needs no server and no setting, keeps standard output for its JSON, and leaves with 0."""
    ended = subprocess.run(  # noqa: S603  # this Python, with the script above
        [sys.executable, "-c", SCRIPT, "demo", "--json"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        text=True,
        timeout=LIMIT_SECONDS,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(ended.stdout)
    assert told.keys() >= {
        "records", "quickbooks", "invoices_paid", "differences", "duplicates", "writes", "reads",
        "changes", "requests_per_change", "commit_to_quickbooks_ms",
    }  # fmt: skip
    assert (told["differences"], told["duplicates"], told["settled"]) == (0, 0, True)
    assert told["quickbooks"].keys() == {"Customer", "Invoice", "Payment"}
    assert all(count > 30 for count in told["quickbooks"].values())
    assert told["records"].keys() <= {"done", "skipped", "waiting"}
    assert told["invoices_paid"] > 20
    assert 0 < told["requests_per_change"] < 1
    latency = told["commit_to_quickbooks_ms"]
    assert 0 < latency["p50"] <= latency["p99"]
