"""Harm to workers; how long a killed one's records stay its own is measured."""

import signal
from datetime import UTC, datetime
from random import Random
from typing import Final

from chaos.harm.diary import Manner, Measure
from chaos.harm.relays import FREEZE_SECONDS, freeze
from chaos.harm.scene import Scene
from chaos.platform import Member

LOOK_FOR_CLAIMS_SECONDS: Final = 2.0
WAIT_SECONDS: Final = 20.0


def kill(scene: Scene, chance: Random) -> None:
    """Kill one, whatever else happens at the same time."""
    member = _any(scene, chance)
    if member is not None and scene.platform.signal(member, signal.SIGKILL) is not None:
        scene.diary.write("worker", Manner.KILLED, member.name)


def kill_in_its_claims(scene: Scene, chance: Random) -> None:
    """Kill one that has claims, alone.

    See how long they stay its own, how soon another goes on with them, and whether others wait.
    """
    if not scene.wait_until_well():
        return
    member = _any(scene, chance)
    if member is None or member.pid is None:
        return
    pid = member.pid
    scene.wait(lambda: scene.claims_of(pid), LOOK_FOR_CLAIMS_SECONDS)
    if scene.platform.signal(member, signal.SIGKILL) != pid:
        return
    killed_at = datetime.now(UTC)
    # Only what it still holds now is taken over: the rest it had settled before it died.
    held = scene.claims_of(pid) or []
    scene.diary.write("worker", Manner.KILLED, f"{member.name} with {len(held)} claims")
    others = scene.waiting(held, pid, killed_at, unclaimed=True) or set()
    conditions = {Measure.OTHERS: lambda: scene.answered_since(killed_at)}
    if others:
        conditions[Measure.EACH_COMPANY] = lambda: _are_served(scene, others, held, pid, killed_at)
    if held:
        conditions[Measure.TAKEN_OVER] = lambda: scene.claims_of(pid) == []
        conditions[Measure.WENT_ON] = lambda: _stands_still(scene, held, pid, killed_at) == 0
    took = scene.wait_for_each(conditions, WAIT_SECONDS)
    counts = scene.going_on(held, pid, killed_at)
    if took.get(Measure.WENT_ON) is not None and counts is not None and counts[1] == 0:
        del took[Measure.WENT_ON]  # all of them wait as they must: that says nothing
    for measure, seconds in took.items():
        scene.diary.recovered(measure, seconds, f"{len(held)} of {member.name}")


def _are_served(
    scene: Scene, others: set[str], held: list[int], pid: int, killed_at: datetime
) -> bool:
    waiting = scene.waiting(held, pid, killed_at)
    if waiting is not None:
        others &= (
            waiting  # who had an answer, has nothing left or must wait is not asked about again
        )
    return waiting is not None and not others


def _stands_still(scene: Scene, held: list[int], pid: int, killed_at: datetime) -> int | None:
    counts = scene.going_on(held, pid, killed_at)
    return None if counts is None else counts[0]


def freeze_one(scene: Scene, chance: Random) -> None:
    """Freeze one in the middle of whatever its threads do."""
    freeze(scene, _any(scene, chance), "worker", chance.uniform(*FREEZE_SECONDS))


def stop_one(scene: Scene, chance: Random) -> None:
    """Ask one to stop, as a deployment does."""
    member = _any(scene, chance)
    if member is not None and scene.platform.signal(member, signal.SIGTERM) is not None:
        scene.diary.write("worker", Manner.STOPPED, member.name)


def _any(scene: Scene, chance: Random) -> Member | None:
    running = scene.platform.running("worker")
    return chance.choice(running) if running else None
