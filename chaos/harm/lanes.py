"""The lanes: each deals its acts from a shuffled deck, with a pause before each.

What must be seen in every run, because it is measured or asked for, lies on top the first time.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from chaos.harm import office, relays, servers, vendor, workers
from chaos.harm.scene import Scene

Act = Callable[[Scene, Random], None]

LANES: Final[Mapping[str, Mapping[Act, int]]] = {
    "relays": {
        relays.kill_leader: 5,
        relays.kill_standby: 2,
        relays.freeze_leader: 3,
        relays.freeze_standby: 1,
        relays.stop_leader: 1,
    },
    "workers": {
        workers.kill: 6,
        workers.kill_in_its_claims: 4,
        workers.freeze_one: 3,
        workers.stop_one: 1,
    },
    "servers": {
        servers.crash_rabbitmq: 1,
        servers.restart_rabbitmq: 1,
        servers.crash_postgres: 2,
        servers.restart_postgres: 1,
        servers.cut_sessions: 2,
        servers.close_connections: 1,
        servers.purge: 2,
        servers.alarm_memory: 1,
        servers.alarm_disk: 1,
    },
    "quickbooks": {
        vendor.lose_answers: 4,
        vendor.drop_calls: 2,
        vendor.answer_5xx: 3,
        vendor.answer_html: 2,
        vendor.answer_late: 3,
        vendor.write_late: 2,
        vendor.answer_after_the_deadline: 1,
        vendor.throttle: 1,
        vendor.expire_tokens: 3,
    },
    "office": {
        office.turn_off_and_on: 3,
        office.change_customer_mode: 2,
        office.change_matching: 1,
    },
}
ALONE: Final = frozenset(
    {
        workers.kill_in_its_claims,
        servers.crash_rabbitmq,
        servers.restart_rabbitmq,
        servers.crash_postgres,
        servers.restart_postgres,
    }
)
"""What measures a recovery, and so is done while nothing else is."""
FIRST: Final = (
    servers.crash_rabbitmq,
    servers.crash_postgres,
    servers.cut_sessions,
    servers.purge,
    workers.kill_in_its_claims,
)
SLOW: Final = frozenset({vendor.throttle, vendor.answer_after_the_deadline, vendor.write_late})
"""What keeps work waiting for up to a minute: in a short run only at its beginning."""
BEGINNING: Final = 0.3


@dataclass
class Harm:
    """All lanes over one scene.

    Args:
        seed: of all chances.
        every_seconds: the mean pause between two acts, by lane.
        load_seconds: how long there is harm.
    """

    scene: Scene
    seed: int
    every_seconds: Mapping[str, float]
    load_seconds: float
    _lanes: list[Future[None]] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Harm for as long as the block lasts; an act that broke is raised at its end.

        Raises:
            Exception: whatever an act did not expect: the harness has a fault.
        """
        began = time.monotonic()
        with ThreadPoolExecutor(len(LANES), thread_name_prefix="harm") as threads:
            self._lanes = [
                threads.submit(self._run, name, acts, began) for name, acts in LANES.items()
            ]
            try:
                yield
            finally:
                self.scene.over.set()
        for each in self._lanes:
            each.result()

    def assert_going_on(self) -> None:
        """See that no lane has ended before its time.

        Raises:
            Exception: what ended it.
        """
        for each in self._lanes:
            if each.done():
                each.result()

    def _run(self, lane: str, acts: Mapping[Act, int], began: float) -> None:
        chance = Random(f"{self.seed} {lane}")  # noqa: S311  # nothing secret
        mean = self.every_seconds[lane]
        cards = dealt(acts, chance)
        while not self.scene.over.wait(chance.expovariate(1 / mean)):
            act = next(cards)
            if act in SLOW and self._is_late(time.monotonic() - began):
                continue
            turn = self.scene.turns.alone if act in ALONE else self.scene.turns.together
            with turn():
                if not self.scene.over.is_set():
                    act(self.scene, chance)

    def _is_late(self, passed_seconds: float) -> bool:
        return self.scene.prompt and passed_seconds > BEGINNING * self.load_seconds


def dealt(acts: Mapping[Act, int], chance: Random) -> Iterator[Act]:
    """Deal a deck of these acts, shuffled anew whenever it is used up."""
    first = [act for act in FIRST if act in acts]
    deck = [act for act, count in acts.items() for _ in range(count)]
    chance.shuffle(first)
    chance.shuffle(deck)
    for act in first:
        deck.remove(act)
    deck = first + deck
    while True:
        yield from deck
        chance.shuffle(deck)
