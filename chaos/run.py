"""Plays one run: ground, system, load and harm, rest, judgement."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Final

from app.settled import is_settled
from chaos.checker import Verdict, judge
from chaos.form import Form
from chaos.ground import Ground, prepared_ground
from chaos.harm.diary import Diary
from chaos.harm.lanes import Harm
from chaos.harm.office import turn_on
from chaos.harm.scene import AWAY, Scene
from chaos.harm.turns import Turns
from chaos.judging import gather
from chaos.load.writing import Load, Tally, authors_of
from chaos.platform import Platform
from tests.support.zygote import Zygote

LOOK_SECONDS: Final = 0.5
RESTLESS: Final = -1
"""Of the contractors, the last one's office changes its mind."""

_PARKED: Final = """
SELECT company_id, entity, record_id, state, concat_ws(': ', code, reason, sentence)
  FROM proline_qbo.records
 WHERE state IN ('failed', 'skipped') OR reason = 'decision'
"""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        settled_seconds: how long after the load everything had come to rest; None: it did not.
        parked: healthy records that stand for a person, which none of the load should.
        ended: processes that ended by themselves, by place.
    """

    seed: int
    seconds: float
    tally: Tally
    diary: Diary
    verdict: Verdict
    settled_seconds: float | None
    parked: Sequence[str]
    ended: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        settled = self.settled_seconds is not None
        return settled and self.verdict.is_clean and not self.parked and not self.diary.slow


def play(seed: int, form: Form, tell: Tell, *, prepare: Mapping[str, str] | None = None) -> Outcome:
    """Play one run.

    Args:
        seed: of the load and of the harm.
        form: how long and how hard.
        tell: shows how far it is.
        prepare: by kind of process, `module:function` that is called in each before it starts.
    """
    began = monotonic()
    tell("starting PostgreSQL, RabbitMQ, QuickBooks, relays and workers ...")
    with prepared_ground(form) as ground, Zygote() as zygote:
        platform = Platform(zygote, ground.environment, ground.home, prepare or {})
        authors = authors_of(seed, form.authors, [each.company_id for each in ground.contractors])
        load = Load(ground.sessions, authors, form.changes_per_second)
        scene = _scene(ground, platform, form)
        with platform.keeping(form.processes):
            scene.wait_until_well()
            harm = Harm(scene, seed, form.harm_every_seconds, form.load_seconds)
            _load_and_harm(load, harm, tell)
            settled = _settle(scene, form, tell)
            parked = _parked(ground)
            tell("reading ProLine's tables, QuickBooks' log and its books ...")
            facts = gather(ground, scene.restless)
        return Outcome(
            seed,
            monotonic() - began,
            load.tally,
            scene.diary,
            judge(facts),
            settled,
            parked,
            {each.name: each.ends for each in platform.members if each.ends},
        )


def _scene(ground: Ground, platform: Platform, form: Form) -> Scene:
    return Scene(
        platform=platform,
        postgres=ground.postgres,
        rabbitmq=ground.rabbitmq,
        quickbooks=ground.quickbooks,
        pool=ground.pool,
        realms={each.company_id: each.realm_id for each in ground.contractors},
        restless=ground.contractors[RESTLESS].company_id,
        diary=Diary(),
        turns=Turns(),
        over=Event(),
        prompt=form.requestid_proved,
    )


def _load_and_harm(load: Load, harm: Harm, tell: Tell) -> None:
    until = monotonic() + harm.load_seconds
    with ExitStack() as stack:
        stack.enter_context(load.running())
        stack.enter_context(harm.going_on())
        while (left := until - monotonic()) > 0:
            tell(
                f"{left:.0f} s left: {load.tally.changes} changes, {harm.scene.diary.kills} kills,"
                f" {len(harm.scene.diary.entries)} acts of harm"
            )
            Event().wait(min(left, 5.0))


def _settle(scene: Scene, form: Form, tell: Tell) -> float | None:
    """Stop all harm, turn what is off on, and wait until nothing is left to do."""
    scene.quickbooks.clear_faults()
    turn_on(scene)
    tell("harm is over: waiting until everything has settled ...")
    began = monotonic()
    while monotonic() - began < form.settle_seconds:
        try:
            if is_settled(scene.pool):
                return monotonic() - began
        except AWAY:
            tell("the database does not answer ...")
        Event().wait(LOOK_SECONDS)
    return None


def _parked(ground: Ground) -> list[str]:
    with ground.pool.connection() as connection:
        rows = connection.execute(_PARKED).fetchall()
    return [
        f"{entity} {record_id} of {company_id}: {state}, {why}"
        for company_id, entity, record_id, state, why in rows
    ]
