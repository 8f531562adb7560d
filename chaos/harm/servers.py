"""Harm to RabbitMQ and PostgreSQL; how soon work goes on once they are back is measured."""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

import psycopg

from app.rabbitmq import PrivateRabbitmqFailed
from broker.routing import QUEUES
from chaos.harm.diary import RESUME_SECONDS, Manner
from chaos.harm.scene import Scene

ALARM_SECONDS: Final = (1.0, 5.0)
DOWN_SECONDS: Final = (0.0, 3.0)
WAIT_SECONDS: Final = 3 * RESUME_SECONDS
OURS: Final = "proline-qbo%"
_CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE %s"
)


def crash_rabbitmq(scene: Scene, chance: Random) -> None:
    """Kill the broker and start it again on the data it has."""
    scene.wait_until_well()
    scene.rabbitmq.kill()
    scene.diary.write("rabbitmq", Manner.KILLED, "its node")
    scene.pause(chance.uniform(*DOWN_SECONDS))
    scene.rabbitmq.start()
    _resumes(scene, "RabbitMQ")


def crash_postgres(scene: Scene, chance: Random) -> None:
    """Crash the database and start it again."""
    _restart(scene, chance, scene.postgres.kill)
    scene.diary.write("postgres", Manner.KILLED, "the server")


def restart_postgres(scene: Scene, chance: Random) -> None:
    """Restart the database in order, as for an update."""
    _restart(scene, chance, scene.postgres.stop)
    scene.diary.write("postgres", Manner.STOPPED, "the server")


def cut_sessions(scene: Scene, chance: Random) -> None:
    """Cut every session of relays and workers, as a failover or a network does."""
    del chance
    with suppress(psycopg.OperationalError):
        with psycopg.connect(scene.postgres.url, connect_timeout=5) as connection:
            connection.execute(_CUT, [OURS])
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
    _tell_rabbitmq(scene, "memory alarm over", "set_vm_memory_high_watermark", "0.4")


def alarm_disk(scene: Scene, chance: Random) -> None:
    """Let the broker run out of disk for a while: it blocks who publishes."""
    _tell_rabbitmq(scene, "disk alarm", "set_disk_free_limit", "100000GB")
    scene.pause(chance.uniform(*ALARM_SECONDS))
    _tell_rabbitmq(scene, "disk alarm over", "set_disk_free_limit", "1MB")


def _restart(scene: Scene, chance: Random, end: Callable[[], None]) -> None:
    scene.wait_until_well()
    end()
    scene.pause(chance.uniform(*DOWN_SECONDS))
    scene.postgres.start()
    _resumes(scene, "PostgreSQL")


def _resumes(scene: Scene, what: str) -> None:
    """Measure from the server's return to the answer of a call that began after it."""
    came_back = scene.now()
    took = scene.wait(lambda: scene.answered_since(came_back), WAIT_SECONDS)
    scene.diary.resumed(f"work after {what} came back", took)


def _tell_rabbitmq(scene: Scene, what: str, *command: str) -> None:
    try:
        scene.rabbitmq.ctl(*command)
    except PrivateRabbitmqFailed as failed:
        scene.diary.gave_up(f"{what}: {failed}")
    else:
        scene.diary.write("rabbitmq", Manner.CUT, what)
