"""A suspect runs alone in its process: the others finish first, and nobody begins before it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from workers.solitude import Solitude

LIMIT_SECONDS = 10.0
ROUNDS = 60
THREADS = 8


class Room:
    """Who is in, and whether somebody who should have been alone ever was not."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._inside = 0
        self.breaches = 0
        self.most = 0

    def stay(self, door: AbstractContextManager[None], *, alone: bool) -> None:
        """Go in, look around, and leave."""
        with door:
            with self._lock:
                self._inside += 1
                self.most = max(self.most, self._inside)
            for _ in range(3):
                threading.Event().wait(0.0005)
                with self._lock:
                    self.breaches += alone and self._inside > 1
            with self._lock:
                self._inside -= 1


def crowd(solitude: Solitude) -> Room:
    """Let threads come and go, every fifth alone."""
    room = Room()
    doors: list[tuple[Callable[[], AbstractContextManager[None]], bool]] = [
        (solitude.alone, True) if n % 5 == 0 else (solitude.together, False) for n in range(ROUNDS)
    ]
    with ThreadPoolExecutor(THREADS) as threads:
        stays = [threads.submit(room.stay, door(), alone=alone) for door, alone in doors]
        for each in stays:
            each.result(LIMIT_SECONDS)
    return room


def test_nothing_runs_beside_who_is_alone() -> None:
    """Whatever the threads do; and the others do run together."""
    room = crowd(Solitude())

    assert room.breaches == 0
    assert room.most > 1


def test_without_the_gate_it_would_have_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard taken out: the same crowd, and the check sees it."""
    monkeypatch.setattr(Solitude, "alone", Solitude.together)

    assert crowd(Solitude()).breaches > 0


def test_who_wants_to_be_alone_goes_before_who_comes_later() -> None:
    """Otherwise a busy process would never let it in."""
    solitude = Solitude()
    order: list[str] = []
    with ThreadPoolExecutor(2) as threads:
        with solitude.together():
            suspect = threads.submit(_note, solitude.alone(), order, "alone")
            _until(lambda: solitude._wanting == 1)
            late = threads.submit(_note, solitude.together(), order, "late")
            assert order == []
        suspect.result(LIMIT_SECONDS)
        late.result(LIMIT_SECONDS)

    assert order == ["alone", "late"]


def test_who_gave_up_waiting_to_be_alone_keeps_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever interrupted the wait: the others begin again."""
    solitude = Solitude()
    with monkeypatch.context() as patched:
        patched.setattr(solitude._changed, "wait_for", interrupted)
        with pytest.raises(KeyboardInterrupt), solitude.alone():
            raise AssertionError("it was alone")

    with solitude.together():
        assert solitude._together == 1


def interrupted(*_: object) -> bool:
    """Be interrupted."""
    raise KeyboardInterrupt


def _note(door: AbstractContextManager[None], order: list[str], name: str) -> None:
    with door:
        order.append(name)


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")
