"""The platform under the system: it keeps so many relays and workers running, whatever ends.

As Kubernetes or an init system would: who ends is started anew, after a short pause. Processes are
forked from one that has imported everything, so that a new one is there at once.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import Final

from app.cli.failures import CANNOT
from app.standing import GONE
from tests.support.zygote import Zygote

LOOK_SECONDS: Final = 0.1
PAUSE_SECONDS: Final = 0.5
STOP_SECONDS: Final = 40.0
"""An orderly stop waits up to 30 s for calls, and settles them."""
START_SECONDS: Final = 30.0
"""A process that finds no server when it starts gives up within this time."""


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended.

    Attributes:
        code: its exit code; a negative one is a signal's. None: it ran on though it was to stop.
        sent: the signals that the platform had sent it.
        lived_seconds: since it was started.
        stopped_seconds: since it was asked to stop; None: it was not.
    """

    code: int | None
    sent: frozenset[Signals]
    lived_seconds: float
    stopped_seconds: float | None

    @property
    def is_expected(self) -> bool:
        """Whether a process may end so.

        It was killed; it stopped in order, and in time, as it was asked to, if need be before it
        could listen; it found no server when it started; or it was declared gone.
        """
        in_time = self.stopped_seconds is not None and self.stopped_seconds <= STOP_SECONDS
        starts = self.lived_seconds <= START_SECONDS
        expected: dict[int | None, bool] = {
            0: in_time,
            -Signals.SIGTERM: in_time and starts,
            -Signals.SIGKILL: Signals.SIGKILL in self.sent,
            CANNOT: starts,
            GONE: True,
        }
        return expected.get(self.code, False)

    def __str__(self) -> str:
        """Say it in a sentence's end."""
        ran = f"after {self.lived_seconds:.0f} s"
        ended = f"ended with exit code {self.code} {ran}" if self.code is not None else "ran on"
        asked = self.stopped_seconds
        return ended if asked is None else f"{ended}, {asked:.0f} s after it was asked to stop"


@dataclass
class Member:
    """One place that the platform keeps filled.

    Attributes:
        pid: of the process that fills it now; None: it has ended, and the next is not there yet.
        ends: how its processes ended, in order.
    """

    name: str
    kind: str
    pid: int | None = None
    ends: list[End] = field(default_factory=list)
    _started_at: float = 0.0
    _ended_at: float = 0.0
    _sent: dict[Signals, float] = field(default_factory=dict)
    _is_frozen: bool = False

    @property
    def is_at_work(self) -> bool:
        """Whether its process runs, is not frozen, and has not been asked to stop."""
        return self.pid is not None and not self._is_frozen and Signals.SIGTERM not in self._sent

    @property
    def is_due(self) -> bool:
        """Whether it has been empty for so long that it is to be filled."""
        return self.pid is None and time.monotonic() - self._ended_at >= PAUSE_SECONDS

    def started(self, pid: int) -> None:
        """Note that a process fills it."""
        self.pid, self._started_at = pid, time.monotonic()
        self._sent, self._is_frozen = {}, False

    def was_sent(self, number: Signals) -> None:
        """Note that its process was sent a signal."""
        self._sent.setdefault(number, time.monotonic())
        if number in {Signals.SIGSTOP, Signals.SIGCONT}:
            self._is_frozen = number is Signals.SIGSTOP

    def ended(self, code: int | None) -> None:
        """Note that its process has ended; None: it did not, though it had its time."""
        now, asked_at = time.monotonic(), self._sent.get(Signals.SIGTERM)
        stopped = None if asked_at is None else now - asked_at
        self.ends.append(End(code, frozenset(self._sent), now - self._started_at, stopped))
        self.pid, self._ended_at = None, now


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

    def at_work(self, kind: str) -> list[Member]:
        """List those that are not frozen either, and have not been asked to stop."""
        return [each for each in self.members if each.kind == kind and each.is_at_work]

    def all_at_work(self, kind: str) -> bool:
        """Whether each of them is."""
        return all(each.is_at_work for each in self.members if each.kind == kind)

    def note_ends(self) -> None:
        """Look who has ended, now."""
        for member in self.members:
            with self._lock:
                self._note_end(member)

    def signal(self, member: Member, number: Signals) -> int | None:
        """Send a signal to the living process of a member and give its id; None: there is none."""
        with self._lock:
            self._note_end(member)
            if member.pid is not None:
                os.kill(member.pid, number)
                member.was_sent(number)
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
        if member.is_due:
            member.started(self.zygote.start([member.kind], self.environment, self._log(member)))

    def _note_end(self, member: Member) -> None:
        code = None if member.pid is None else self.zygote.exit_code(member.pid)
        if code is not None:
            member.ended(code)

    def _stop(self) -> None:
        for member in self.members:
            self.signal(member, Signals.SIGCONT)
            self.signal(member, Signals.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until and any(each.pid is not None for each in self.members):
            time.sleep(LOOK_SECONDS)
            self.note_ends()
        for member in self.members:
            if member.pid is not None:
                member.ended(None)  # the zygote kills it

    def _log(self, member: Member) -> Path:
        return self.home / f"{member.name.replace(' ', '-')}.log"
