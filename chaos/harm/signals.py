"""Signals to a process of the system, each written down."""

import signal
from random import Random
from typing import Final

from chaos.harm.diary import Manner
from chaos.harm.scene import Scene
from chaos.platform import Member

FREEZE_SECONDS: Final = (0.5, 7.0)
"""From a hiccup to longer than a process may be silent before another takes its place."""


def any_of(scene: Scene, chance: Random, kind: str) -> Member | None:
    """Choose one that is at work; None: none is."""
    working = scene.platform.at_work(kind)
    return chance.choice(working) if working else None


def send(
    scene: Scene, member: Member | None, part: str, number: signal.Signals, manner: Manner
) -> bool:
    """Send a signal; False: there is nobody, or nobody any more."""
    if member is None or scene.platform.signal(member, number) is None:
        return False
    scene.diary.write(part, manner, member.name)
    return True


def freeze(scene: Scene, member: Member | None, part: str, seconds: float) -> bool:
    """Freeze a process for so long; if it has ended meanwhile, nothing more is done."""
    pid = None if member is None else scene.platform.signal(member, signal.SIGSTOP)
    if member is None or pid is None:
        return False
    scene.diary.write(part, Manner.FROZEN, f"{member.name} for {seconds:.1f} s")
    scene.pause(seconds)
    if member.pid == pid:
        scene.platform.signal(member, signal.SIGCONT)
    return True
