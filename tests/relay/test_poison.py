"""A record that kills its process is found, runs alone, and is parked; its neighbours never are.

Of whichever entity both are.
"""

from typing import Any, Final

import pytest

from broker.claim_checks import Message
from connections.settings import CompanySettings
from coordination import processes
from coordination.database import Pool
from records import lost_claims
from records.claims import Claim
from records.lost_claims import go_alone, is_suspect
from records.settlement import handed_back
from tests.support.hand_worker import KINDS, HandWorker
from tests.support.proline import Snapshot, contact, enable_company, invoice, pays, project
from tests.support.relay_in_hand import Office

KILLER, NEIGHBOUR = "killer", "neighbour"
"""The names of two families: all four records of one are called so."""
ROUNDS_MOST: Final = 10


class Crew:
    """Workers that die and are started anew, beside a relay that sees it."""

    def __init__(self, pool: Pool, office: Office, entity: str) -> None:
        """Begin with a worker that nothing happens to, so that every queue is consumed.

        Args:
            pool: sessions.
            office: the relay, and that worker.
            entity: of the records that are worked on.
        """
        self.pool = pool
        self.office = office
        self.entity = entity
        self._published = list[Message]()

    def hand_out(self) -> None:
        """Let what they hang from be done, until they are handed out themselves."""
        for _ in range(ROUNDS_MOST):
            messages = self.office.hand.drain()
            above = [each for each in messages if each.entity != self.entity]
            self._published += [each for each in messages if each.entity == self.entity]
            if not above:
                return
            assert self.office.worker.work(above) == len(above)
        raise AssertionError(f"not handed out after {ROUNDS_MOST} rounds")

    def claim_all(self) -> tuple[HandWorker, dict[str, Claim]]:
        """Start a worker and let it claim whatever is handed out."""
        worker = HandWorker(self.pool)
        messages, self._published = [*self._published, *self.office.hand.drain()], []
        claims = [worker.claim(message) for message in messages]
        assert {each.entity for each in messages} <= {self.entity}
        return worker, {each.record_id: each for each in claims if each is not None}

    def record(self, name: str) -> Any:  # noqa: ANN401  # a row, by name
        """Return the record of a family as it stands."""
        return self.office.record(self.entity, name)

    def say_anew(self, name: str) -> None:
        """Let ProLine change the record of a family."""
        self.office.say(self.entity, family(name)[self.entity] | {"number": "7001"})

    def die(self, worker: HandWorker) -> None:
        """Let a worker be found gone, as the leader does it after its silence."""
        with self.pool.connection() as connection:
            beats = {each.id: each.beats for each in processes.living(connection)}
            processes.declare_gone(connection, {worker.process_id: beats[worker.process_id]})
        self.look_around()

    def look_around(self) -> None:
        """Let a second pass, in which the leader takes back what is lost."""
        self.office.worker.beat()
        self._published += self.office.hand.after(1.0)

    def alone(self, claim: Claim) -> None:
        """Note that the claim runs alone."""
        with self.pool.connection() as connection:
            assert go_alone(connection, claim)


def family(name: str) -> dict[str, Snapshot]:
    """Give a record of each entity, each below the one before it."""
    hangs_from = {"project_id": name, "contact_id": name}
    return {
        "contact": contact(name),
        "project": project(name, contact_id=name),
        "invoice": invoice(name, **hangs_from),
        "payment": pays(name, "40.00", **{name: "40.00"}) | hangs_from,
    }


@pytest.fixture(params=list(KINDS))
def crew(request: pytest.FixtureRequest, pool: Pool) -> Crew:
    """Give two records that are to be written, and a crew; a project is one where it has a job."""
    with pool.connection() as connection:
        enable_company(connection, settings=CompanySettings(customer_mode="sub"))
    crew = Crew(pool, Office(pool, HandWorker(pool)), request.param)
    for name in (KILLER, NEIGHBOUR):
        for entity, snapshot in family(name).items():
            crew.office.say(entity, snapshot)
    crew.hand_out()
    return crew


def deaths(crew: Crew, *, together: int = 0, alone: int = 0) -> None:
    """Let the killer kill so often: first beside its neighbour, then alone."""
    for _ in range(together):
        worker, _ = crew.claim_all()
        crew.die(worker)
    for _ in range(alone):
        worker, claims = crew.claim_all()
        crew.alone(claims[KILLER])
        crew.die(worker)


