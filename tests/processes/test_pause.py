"""`company pause` holds a company's work within a second, wherever its records are on their way."""

import subprocess
import sys
import threading
import time
from pathlib import Path

from connections.settings import CompanySettings
from tests.support.processes import NewRoofer
from tests.support.roofer import until

ROOT = Path(__file__).parents[2]
WITHIN_SECONDS = 1.0
CALL_MS = 50
CONTACTS = 40
CREATE = CompanySettings(existing_customers="create")


def company(environment: dict[str, str], *words: str) -> None:
    """Give a command about the company, in a process of its own."""
    script = "import sys; from app.cli import main; sys.argv[0] = 'proline-qbo'; main()"
    subprocess.run(  # noqa: S603  # this Python, and words of this test
        [sys.executable, "-c", script, "company", *words, "acme", "--by", "Kim"],
        check=True,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=30,
    )


def test_a_paused_company_makes_no_call_a_second_later(new_roofer: NewRoofer) -> None:
    """Though dozens of its records are pending, dispatched and claimed; resumed, all go on."""
    roofer, fleet = new_roofer(settings=CREATE, books={"latency_ms": [CALL_MS, CALL_MS]})
    for n in range(CONTACTS):
        roofer.contact(f"c{n}", number=f"10{n:02}", display_name=f"Contact {n}")
        roofer.project(f"p{n}", contact_id=f"c{n}", number=f"20{n:02}")
    fleet.relay()
    fleet.worker()
    until(lambda: len(roofer.held("Customer")) >= 3)

    company(fleet.environment, "pause")
    threading.Event().wait(WITHIN_SECONDS)
    writes = len(roofer.writes())
    paused_at = time.monotonic()
    until(lambda: time.monotonic() - paused_at > 2.0)

    assert len(roofer.writes()) == writes < CONTACTS
    company(fleet.environment, "resume")
    roofer.settle(40)
    assert len(roofer.held("Customer")) == CONTACTS
