"""Harm to workers; how long a killed one's records stay its own is measured."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from threading import Thread
from typing import Final

from chaos.harm.diary import Manner, Measure
from chaos.harm.scene import Scene
from chaos.harm.signals import FREEZE_SECONDS, any_of, freeze, send

STALL_SECONDS: Final = (30.0, 60.0, 145.0)
"""Longer than a call may take, than a minute's limit, and than QuickBooks has for an answer."""
LOOK_FOR_CLAIMS_SECONDS: Final = 2.0
WAIT_SECONDS: Final = 20.0


def kill(scene: Scene, chance: Random) -> bool:
    """Kill one, whatever else happens at the same time."""
    member = any_of(scene, chance, "worker")
    return send(scene, member, "worker", signal.SIGKILL, Manner.KILLED)


def freeze_one(scene: Scene, chance: Random) -> bool:
    """Freeze one in the middle of whatever its threads do."""
    member = any_of(scene, chance, "worker")
    return freeze(scene, member, "worker", chance.uniform(*FREEZE_SECONDS))


def stall(scene: Scene, chance: Random) -> bool:
    """Let one stand still for so long that others have done all of its work; harm goes on.

    Not while another does not work: nothing could be measured while one is left.
    """
    member, seconds = any_of(scene, chance, "worker"), chance.choice(STALL_SECONDS)
    if member is None or not scene.platform.all_at_work("worker"):
        return False
    if (pid := scene.platform.signal(member, signal.SIGSTOP)) is None:
        return False
    scene.diary.write("worker", Manner.FROZEN, f"{member.name} for {seconds:.0f} s")

    def thaw() -> None:
        scene.pause(seconds)
        if member.pid == pid:
            scene.platform.signal(member, signal.SIGCONT)

    Thread(target=thaw, name="thaw").start()
    return True


def stop_one(scene: Scene, chance: Random) -> bool:
    """Ask one to stop, as a deployment does."""
    member = any_of(scene, chance, "worker")
    return send(scene, member, "worker", signal.SIGTERM, Manner.STOPPED)


@dataclass(frozen=True, slots=True)
class _Killed:
    """A worker that was killed.

    Attributes:
        held: what it still held once it was dead; the rest it had settled before.
    """

    name: str
    pid: int
    at: datetime
    held: list[int]


def kill_in_its_claims(scene: Scene, chance: Random) -> bool:
    """Kill one that has claims, alone.

    See how long they stay its own, how soon another goes on with them, and whether others wait.
    """
    killed = _kill_in_its_claims(scene, chance) if scene.wait_until_well() else None
    if killed is None:
        return False
    scene.diary.write("worker", Manner.KILLED, f"{killed.name} with {len(killed.held)} claims")
    took = scene.wait_for_each(_recoveries(scene, killed), WAIT_SECONDS)
    counts = scene.going_on(killed.held, killed.pid, killed.at)
    if took.get(Measure.WENT_ON) is not None and counts is not None and counts[1] == 0:
        del took[Measure.WENT_ON]  # all of them wait as they must: that says nothing
    for measure, seconds in took.items():
        scene.diary.recovered(measure, seconds, f"{len(killed.held)} of {killed.name}")
    return True


def _kill_in_its_claims(scene: Scene, chance: Random) -> _Killed | None:
    member = any_of(scene, chance, "worker")
    if member is None or member.pid is None:
        return None
    pid = member.pid
    scene.wait(lambda: scene.claims_of(pid), LOOK_FOR_CLAIMS_SECONDS)
    if scene.platform.signal(member, signal.SIGKILL) != pid:
        return None
    killed_at = datetime.now(UTC)
    return _Killed(member.name, pid, killed_at, scene.claims_of(pid) or [])


def _recoveries(scene: Scene, killed: _Killed) -> dict[Measure, Callable[[], bool]]:
    """Say what is measured, and when each of it has come."""
    held, pid, at = killed.held, killed.pid, killed.at
    waiting = scene.waiting(held, pid, at, unclaimed=True)

    def all_are_served() -> bool:
        # Who had an answer, has nothing left or must wait is not asked about again.
        now = scene.waiting(held, pid, at)
        if now is not None and waiting is not None:
            waiting.intersection_update(now)
        return now is not None and not waiting

    def none_stands_still() -> bool:
        counts = scene.going_on(held, pid, at)
        return counts is not None and counts[0] == 0

    conditions: dict[Measure, Callable[[], bool]] = {
        Measure.OTHERS: lambda: scene.answered_since(at)
    }
    if waiting:
        conditions[Measure.EACH_COMPANY] = all_are_served
    if held:
        conditions[Measure.TAKEN_OVER] = lambda: scene.claims_of(pid) == []
        conditions[Measure.WENT_ON] = none_stands_still
    return conditions
