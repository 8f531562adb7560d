"""`company pause` holds a company's work within a second, wherever its records are on their way."""

import threading

from app.onboarding import pause_company, resume_company
from connections.audit import Actor
from connections.settings import CompanySettings
from tests.support.processes import NewRoofer
from tests.support.roofer import COMPANY, until

KIM = Actor("Kim", "command_line")
WITHIN_SECONDS = 1.0
STAYS_SECONDS = 2.0
CALL_MS = 50
CONTACTS = 40
CREATE = CompanySettings(existing_customers="create")


def test_a_paused_company_makes_no_call_a_second_later(new_roofer: NewRoofer) -> None:
    """Though dozens of its records are pending, dispatched and claimed; resumed, all go on."""
    roofer, fleet = new_roofer(settings=CREATE, books={"latency_ms": [CALL_MS, CALL_MS]})
    for n in range(CONTACTS):
        roofer.contact(f"c{n}", number=f"10{n:02}", display_name=f"Contact {n}")
        roofer.project(f"p{n}", contact_id=f"c{n}", number=f"20{n:02}")
    fleet.relay()
    fleet.worker()
    until(lambda: len(roofer.held("Customer")) >= 3)

    pause_company(fleet.pool, COMPANY, by=KIM)
    threading.Event().wait(WITHIN_SECONDS)
    writes = len(roofer.writes())
    threading.Event().wait(STAYS_SECONDS)

    assert len(roofer.writes()) == writes < CONTACTS
    resume_company(fleet.pool, COMPANY, by=KIM)
    roofer.settle(40)
    assert len(roofer.held("Customer")) == CONTACTS
