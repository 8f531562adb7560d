"""Harm to workers; how long a killed one's records stay its own is measured."""

import signal
from random import Random
from time import monotonic
from typing import Final

from chaos.harm.diary import TAKE_OVER_SECONDS, Manner
from chaos.harm.relays import FREEZE_SECONDS, freeze
from chaos.harm.scene import Scene
from chaos.platform import Member

LOOK_FOR_CLAIMS_SECONDS: Final = 2.0
WAIT_SECONDS: Final = 3 * TAKE_OVER_SECONDS


def kill(scene: Scene, chance: Random) -> None:
    """Kill one, whatever else happens at the same time."""
    member = _any(scene, chance)
    if member is not None and scene.platform.signal(member, signal.SIGKILL) is not None:
        scene.diary.write("worker", Manner.KILLED, member.name)


def kill_in_its_claims(scene: Scene, chance: Random) -> None:
    """Kill one that has claims, alone: see how long they stay its own, and whether others wait."""
    if not scene.wait_until_well():
        return
    member = _any(scene, chance)
    if member is None or member.pid is None:
        return
    pid = member.pid
    scene.wait(lambda: scene.claims_of(pid), LOOK_FOR_CLAIMS_SECONDS)
    held = scene.claims_of(pid)
    if scene.platform.signal(member, signal.SIGKILL) != pid:
        return
    killed_at, began = scene.now(), monotonic()
    scene.diary.write("worker", Manner.KILLED, f"{member.name} with {held or 0} claims")
    others = scene.wait(lambda: scene.answered_since(killed_at), WAIT_SECONDS)
    scene.diary.went_on(f"the others' work after {member.name} was killed", others)
    if held:
        taken = scene.wait(lambda: scene.claims_of(pid) == 0, WAIT_SECONDS) is not None
        took = monotonic() - began if taken else None
        scene.diary.taken_over(f"{held} records of {member.name}", took)


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
