"""The lanes: each deals its acts from a shuffled deck, with a pause before each.

What must be seen in every run lies on top the first time: one of each, what is slow first.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

from chaos.form import Form
from chaos.harm import office, relays, servers, vendor, workers
from chaos.harm.scene import Scene

Act = Callable[[Scene, Random], bool]
"""Does its harm; False: it could not, because there was nobody to do it to, or nothing to lose."""

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
    "stalls": {workers.stall: 1},
    "servers": {
        servers.crash_rabbitmq: 1,
        servers.restart_rabbitmq: 1,
        servers.crash_postgres: 2,
        servers.restart_postgres: 1,
        servers.cut_sessions: 2,
        servers.close_connections: 1,
        servers.lose_messages: 2,
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
        vendor.expire_tokens: 2,
        vendor.lose_refresh: 1,
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
        servers.lose_messages,
    }
)
"""What measures a recovery, and so is done while nothing else is."""
SLOW: Final = frozenset({vendor.throttle, vendor.answer_after_the_deadline, vendor.write_late})
"""What keeps work waiting for up to a minute: once done, a short run does it early or never."""
RARE: Final = frozenset(
    {
        servers.restart_rabbitmq,
        servers.restart_postgres,
        servers.alarm_disk,
        office.change_matching,
    }
)
"""What a short run need not come to."""
PAUSE_MOST: Final = 2.0
"""Times the mean: no lane stands still for long."""


@dataclass
class Harm:
    """All lanes over one scene.

    Args:
        seed: of all chances.
        form: how often something is done in which lane.
    """

    scene: Scene
    seed: int
    form: Form
    _lanes: list[Future[None]] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Harm for as long as the block lasts; an act that broke is raised at its end.

        Raises:
            Exception: whatever an act did not expect: the harness has a fault.
        """
        began = time.monotonic()
        lanes = self.form.harm_every_seconds
        with ThreadPoolExecutor(len(lanes), thread_name_prefix="harm") as threads:
            self._lanes = [threads.submit(self._run, lane, began) for lane in lanes]
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

    def _run(self, lane: str, began: float) -> None:
        """Do what comes next after each pause; what could not be done is tried after the next."""
        chance = Random(f"{self.seed} {lane}")  # noqa: S311  # nothing secret
        mean = self.form.harm_every_seconds[lane]
        cards, act = dealt(LANES[lane], chance), None
        while not self.scene.over.wait(min(chance.expovariate(1 / mean), PAUSE_MOST * mean)):
            act = act or next(cards)
            is_late = time.monotonic() - began > self.form.slow_faults_until_seconds
            skips = act in SLOW and is_late and self.scene.diary.done[_name(act)]
            if skips or self._does(act, chance):
                act = None

    def _does(self, act: Act, chance: Random) -> bool:
        turn = self.scene.turns.alone if act in ALONE else self.scene.turns.together
        with turn():
            done = not self.scene.over.is_set() and act(self.scene, chance)
        if done:
            self.scene.diary.did(_name(act))
        return done


def required_acts(form: Form) -> Sequence[str]:
    """Name the acts that a run of this form must have done."""
    acts = [act for lane in form.harm_every_seconds for act in LANES[lane]]
    return [_name(act) for act in acts if form.does_all or act not in RARE]


def _name(act: Act) -> str:
    return act.__name__.replace("_", " ")


def dealt(acts: Mapping[Act, int], chance: Random) -> Iterator[Act]:
    """Deal a deck of these acts, shuffled anew whenever it is used up."""
    deck = [act for act, count in acts.items() for _ in range(count)]
    chance.shuffle(deck)
    first = [act for act in dict.fromkeys(deck) if act not in RARE]
    first.sort(key=lambda act: act not in SLOW)
    for act in first:
        deck.remove(act)
    deck = first + deck
    while True:
        yield from deck
        chance.shuffle(deck)
