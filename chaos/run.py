"""Plays one run: ground, system, load and harm, rest, judgement."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from threading import Event
from time import monotonic
from typing import Final

from app.settled import is_settled
from chaos.checker import judge
from chaos.evidence import leave_evidence
from chaos.form import Form
from chaos.ground import Ground, prepared_ground
from chaos.harm.diary import Diary
from chaos.harm.lanes import Harm
from chaos.harm.office import turn_on
from chaos.harm.scene import Scene
from chaos.harm.servers import lift_alarms
from chaos.judging import gather
from chaos.load.writing import Load, authors_of, lingering_author
from chaos.outcome import Outcome
from chaos.platform import Platform
from chaos.report import found_in
from chaos.watching import Watch
from coordination.database import DATABASE_AWAY
from tests.support.zygote import Zygote
from workers.solitude import Solitude

LOOK_SECONDS: Final = 0.5
TELL_SECONDS: Final = 5.0
RESTLESS: Final = -1
"""Of the contractors, the last one's office changes its mind."""

Tell = Callable[[str], None]


class RunBroke(RuntimeError):
    """Something happened that nobody expected: an author or an act of harm broke."""


def play(seed: int, form: Form, tell: Tell) -> Outcome:
    """Play one run.

    Args:
        seed: of the load's and of the harm's chances.
        form: how long and how hard.
        tell: shows how far it is.

    Raises:
        EmbeddedPostgresFailed, PrivateRabbitmqFailed: what they need is not here; both say what.
        RunBroke: it did not come to its end.
    """
    began = monotonic()
    tell("starting PostgreSQL, RabbitMQ, QuickBooks, relays and workers ...")
    with prepared_ground(form) as ground, Zygote() as zygote:
        platform = Platform(zygote, ground.environment, ground.home)
        scene = _scene(ground, platform)
        try:
            outcome = _play(seed, form, ground, scene, tell, began)
        except Exception as error:
            folder = leave_evidence(ground, seed, scene.diary, [repr(error)])
            raise RunBroke(
                f"The run broke off; its tables, calls and logs are in {folder}"
            ) from error
        if not outcome.is_clean:
            found = (f"{what}: {each}" for what, all_ in found_in(outcome).items() for each in all_)
            folder = leave_evidence(ground, seed, scene.diary, found)
            tell(f"tables, calls and logs of this run are in {folder}")
        return outcome


def _play(seed: int, form: Form, ground: Ground, scene: Scene, tell: Tell, began: float) -> Outcome:
    companies = [each.company_id for each in ground.contractors]
    authors = authors_of(seed, form.authors, companies)
    if form.lingers:
        # Not for the restless company: in which mode a project was taken in would not be known.
        authors.append(lingering_author(seed, form.authors + 1, companies[:RESTLESS]))
    load = Load(ground.sessions, authors, form.changes_per_second)
    watch = Watch(ground.pool)
    with scene.platform.keeping(form.processes):
        scene.wait_until_well()
        with watch.watching():
            _load_and_harm(load, Harm(scene, seed, form), tell)
            struck = _struck(scene)
            settled = _settle(scene, form, tell)
        tell("reading ProLine's tables, QuickBooks' log and its books ...")
        facts = gather(ground, scene.restless, scene.diary, proved=form.requestid_proved)
    # All of them have been asked to stop by now.
    return Outcome(
        seed=seed,
        form=form,
        seconds=monotonic() - began,
        tally=load.tally,
        diary=scene.diary,
        verdict=judge(facts),
        settled_seconds=settled,
        parked=sorted(watch.parked),
        struck=struck,
        ends={each.name: each.ends for each in scene.platform.members},
    )


def _struck(scene: Scene) -> Counter[str]:
    """Count how many calls each kind of fault has struck."""
    struck: Counter[str] = Counter()
    for kind, calls in zip(scene.diary.faults, scene.quickbooks.struck(), strict=True):
        struck[kind] += calls
    return struck


def _scene(ground: Ground, platform: Platform) -> Scene:
    return Scene(
        platform=platform,
        postgres=ground.postgres,
        rabbitmq=ground.rabbitmq,
        quickbooks=ground.quickbooks,
        pool=ground.pool,
        realms={each.company_id: each.realm_id for each in ground.contractors},
        restless=ground.contractors[RESTLESS].company_id,
        diary=Diary(),
        turns=Solitude(),
        over=Event(),
        first_mode=ground.contractors[RESTLESS].mode,
    )


def _load_and_harm(load: Load, harm: Harm, tell: Tell) -> None:
    until = monotonic() + harm.form.load_seconds
    with ExitStack() as stack:
        stack.enter_context(load.running())
        stack.enter_context(harm.going_on())
        while (left := until - monotonic()) > 0:
            tell(
                f"{left:.0f} s left: {load.tally.changes} changes, {harm.scene.diary.kills} kills,"
                f" {len(harm.scene.diary.entries)} acts of harm"
            )
            Event().wait(min(left, TELL_SECONDS))
            load.assert_writing()
            harm.assert_going_on()
            harm.scene.platform.assert_watching()


def _settle(scene: Scene, form: Form, tell: Tell) -> float | None:
    """Stop all harm, turn what is off on, and wait until nothing is left to do."""
    scene.quickbooks.clear_faults()
    lift_alarms(scene)
    turn_on(scene)
    tell("harm is over: waiting until everything has settled ...")
    began = monotonic()
    while monotonic() - began < form.settle_seconds:
        try:
            if is_settled(scene.pool):
                return monotonic() - began
        except DATABASE_AWAY:
            tell("the database does not answer ...")
        Event().wait(LOOK_SECONDS)
    return None
