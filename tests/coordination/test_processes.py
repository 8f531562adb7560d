"""Life as rows, and the leader's judgement of who is gone."""

from uuid import UUID, uuid4

import pytest

from coordination import processes
from coordination.database import Connection
from coordination.processes import Watch

A, B = uuid4(), uuid4()


def test_a_process_beats_and_names_its_claims(connection: Connection) -> None:
    """One UPDATE says both that a process lives and what it is running."""
    process_id = processes.register(connection, "worker", queues=["qbo.contacts"], threads=8)
    claims = [uuid4(), uuid4()]

    alive = processes.beat(connection, process_id, claims)

    (process,) = processes.living(connection)
    assert alive
    assert (process.id, process.beats, list(process.claims)) == (process_id, 1, claims)
    assert (process.kind, list(process.queues), process.threads) == ("worker", ["qbo.contacts"], 8)


def test_a_process_declared_gone_cannot_beat(connection: Connection) -> None:
    """It learns from its own beat that it must send nothing more."""
    process_id = processes.register(connection, "worker")

    declared = processes.declare_gone(connection, {process_id: 0})

    assert declared == [process_id]
    assert not processes.beat(connection, process_id, [])
    assert processes.living(connection) == []


def test_a_process_that_beat_meanwhile_is_not_declared_gone(connection: Connection) -> None:
    """The judgement names the beats it saw; a later beat overrules it."""
    process_id = processes.register(connection, "worker")
    processes.beat(connection, process_id, [])

    assert processes.declare_gone(connection, {process_id: 0}) == []


def open_call(c: Connection, process_id: UUID) -> int:
    """Insert an open call as one under way when its process was judged."""
    c.execute("INSERT INTO proline_qbo.limiters (realm_id) VALUES ('realm') ON CONFLICT DO NOTHING")
    row = c.execute(
        "INSERT INTO proline_qbo.calls (realm_id, company_id, process_id, kind, purpose, slot_at)"
        " VALUES ('realm', 'a', %s, 'write', 'test', proline_qbo.clock()) RETURNING id",
        [process_id],
    ).fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def open_calls(c: Connection) -> list[int]:
    """Return the ids of the calls that are open."""
    rows = c.execute("SELECT id FROM proline_qbo.calls WHERE ended_at IS NULL ORDER BY id")
    return [row[0] for row in rows.fetchall()]


def test_the_calls_of_the_gone_end_also_when_they_came_late(connection: Connection) -> None:
    """A call inserted while its process was being judged is ended by the next beat."""
    gone, alive = (processes.register(connection, "worker") for _ in range(2))
    open_call(connection, gone)
    living_call = open_call(connection, alive)

    processes.declare_gone(connection, {gone: 0})
    after_first = open_calls(connection)
    open_call(connection, gone)
    processes.declare_gone(connection, {})

    assert after_first == [living_call]
    assert open_calls(connection) == [living_call]


def test_a_retired_process_leaves_no_call_and_no_claim(connection: Connection) -> None:
    """An orderly stop is seen at once."""
    process_id = processes.register(connection, "worker")
    processes.beat(connection, process_id, [uuid4()])
    open_call(connection, process_id)

    processes.retire(connection, process_id)

    assert processes.living(connection) == []
    assert open_calls(connection) == []


def test_processes_long_gone_are_forgotten(connection: Connection) -> None:
    """The table is bounded by the processes of a day."""
    process_id = processes.register(connection, "cli")
    processes.retire(connection, process_id)

    assert processes.forget_gone(connection) == 0
    assert processes.forget_gone(connection, after_hours=-1) == 1


def looks(watch: Watch, beats: dict[UUID, list[int]], times: list[float]) -> list[dict[UUID, int]]:
    """Let the leader look at each time, seeing each process's beats in turn."""
    return [
        watch.look({process_id: counts[n] for process_id, counts in beats.items()}, now=now)
        for n, now in enumerate(times)
    ]


def test_a_process_is_gone_after_four_looks_over_three_seconds() -> None:
    """Gone: no beat while the leader committed four of its own over at least three seconds."""
    seen = looks(Watch(), {A: [5, 5, 5, 5], B: [1, 2, 3, 4]}, [0.0, 1.0, 2.0, 3.0])

    assert seen == [{}, {}, {}, {A: 5}]


@pytest.mark.parametrize(
    "times", [[0.0, 0.9, 1.8, 2.7], [0.0, 2.0, 4.0]], ids=["under three seconds", "three looks"]
)
def test_neither_fewer_looks_nor_a_shorter_time_judge(times: list[float]) -> None:
    """Both are asked for: a fast leader must be patient, a slow one must look often enough."""
    seen = looks(Watch(), {A: [5] * len(times)}, times)

    assert seen[-1] == {}


def test_a_beat_starts_the_silence_anew() -> None:
    """Silence counts from the last beat seen."""
    seen = looks(Watch(), {A: [5, 5, 5, 6, 6, 6]}, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])

    assert seen[-1] == {}


def test_a_short_stall_is_no_silence() -> None:
    """What lies between two looks counts as one beat's time at most: nobody could beat either."""
    seen = looks(Watch(), {A: [5] * 6}, [0.0, 0.5, 2.95, 3.45, 3.95, 4.45])

    assert seen == [{}, {}, {}, {}, {}, {A: 5}]


def test_a_leader_that_looks_twice_a_second_waits_as_long() -> None:
    """It only sees sooner which beat was the last."""
    seen = looks(Watch(), {A: [5] * 7}, [0.5 * look for look in range(7)])

    assert seen == [*[{}] * 6, {A: 5}]


def test_a_stall_that_silences_everybody_judges_nobody() -> None:
    """After a gap in the leader's own looks everybody has the whole time again."""
    watch = Watch()
    looks(watch, {A: [5, 5, 5]}, [0.0, 1.0, 2.0])

    after = looks(watch, {A: [5, 5, 5]}, [12.0, 13.0, 14.0])

    assert after == [{}, {}, {}]
