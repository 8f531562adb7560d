"""Harm to RabbitMQ and PostgreSQL; how soon work goes on once they are back is measured."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

import psycopg

from app.rabbitmq import PrivateRabbitmqFailed
from chaos.harm.diary import Manner, Measure
from chaos.harm.scene import Scene
from chaos.harm.signals import send

ALARM_SECONDS: Final = (1.0, 5.0)
DOWN_SECONDS: Final = (0.0, 3.0)
LOOK_FOR_MESSAGES_SECONDS: Final = 2.0
WAIT_SECONDS: Final = 30.0
OURS: Final = "proline-qbo%"
_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE %s
"""
# In one breath: what consumers had in hand lies in the queues again, and is thrown away.
_EMPTY: Final = """
Queues = rabbit_amqqueue:list(),
[rabbit_networking:close_connection(Each, "chaos") || Each <- rabbit_networking:connections()],
timer:sleep(200),
lists:sum([Count || {ok, Count} <- [rabbit_amqqueue:purge(Each) || Each <- Queues]]).
"""


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    start: Callable[[], object]
    measure: Measure


def crash_rabbitmq(scene: Scene, chance: Random) -> bool:
    """Kill the broker and start it again on the data it has."""
    return _end(scene, chance, _rabbitmq(scene), scene.rabbitmq.kill, Manner.KILLED)


def restart_rabbitmq(scene: Scene, chance: Random) -> bool:
    """Restart the broker in order, as for an update."""
    return _end(scene, chance, _rabbitmq(scene), scene.rabbitmq.stop, Manner.STOPPED)


def crash_postgres(scene: Scene, chance: Random) -> bool:
    """Crash the database and start it again."""
    return _end(scene, chance, _postgres(scene), scene.postgres.kill, Manner.KILLED)


def restart_postgres(scene: Scene, chance: Random) -> bool:
    """Restart the database in order, as for an update."""
    return _end(scene, chance, _postgres(scene), scene.postgres.stop, Manner.STOPPED)


def cut_sessions(scene: Scene, chance: Random) -> bool:
    """Cut every session of relays and workers, as a failover or a network does."""
    del chance
    try:
        with psycopg.connect(scene.postgres.url, connect_timeout=5) as connection:
            cut = connection.execute(_CUT, [OURS]).fetchone()
    except psycopg.OperationalError:
        scene.diary.gave_up("sessions were not cut: the database is away")
        return False
    scene.diary.write("postgres", Manner.CUT, f"{cut and cut[0]} sessions of relays and workers")
    return bool(cut and cut[0])


def close_connections(scene: Scene, chance: Random) -> bool:
    """Have the broker close every connection."""
    del chance
    return _tell_rabbitmq(scene, "its connections", "close_all_connections", "chaos") is not None


def lose_messages(scene: Scene, chance: Random) -> bool:
    """Lose every message there is: those in the queues, and those in the memory of workers.

    Workers stand still while the broker takes back what they had and empties its queues; then they
    are killed. It is measured how soon what was handed out and lost is claimed all the same.
    """
    del chance
    if not scene.wait_until_well():
        return False
    if scene.wait(scene.unclaimed, LOOK_FOR_MESSAGES_SECONDS) is None:
        return False
    if not scene.platform.all_at_work("worker"):
        return False  # the one that comes back meanwhile would take what is to be lost
    workers = scene.platform.at_work("worker")
    for each in workers:
        scene.platform.signal(each, signal.SIGSTOP)
    tokens = scene.unclaimed()
    lost = _tell_rabbitmq(scene, "all messages thrown away", "eval", _EMPTY)
    for each in workers:
        send(scene, each, "worker", signal.SIGKILL, Manner.KILLED)
    if not tokens or not lost or not int(lost):
        return False
    took = scene.wait(lambda: scene.unclaimed(tokens) == [], WAIT_SECONDS)
    scene.diary.recovered(Measure.SENT_AGAIN, took, f"{int(lost)} lost, {len(tokens)} unclaimed")
    return True


def alarm_memory(scene: Scene, chance: Random) -> bool:
    """Let the broker run out of memory for a while: it blocks who publishes."""
    return _alarm(scene, chance, "memory", "set_vm_memory_high_watermark", "absolute", "1")


def alarm_disk(scene: Scene, chance: Random) -> bool:
    """Let the broker run out of disk for a while: it blocks who publishes."""
    return _alarm(scene, chance, "disk", "set_disk_free_limit", "100000GB")


def lift_alarms(scene: Scene) -> None:
    """Let the broker have memory and disk again."""
    for command in (("set_vm_memory_high_watermark", "0.4"), ("set_disk_free_limit", "1MB")):
        try:
            scene.rabbitmq.ctl(*command)
        except PrivateRabbitmqFailed as failed:
            scene.diary.gave_up(f"an alarm was not lifted: {failed}")


def _rabbitmq(scene: Scene) -> _Server:
    return _Server("rabbitmq", scene.rabbitmq.start, Measure.AFTER_RABBITMQ)


def _postgres(scene: Scene) -> _Server:
    return _Server("postgres", scene.postgres.start, Measure.AFTER_POSTGRES)


def _end(
    scene: Scene, chance: Random, server: _Server, end: Callable[[], None], manner: Manner
) -> bool:
    if not scene.wait_until_well():
        return False
    try:
        end()
    except PrivateRabbitmqFailed as failed:
        scene.diary.gave_up(f"RabbitMQ did not end: {failed}")
        return False
    scene.diary.write(server.name, manner, "its processes")
    scene.pause(chance.uniform(*DOWN_SECONDS))
    server.start()
    _resumes(scene, server.measure)
    return True


def _resumes(scene: Scene, measure: Measure) -> None:
    """Measure from the server's return to the answer to a change that ProLine made after it."""
    marks: list[int] = []

    def has_gone_the_whole_way() -> bool:
        if not marks:
            newest = scene.newest_event()
            marks.extend([] if newest is None else [newest])
            return False
        return scene.answered_beyond(marks[0])

    scene.diary.recovered(measure, scene.wait(has_gone_the_whole_way, WAIT_SECONDS))


def _alarm(scene: Scene, chance: Random, of: str, *command: str) -> bool:
    was_set = _tell_rabbitmq(scene, f"{of} alarm", *command) is not None
    scene.pause(chance.uniform(*ALARM_SECONDS))
    lift_alarms(scene)
    return was_set


def _tell_rabbitmq(scene: Scene, what: str, *command: str) -> str | None:
    """Give what it said; None: it could not do it."""
    try:
        said = scene.rabbitmq.ctl(*command)
    except PrivateRabbitmqFailed as failed:
        scene.diary.gave_up(f"{what}: {failed}")
        return None
    scene.diary.write("rabbitmq", Manner.CUT, what)
    return said
