"""Harm to relays: the one that leads and the one that stands by."""

import signal
from random import Random
from typing import Final

from chaos.harm.diary import Manner
from chaos.harm.scene import Scene
from chaos.harm.signals import FREEZE_SECONDS, freeze, send
from chaos.platform import Member

LEADER: Final = "leader"
STANDBY: Final = "standby"


def kill_leader(scene: Scene, chance: Random) -> bool:
    """Kill the relay that leads."""
    return send(scene, _chosen(scene, chance, LEADER), LEADER, signal.SIGKILL, Manner.KILLED)


def kill_standby(scene: Scene, chance: Random) -> bool:
    """Kill the relay that stands by."""
    return send(scene, _chosen(scene, chance, STANDBY), STANDBY, signal.SIGKILL, Manner.KILLED)


def freeze_leader(scene: Scene, chance: Random) -> bool:
    """Freeze the relay that leads, in the middle of whatever it does."""
    member = _chosen(scene, chance, LEADER)
    return freeze(scene, member, LEADER, chance.uniform(*FREEZE_SECONDS))


def freeze_standby(scene: Scene, chance: Random) -> bool:
    """Freeze the relay that stands by."""
    member = _chosen(scene, chance, STANDBY)
    return freeze(scene, member, STANDBY, chance.uniform(*FREEZE_SECONDS))


def stop_leader(scene: Scene, chance: Random) -> bool:
    """Ask the leading relay to stop, as a deployment does."""
    return send(scene, _chosen(scene, chance, LEADER), LEADER, signal.SIGTERM, Manner.STOPPED)


def _chosen(scene: Scene, chance: Random, part: str) -> Member | None:
    """Find the leader, or somebody else; None: there is nobody, or nobody can be asked who."""
    leader = scene.leader()
    if part == LEADER or leader is None:
        return leader
    others = [each for each in scene.platform.at_work("relay") if each is not leader]
    return chance.choice(others) if others else None
