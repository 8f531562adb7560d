"""A record that kills every process that works on it is parked, and its neighbours are not."""

import pytest

from connections.settings import CompanySettings
from records.lost_claims import PARKED_AFTER_DEATHS, SUSPECT_AFTER_STARTS
from tests.support.killers import DEADLY_NAME, DEATH_NOTE
from tests.support.processes import Fleet, NewRoofer, Process
from tests.support.roofer import Roofer, until

CREATE = CompanySettings(existing_customers="create")
NEIGHBOURS = 63
SETTLE_SECONDS = 100.0


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


def say_all(roofer: Roofer) -> None:
    """Win a project for the killer and for each of its neighbours, the killer first."""
    names = {"c0": DEADLY_NAME} | {f"c{n}": f"Neighbour {n}" for n in range(1, NEIGHBOURS + 1)}
    for n, (record_id, name) in enumerate(names.items()):
        roofer.contact(record_id, display_name=name, number=f"10{n}")
        roofer.project(f"p{n}", contact_id=record_id, number=f"20{n}")


@pytest.mark.timeout(180)
def test_one_killer_among_63_neighbours_is_parked_alone(new_roofer: NewRoofer) -> None:
    """It kills beside others until it is a suspect, then alone, and then it is left in peace."""
    roofer, fleet = new_roofer(settings=CREATE)
    say_all(roofer)
    fleet.relay()
    platform = Platform(fleet)

    until(platform.settled, SETTLE_SECONDS)

    states = roofer.rows("SELECT record_id, state, code FROM proline_qbo.records")
    failed = [(row.record_id, row.code) for row in states if row.state == "failed"]
    assert failed == [("c0", "parked")]
    assert len(roofer.held("Customer")) == NEIGHBOURS
    deaths = fleet.said().count(DEATH_NOTE)
    assert deaths == SUSPECT_AFTER_STARTS + PARKED_AFTER_DEATHS
    assert "record.runs_alone" in fleet.said()
