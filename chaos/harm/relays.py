"""Harm to relays: the one that leads and the one that stands by."""

import signal
from random import Random
from typing import Final

from chaos.harm.diary import Manner
from chaos.harm.scene import Scene
from chaos.platform import Member

FREEZE_SECONDS: Final = (0.5, 7.0)
"""From a hiccup to longer than a process may be silent before another takes its place."""


def kill_leader(scene: Scene, chance: Random) -> None:
    """Kill the relay that leads."""
    _kill(scene, _leader_or_any(scene, chance), "leader")


def kill_standby(scene: Scene, chance: Random) -> None:
    """Kill the relay that stands by."""
    leader = scene.leader()
    others = [each for each in scene.platform.running("relay") if each is not leader]
    _kill(scene, chance.choice(others) if others else None, "standby")


def freeze_leader(scene: Scene, chance: Random) -> None:
    """Freeze the relay that leads, in the middle of whatever it does."""
    freeze(scene, _leader_or_any(scene, chance), "leader", chance.uniform(*FREEZE_SECONDS))


def stop_leader(scene: Scene, chance: Random) -> None:
    """Ask the leading relay to stop, as a deployment does."""
    member = _leader_or_any(scene, chance)
    if member is not None and scene.platform.signal(member, signal.SIGTERM) is not None:
        scene.diary.write("leader", Manner.STOPPED, member.name)


def freeze(scene: Scene, member: Member | None, part: str, seconds: float) -> None:
    """Freeze a process for so long; if it has ended meanwhile, nothing more is done."""
    if member is None:
        return
    pid = scene.platform.signal(member, signal.SIGSTOP)
    if pid is None:
        return
    scene.diary.write(part, Manner.FROZEN, f"{member.name} for {seconds:.1f} s")
    scene.pause(seconds)
    if member.pid == pid:
        scene.platform.signal(member, signal.SIGCONT)


def _kill(scene: Scene, member: Member | None, part: str) -> None:
    if member is not None and scene.platform.signal(member, signal.SIGKILL) is not None:
        scene.diary.write(part, Manner.KILLED, member.name)


def _leader_or_any(scene: Scene, chance: Random) -> Member | None:
    running = scene.platform.running("relay")
    return scene.leader() or (chance.choice(running) if running else None)
