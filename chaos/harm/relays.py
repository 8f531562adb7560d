"""Harm to relays: the one that leads and the one that stands by."""

import signal
from random import Random
from typing import Final

from chaos.harm.diary import Manner
from chaos.harm.scene import Scene
from chaos.platform import Member

FREEZE_SECONDS: Final = (0.5, 7.0)
"""From a hiccup to longer than a process may be silent before another takes its place."""
LEADER: Final = "leader"
STANDBY: Final = "standby"


def kill_leader(scene: Scene, chance: Random) -> None:
    """Kill the relay that leads."""
    _send(scene, chance, LEADER, signal.SIGKILL, Manner.KILLED)


def kill_standby(scene: Scene, chance: Random) -> None:
    """Kill the relay that stands by."""
    _send(scene, chance, STANDBY, signal.SIGKILL, Manner.KILLED)


def freeze_leader(scene: Scene, chance: Random) -> None:
    """Freeze the relay that leads, in the middle of whatever it does."""
    member = _chosen(scene, chance, LEADER)
    freeze(scene, member, LEADER, chance.uniform(*FREEZE_SECONDS))


def freeze_standby(scene: Scene, chance: Random) -> None:
    """Freeze the relay that stands by."""
    member = _chosen(scene, chance, STANDBY)
    freeze(scene, member, STANDBY, chance.uniform(*FREEZE_SECONDS))


def stop_leader(scene: Scene, chance: Random) -> None:
    """Ask the leading relay to stop, as a deployment does."""
    _send(scene, chance, LEADER, signal.SIGTERM, Manner.STOPPED)


def freeze(scene: Scene, member: Member | None, part: str, seconds: float) -> None:
    """Freeze a process for so long; if it has ended meanwhile, nothing more is done."""
    pid = None if member is None else scene.platform.signal(member, signal.SIGSTOP)
    if member is None or pid is None:
        return
    scene.diary.write(part, Manner.FROZEN, f"{member.name} for {seconds:.1f} s")
    scene.pause(seconds)
    if member.pid == pid:
        scene.platform.signal(member, signal.SIGCONT)


def _send(scene: Scene, chance: Random, part: str, number: signal.Signals, manner: Manner) -> None:
    member = _chosen(scene, chance, part)
    if member is not None and scene.platform.signal(member, number) is not None:
        scene.diary.write(part, manner, member.name)


def _chosen(scene: Scene, chance: Random, part: str) -> Member | None:
    """Find the leader, or somebody else; None: there is nobody, or nobody can be asked who."""
    leader = scene.leader()
    if part == LEADER or leader is None:
        return leader
    others = [each for each in scene.platform.running("relay") if each is not leader]
    return chance.choice(others) if others else None
