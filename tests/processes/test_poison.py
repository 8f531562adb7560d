"""A record that kills every process that works on it is parked, and its neighbours are not.

Whichever of the four actors it kills: each has the entity it is of.
"""

from typing import Final

import pytest

from connections.settings import CompanySettings
from records.lost_claims import PARKED_AFTER_DEATHS, SUSPECT_AFTER_STARTS
from tests.support.killers import DEADLY_NAME, DEATH_NOTE
from tests.support.processes import Fleet, NewRoofer, Process
from tests.support.roofer import Roofer, until

NEIGHBOURS: Final = 63
FEWER: Final = 15
KILLERS: Final = {"contact": "c0", "project": "p0", "invoice": "i0", "payment": "y0"}
SETTLE_SECONDS: Final = 100.0


class Platform:
    """Starts a worker again whenever it has ended, as any platform does."""

    def __init__(self, fleet: Fleet) -> None:
        """Start the first."""
        self._fleet = fleet
        self._worker = self._start()

    def settled(self) -> bool:
        """Look after the worker; say whether nothing is left to do."""
        if self._worker.exit_code is not None:
            self._worker = self._start()
        return self._fleet.settled()

    def _start(self) -> Process:
        return self._fleet.worker(prepare="tests.support.killers:be_killed_by_one_record")


def say_all(roofer: Roofer, entity: str, neighbours: int) -> None:
    """Win a project for as many families, and bill and pay the first, one of whose records kills.

    The killer is known by a key, which only a contact's contract knows.
    """
    kills = {"display_name": DEADLY_NAME}
    for n in range(neighbours + 1):
        name = {"display_name": f"Neighbour {n}"}
        of_contact = kills if (n, entity) == (0, "contact") else name
        of_project = kills if (n, entity) == (0, "project") else {}
        roofer.contact(f"c{n}", number=f"10{n}", **of_contact)
        roofer.project(f"p{n}", contact_id=f"c{n}", number=f"20{n}", **of_project)
    of_invoice = kills if entity == "invoice" else {}
    of_payment = kills if entity == "payment" else {}
    roofer.invoice("i0", project_id="p0", contact_id="c0", **of_invoice)
    family = {"project_id": "p0", "contact_id": "c0"}
    roofer.payment("40.00", {"i0": "40.00"}, record_id="y0", **family, **of_payment)


def below(entity: str) -> list[str]:
    """Say what hangs from a record of an entity, directly or not."""
    entities = list(KILLERS)
    return entities[entities.index(entity) + 1 :]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("entity", "neighbours"),
    [("contact", NEIGHBOURS), ("project", FEWER), ("invoice", FEWER), ("payment", FEWER)],
)
def test_one_killer_among_its_neighbours_is_parked_alone(
    new_roofer: NewRoofer, entity: str, neighbours: int
) -> None:
    """It kills beside others until it is a suspect, then alone, and then it is left in peace."""
    mode: Final = "sub" if entity == "project" else "main"
    roofer, fleet = new_roofer(
        settings=CompanySettings(customer_mode=mode, existing_customers="create")
    )
    say_all(roofer, entity, neighbours)
    fleet.relay()
    platform = Platform(fleet)

    until(platform.settled, SETTLE_SECONDS)

    states = roofer.rows("SELECT entity, record_id, state, code FROM proline_qbo.records")
    killer = KILLERS[entity]
    failed = [(row.record_id, row.code) for row in states if row.state == "failed"]
    assert failed == [(killer, "parked")]
    held_back = [row.entity for row in states if row.state == "waiting"]
    assert sorted(held_back) == [each for each in ("invoice", "payment") if each in below(entity)]
    names = {each["DisplayName"] for each in roofer.held("Customer")}
    assert len([each for each in names if each.startswith("Neighbour")]) >= neighbours
    deaths = fleet.said().count(f"{DEATH_NOTE} {killer}")
    assert deaths == SUSPECT_AFTER_STARTS + PARKED_AFTER_DEATHS
    assert fleet.said().count(DEATH_NOTE) == deaths
    assert "record.runs_alone" in fleet.said()