def test_a_death_is_an_unfinished_start_of_all_that_was_under_way(crew: Crew) -> None:
    """Nobody can say which of them did it; the first time it may have been the machine."""
    deaths(crew, together=1)
    _, claims = crew.claim_all()

    assert [claims[each].unfinished_starts for each in (KILLER, NEIGHBOUR)] == [1, 1]
    assert not any(is_suspect(each) for each in claims.values())


def test_after_two_unfinished_starts_a_record_is_a_suspect(crew: Crew) -> None:
    """And its neighbours with it, until they have shown that they finish."""
    deaths(crew, together=2)
    worker, claims = crew.claim_all()

    assert all(is_suspect(each) for each in claims.values())

    worker.settle(claims[NEIGHBOUR])
    assert crew.record(NEIGHBOUR).unfinished_starts == 0


def test_three_deaths_while_alone_park_it_with_a_sentence(crew: Crew) -> None:
    """It needs a person, or a newer version from ProLine."""
    deaths(crew, together=2, alone=3)

    row = crew.record(KILLER)
    assert (row.state, row.code) == ("failed", "parked")
    assert "ask support" in row.sentence
    assert KILLER not in crew.claim_all()[1]


def test_its_neighbours_are_never_parked_however_often_they_die_with_it(crew: Crew) -> None:
    """Only who was alone can have done it."""
    deaths(crew, together=2, alone=3)

    _, claims = crew.claim_all()

    assert list(claims) == [NEIGHBOUR]
    assert crew.record(NEIGHBOUR).deaths_alone == 0


def test_two_deaths_alone_park_nothing(crew: Crew) -> None:
    """The third says it."""
    deaths(crew, together=2, alone=2)

    assert KILLER in crew.claim_all()[1]


def test_a_finished_start_clears_every_count(crew: Crew) -> None:
    """Going back without having sent anything is a finish too."""
    deaths(crew, together=2, alone=2)
    worker, claims = crew.claim_all()
    crew.alone(claims[KILLER])
    worker.leave(claims[KILLER], handed_back())

    row = crew.record(KILLER)
    assert (row.unfinished_starts, row.deaths_alone, row.alone) == (0, 0, False)


def test_an_orderly_stop_is_no_death(crew: Crew) -> None:
    """A deployment that had to leave a claim behind says nothing against it."""
    worker, claims = crew.claim_all()
    assert KILLER in claims
    worker.retire()
    crew.look_around()

    _, claims = crew.claim_all()

    assert claims[KILLER].unfinished_starts == 0


def test_a_claim_its_living_process_forgot_is_no_death(crew: Crew) -> None:
    """Its thread lost the database at a bad moment; the process lives."""
    worker, claims = crew.claim_all()
    worker.beat()
    worker.beat()
    crew.look_around()

    _, again = crew.claim_all()

    assert again[KILLER].token != claims[KILLER].token
    assert again[KILLER].unfinished_starts == 0


def test_a_newer_version_is_tried_again_alone(crew: Crew) -> None:
    """The change may be the cure; if it is not, one more death parks it in that version."""
    deaths(crew, together=2, alone=3)
    crew.say_anew(KILLER)

    worker, claims = crew.claim_all()
    assert is_suspect(claims[KILLER])
    crew.alone(claims[KILLER])
    crew.die(worker)

    assert crew.record(KILLER).code == "parked"


def test_a_parked_record_whose_outcome_is_unknown_stays_parked(crew: Crew) -> None:
    """To resolve it would start it again, and kill again."""
    deaths(crew, together=2, alone=3)
    crew.office.do(
        "INSERT INTO proline_qbo.attempts (record_pk, realm_id, generation, version, basis,"
        " operation, kind, path, params, body, request_id)"
        " SELECT r.pk, c.realm_id, 0, r.version, '', 'create', %s, '/made', '[]', '{}',"
        " 'request' FROM proline_qbo.records r JOIN proline_qbo.companies c ON c.id = r.company_id"
        " WHERE (r.entity, r.record_id) = (%s, %s)",
        KINDS[crew.entity],
        crew.entity,
        KILLER,
    )
    crew.office.do(
        "INSERT INTO proline_qbo.nudges (company_id, entity, record_id)"
        " SELECT company_id, entity, record_id FROM proline_qbo.records"
    )

    assert KILLER not in crew.claim_all()[1]


def test_without_running_alone_a_killer_would_park_its_neighbours(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: who counts every death against everybody parks the innocent."""
    counted = lost_claims._TAKE_BACK.replace("lost.died AND r.alone", "lost.died")
    monkeypatch.setattr(lost_claims, "_TAKE_BACK", counted)
    deaths(crew, together=3)

    assert crew.record(NEIGHBOUR).code == "parked"
