"""The platform under the system: it keeps so many relays and workers running, whatever ends.

As Kubernetes or an init system would: who ends is started anew, after a short pause. Processes are
forked from one that has imported everything, so that a new one is there at once.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.zygote import Zygote

LOOK_SECONDS: Final = 0.1
PAUSE_SECONDS: Final = 0.5
STOP_SECONDS: Final = 40.0


@dataclass
class Member:
    """One place that the platform keeps filled.

    Attributes:
        pid: of the process that fills it now; None: it has ended, and the next is not there yet.
        exits: how often its processes ended with which exit code; a negative one is a signal's.
    """

    name: str
    kind: str
    pid: int | None = None
    ended_at: float = 0.0
    exits: Counter[int] = field(default_factory=Counter)


@dataclass
class Platform:
    """Keeps its members running until it is left.

    Args:
        zygote: forks them.
        environment: all that each has.
        home: where their logs go.
    """

    zygote: Zygote
    environment: Mapping[str, str]
    home: Path
    members: list[Member] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _left: threading.Event = field(default_factory=threading.Event)
    _broke: Exception | None = None

    @contextmanager
    def keeping(self, processes: Mapping[str, int]) -> Iterator[None]:
        """Run so many of each kind for as long as the block lasts, then ask all to stop."""
        self.members = [
            Member(f"{kind} {number}", kind)
            for kind, wanted in processes.items()
            for number in range(1, wanted + 1)
        ]
        watching = threading.Thread(target=self._watch, name="platform")
        watching.start()
        try:
            yield
        finally:
            self._left.set()
            watching.join()
            self._stop()

    def running(self, kind: str) -> list[Member]:
        """List the members of a kind that are filled."""
        return [each for each in self.members if each.kind == kind and each.pid is not None]

    def note_ends(self) -> None:
        """Look who has ended, now."""
        for member in self.members:
            with self._lock:
                self._note_end(member)

    def signal(self, member: Member, number: signal.Signals) -> int | None:
        """Send a signal to the living process of a member and give its id; None: there is none."""
        with self._lock:
            self._note_end(member)
            if member.pid is not None:
                os.kill(member.pid, number)
            return member.pid

    def assert_watching(self) -> None:
        """See that members are still looked after.

        Raises:
            RuntimeError: the watch itself broke.
        """
        if self._broke is not None:
            raise RuntimeError("the platform no longer looks after its processes") from self._broke

    def _watch(self) -> None:
        try:
            while not self._left.wait(LOOK_SECONDS):
                for member in self.members:
                    with self._lock:
                        self._look_after(member)
        except Exception as error:  # noqa: BLE001  # told by `assert_watching`
            self._broke = error

    def _look_after(self, member: Member) -> None:
        self._note_end(member)
        if member.pid is None and time.monotonic() - member.ended_at >= PAUSE_SECONDS:
            member.pid = self.zygote.start([member.kind], self.environment, self._log(member))

    def _note_end(self, member: Member) -> None:
        code = None if member.pid is None else self.zygote.exit_code(member.pid)
        if code is not None:
            member.pid, member.ended_at = None, time.monotonic()
            member.exits[code] += 1

    def _stop(self) -> None:
        running = [each.pid for each in self.members if each.pid is not None]
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while any(self.zygote.exit_code(pid) is None for pid in running):
            if time.monotonic() > until:
                return  # the zygote kills what is left
            time.sleep(LOOK_SECONDS)

    def _log(self, member: Member) -> Path:
        return self.home / f"{member.name.replace(' ', '-')}.log"
