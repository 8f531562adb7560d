"""Plays a plan's steps as real ProLine transactions, at their time, and keeps when each committed.

Several writers work side by side. Steps of one strand are given to one writer, so a record's
changes stay in the plan's order and a child never comes before its parent.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Final
from zlib import crc32

from sqlalchemy.orm import Session, sessionmaker

from demo.scenario import Step, entity_of
from demo.transactions import perform

WRITERS: Final = 4

OnCommit = Callable[["Commit"], None]


@dataclass(frozen=True, slots=True)
class Commit:
    """That a change was committed in ProLine.

    Attributes:
        at: When the commit had returned, by this machine's clock: a moment after it was visible.
        entity: None for what the integration is not told of, such as a quote.
    """

    at: datetime
    company_id: str
    entity: str | None
    record_id: str


def play_now(sessions: sessionmaker[Session], steps: Iterable[Step]) -> list[Commit]:
    """Play steps one after the other, without regard to their time: history."""
    return [_commit(sessions, step) for step in steps]


def play_live(
    sessions: sessionmaker[Session],
    steps: Sequence[Step],
    *,
    on_commit: OnCommit | None = None,
    speed: float = 1.0,
    writers: int = WRITERS,
) -> list[Commit]:
    """Play steps at their seconds and return the commits in the order of their times.

    Args:
        sessions: Makes ProLine's sessions; a capture attached to it sees every commit.
        steps: In the plan's order.
        on_commit: Called after each commit by the thread that made it.
        speed: How many of the plan's seconds pass in one of ours.
        writers: How many transactions may run side by side.

    Raises:
        Exception: Whatever a transaction raised; the other writers then stop.
    """
    stop, began = Event(), monotonic()

    def write(strands: Sequence[Step]) -> list[Commit]:
        commits = []
        for step in strands:
            if stop.wait(max(0.0, began + step.at_seconds / speed - monotonic())):
                break
            commits.append(_commit(sessions, step))
            if on_commit is not None:
                on_commit(commits[-1])
        return commits

    with ThreadPoolExecutor(writers, thread_name_prefix="proline") as threads:
        running = [threads.submit(write, part) for part in _parts(steps, writers)]
        wait(running, return_when=FIRST_EXCEPTION)
        if any(future.done() and future.exception() for future in running):
            stop.set()
    commits = [commit for future in running for commit in future.result()]
    return sorted(commits, key=lambda commit: commit.at)


def _parts(steps: Sequence[Step], writers: int) -> list[list[Step]]:
    parts: list[list[Step]] = [[] for _ in range(writers)]
    for step in steps:
        parts[crc32(step.strand.encode()) % writers].append(step)
    return parts


def _commit(sessions: sessionmaker[Session], step: Step) -> Commit:
    with sessions.begin() as session:
        perform(step.change, session, step.company_id)
    return Commit(
        at=datetime.now(UTC),
        company_id=step.company_id,
        entity=entity_of(step.change),
        record_id=step.change.record_id,
    )
