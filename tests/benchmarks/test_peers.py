"""The peers of the throughput benchmark are judged by what their jobs noted, by nothing else."""

from itertools import pairwise
from pathlib import Path

from benchmarks.peers import dramatiq
from benchmarks.peers.job import Done, Job, read
from benchmarks.peers.running import Task, judge
from benchmarks.stage import Servers


def test_what_keeps_its_keys_order_has_nothing_against_it() -> None:
    """Two keys may run at once: the order is each key's own."""
    noted = [Done(1, 0, 0.0, 1.0), Done(2, 0, 0.5, 1.5), Done(1, 1, 1.0, 2.0), Done(2, 1, 1.5, 2.5)]

    run = judge(noted, jobs=4)

    assert (run.overlapped, run.out_of_order, run.repeated) == (0, 0, 0)
    assert (run.done, run.seconds, run.jobs_per_second) == (4, 2.5, 1.6)


def test_two_jobs_of_a_key_at_once_are_an_overlap() -> None:
    """It counts against a long job too, which others of its key begin and end within."""
    noted = [Done(1, 0, 0.0, 9.0), Done(1, 1, 1.0, 2.0), Done(1, 2, 3.0, 4.0), Done(1, 3, 9.0, 9.5)]

    assert judge(noted, jobs=4).overlapped == 2


def test_a_job_that_begins_after_a_later_one_of_its_key_is_out_of_order() -> None:
    """Whoever was overtaken counts, in whatever order the notes stand in the file."""
    noted = [Done(1, 0, 3.0, 4.0), Done(1, 1, 5.0, 6.0), Done(1, 2, 1.0, 2.0)]

    assert judge(noted, jobs=3).out_of_order == 2


def test_a_job_that_is_done_twice_makes_nobody_faster() -> None:
    """The rate is of different jobs, also where the limit came before the last."""
    noted = [Done(1, 0, 0.0, 1.0), Done(1, 0, 1.0, 2.0)]

    run = judge(noted, jobs=10)

    assert (run.done, run.repeated, run.jobs_per_second) == (1, 1, 0.5)


def test_nothing_done_is_no_rate() -> None:
    """A peer that did not begin within the limit is told as such."""
    assert judge([], jobs=10).jobs_per_second == 0.0


def test_the_keys_are_mixed_and_each_keys_jobs_stand_in_their_order() -> None:
    """Jobs of a key that never stand close together would hide who keeps no order."""
    task = Task("", 1_000, 20, "")
    orders = task.orders()

    assert orders == task.orders()
    for key in range(20):
        assert [number for of, number in orders if of == key] == list(range(50))
    assert any(one[0] == next_one[0] for one, next_one in pairwise(orders))


def test_what_a_job_notes_is_read_again(tmp_path: Path) -> None:
    """Two workers append to one file."""
    for number in range(2):
        Job(tmp_path / "notes")(7, number)

    noted = list(read(tmp_path / "notes"))

    assert [(done.key, done.number) for done in noted] == [(7, 0), (7, 1)]
    assert noted[0].began <= noted[0].ended <= noted[1].began


def test_a_peer_is_run_by_two_processes_and_leaves_nothing_behind(amqp_url: str) -> None:
    """A run does every job of its own, and nothing that another run has left."""
    servers = Servers("", amqp_url)

    runs = [dramatiq.jobs_per_second(servers, jobs=jobs, keys=5) for jobs in (40, 30)]

    assert [(run.done, run.repeated) for run in runs] == [(40, 0), (30, 0)]
