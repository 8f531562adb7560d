"""The lanes: each draws its next act and the pause before it from a chance of its own."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from chaos.harm import office, relays, servers, vendor, workers
from chaos.harm.scene import Scene

Act = Callable[[Scene, Random], None]

LANES: Final[Mapping[str, Mapping[Act, float]]] = {
    "relays": {
        relays.kill_leader: 4,
        relays.kill_standby: 2,
        relays.freeze_leader: 3,
        relays.stop_leader: 1,
    },
    "workers": {
        workers.kill: 4,
        workers.kill_in_its_claims: 4,
        workers.freeze_one: 3,
        workers.stop_one: 1,
    },
    "servers": {
        servers.crash_rabbitmq: 2,
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
        servers.crash_postgres,
        servers.restart_postgres,
    }
)
"""What measures a recovery, and so is done while nothing else is."""
SLOW: Final = frozenset({vendor.throttle, vendor.answer_after_the_deadline})
"""What keeps work waiting for a minute: in a short run only at its beginning."""
BEGINNING: Final = 0.3


@dataclass(frozen=True)
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

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Harm for as long as the block lasts; an act that broke is raised at its end.

        Raises:
            Exception: whatever an act did not expect: the harness has a fault.
        """
        began = time.monotonic()
        with ThreadPoolExecutor(len(LANES), thread_name_prefix="harm") as threads:
            lanes: list[Future[None]] = [
                threads.submit(self._run, name, acts, began) for name, acts in LANES.items()
            ]
            try:
                yield
            finally:
                self.scene.over.set()
        for each in lanes:
            each.result()

    def _run(self, lane: str, acts: Mapping[Act, float], began: float) -> None:
        chance = Random(f"{self.seed} {lane}")  # noqa: S311  # nothing secret
        mean = self.every_seconds[lane]
        while not self.scene.over.wait(chance.expovariate(1 / mean)):
            act = self._draw(acts, chance, time.monotonic() - began)
            turn = self.scene.turns.alone if act in ALONE else self.scene.turns.together
            with turn():
                if not self.scene.over.is_set():
                    act(self.scene, chance)

    def _draw(self, acts: Mapping[Act, float], chance: Random, passed_seconds: float) -> Act:
        late = self.scene.prompt and passed_seconds > BEGINNING * self.load_seconds
        possible = {act: weight for act, weight in acts.items() if not (late and act in SLOW)}
        (act,) = chance.choices(list(possible), list(possible.values()))
        return act
