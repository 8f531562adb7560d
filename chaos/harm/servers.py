"""Harm to RabbitMQ and PostgreSQL; how soon work goes on once they are back is measured."""

from collections.abc import Callable
from random import Random
from typing import Final

import psycopg

from app.rabbitmq import PrivateRabbitmqFailed
from broker.routing import QUEUES
from chaos.harm.diary import Manner, Measure
from chaos.harm.scene import Scene

ALARM_SECONDS: Final = (1.0, 5.0)
DOWN_SECONDS: Final = (0.0, 3.0)
WAIT_SECONDS: Final = 30.0
OURS: Final = "proline-qbo%"
_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE %s
"""


def crash_rabbitmq(scene: Scene, chance: Random) -> None:
    """Kill the broker and start it again on the data it has."""
    _end_rabbitmq(scene, chance, scene.rabbitmq.kill, Manner.KILLED)


def restart_rabbitmq(scene: Scene, chance: Random) -> None:
    """Restart the broker in order, as for an update."""
    _end_rabbitmq(scene, chance, scene.rabbitmq.stop, Manner.STOPPED)


def crash_postgres(scene: Scene, chance: Random) -> None:
    """Crash the database and start it again."""
    _end_postgres(scene, chance, scene.postgres.kill, Manner.KILLED)


def restart_postgres(scene: Scene, chance: Random) -> None:
    """Restart the database in order, as for an update."""
    _end_postgres(scene, chance, scene.postgres.stop, Manner.STOPPED)


def cut_sessions(scene: Scene, chance: Random) -> None:
    """Cut every session of relays and workers, as a failover or a network does."""
    del chance
    try:
        with psycopg.connect(scene.postgres.url, connect_timeout=5) as connection:
            connection.execute(_CUT, [OURS])
    except psycopg.OperationalError:
        scene.diary.gave_up("sessions were not cut: the database is away")
    else:
        scene.diary.write("postgres", Manner.CUT, "all sessions of relays and workers")


def close_connections(scene: Scene, chance: Random) -> None:
    """Have the broker close every connection."""
    del chance
    _tell_rabbitmq(scene, "its connections", "close_all_connections", "chaos")


def purge(scene: Scene, chance: Random) -> None:
    """Empty a queue: its messages are lost."""
    queue = chance.choice(list(QUEUES.values()))
    _tell_rabbitmq(scene, f"queue {queue} emptied", "purge_queue", queue)


def alarm_memory(scene: Scene, chance: Random) -> None:
    """Let the broker run out of memory for a while: it blocks who publishes."""
    _tell_rabbitmq(scene, "memory alarm", "set_vm_memory_high_watermark", "absolute", "1")
    scene.pause(chance.uniform(*ALARM_SECONDS))
    lift_alarms(scene)


def alarm_disk(scene: Scene, chance: Random) -> None:
    """Let the broker run out of disk for a while: it blocks who publishes."""
    _tell_rabbitmq(scene, "disk alarm", "set_disk_free_limit", "100000GB")
    scene.pause(chance.uniform(*ALARM_SECONDS))
    lift_alarms(scene)


def lift_alarms(scene: Scene) -> None:
    """Let the broker have memory and disk again."""
    for command in (("set_vm_memory_high_watermark", "0.4"), ("set_disk_free_limit", "1MB")):
        try:
            scene.rabbitmq.ctl(*command)
        except PrivateRabbitmqFailed as failed:
            scene.diary.gave_up(f"an alarm was not lifted: {failed}")


def _end_rabbitmq(scene: Scene, chance: Random, end: Callable[[], None], manner: Manner) -> None:
    if not scene.wait_until_well():
        return
    try:
        end()
    except PrivateRabbitmqFailed as failed:
        scene.diary.gave_up(f"RabbitMQ did not end: {failed}")
        return
    scene.diary.write("rabbitmq", manner, "its node")
    scene.pause(chance.uniform(*DOWN_SECONDS))
    scene.rabbitmq.start()
    _resumes(scene, Measure.AFTER_RABBITMQ)


def _end_postgres(scene: Scene, chance: Random, end: Callable[[], None], manner: Manner) -> None:
    if not scene.wait_until_well():
        return
    end()
    scene.diary.write("postgres", manner, "the server")
    scene.pause(chance.uniform(*DOWN_SECONDS))
    scene.postgres.start()
    _resumes(scene, Measure.AFTER_POSTGRES)


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


def _tell_rabbitmq(scene: Scene, what: str, *command: str) -> None:
    try:
        scene.rabbitmq.ctl(*command)
    except PrivateRabbitmqFailed as failed:
        scene.diary.gave_up(f"{what}: {failed}")
    else:
        scene.diary.write("rabbitmq", Manner.CUT, what)
