"""How a process that serves stands until it is told to go: by a signal, or by being gone.

SIGTERM and SIGINT ask for an orderly stop; a second one ends the process as it would any other. A
process that was declared gone ends at once: all it held has been given to others, and whatever it
still did would be too late. So does one of which a thread is stuck: nothing else gives back what
that thread holds.
"""

import gc
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from structlog import get_logger

from coordination.life import LifeBeat

log = get_logger()

GONE: Final = 3
"""Exit code of a process that was declared gone; its platform starts it anew."""
STUCK: Final = 4
"""Exit code of a process with a thread that is stuck; its platform starts it anew."""
LOOK_SECONDS: Final = 0.1
COLLECT_AFTER: Final = (50_000, 20, 100)
"""So many new containers; a batch of intake makes and drops about as many."""
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def collect_rarely() -> None:
    """Let Python look for cycles among what is new, and seldom.

    What has been imported by now stays for as long as the process does; looked through again and
    again with each batch of records, it took a seventh of the relay's time.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Give what says whether a signal to stop has come; only in the main thread.

    No Event: a handler runs between any two steps of the main thread, also of that thread's own
    wait for the Event, where setting it would wait for ever for a lock that thread holds.
    """
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stand(
    kind: str,
    life: LifeBeat,
    asked: Callable[[], bool],
    stuck: Callable[[], int | None] = lambda: None,
) -> None:
    """Return when asked to stop; a process that was declared gone, or is stuck, does not return.

    Args:
        kind: relay, worker or web, for the log.
        life: this process's sign of life.
        asked: what `asked_to_stop` gave.
        stuck: the pk of the record that holds a thread for too long, if one does. The relay takes
            back what the process held: each of its records has begun once more without an end, and
            one that goes on sticking is run alone, then parked.
    """
    collect_rarely()
    log.info("process.stands", kind=kind, pid=os.getpid())
    while not asked():
        time.sleep(LOOK_SECONDS)  # no Event: see `asked_to_stop`
        if life.gone.is_set():
            log.error("process.gone", kind=kind, pid=os.getpid())
            # Not by an exception: threads in the middle of a call would hold the exit up.
            os._exit(GONE)
        if (record_pk := stuck()) is not None:
            log.error("process.stuck", kind=kind, pid=os.getpid(), record_pk=record_pk)
            os._exit(STUCK)
    log.info("process.stops", kind=kind, pid=os.getpid())
