"""Harm by the office: it changes its settings, and turns the integration off and on."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from app.onboarding import change_settings, disable_company, enable_company
from chaos.harm.diary import Manner
from chaos.harm.scene import Scene
from connections import companies
from connections.audit import Actor
from connections.settings import CompanySettings
from coordination.database import DATABASE_AWAY
from demo.comparer import Mode

OTHER_MODE: Final[Mapping[Mode, Mode]] = {"main": "sub", "sub": "main"}
OFFICE: Final = Actor("the restless office", "program")
OFF_SECONDS: Final = (1.0, 8.0)
TRIES: Final = 20
AGAIN_SECONDS: Final = 1.0


def turn_off_and_on(scene: Scene, chance: Random) -> bool:
    """Turn the integration off for a while, and on again with all that changed meanwhile."""
    company_id = scene.restless
    off = _tell(scene, "off", lambda: disable_company(scene.pool, company_id, by=OFFICE))
    if off:
        scene.pause(chance.uniform(*OFF_SECONDS))
    return turn_on(scene) and off


def turn_on(scene: Scene) -> bool:
    """Turn the integration on: what changed while it was off is sent."""
    return _tell(
        scene,
        "on",
        lambda: enable_company(scene.pool, scene.restless, changed="send", by=OFFICE),
    )


def change_customer_mode(scene: Scene, chance: Random) -> bool:
    """Let projects be sub-customers from now on, or no longer."""
    del chance
    stands = scene.diary.modes[-1][1] if scene.diary.modes else scene.first_mode
    mode = OTHER_MODE[stands]
    if not _choose(scene, f"customers: {mode}", {"customer_mode": mode}):
        return False
    scene.diary.chose(mode)
    return True


def change_matching(scene: Scene, chance: Random) -> bool:
    """Change what becomes of a customer that may be there already."""
    rule = chance.choice(("link", "create"))
    return _choose(scene, f"existing customers: {rule}", {"existing_customers": rule})


def _choose(scene: Scene, what: str, chosen: Mapping[str, str]) -> bool:
    def choose() -> None:
        with scene.pool.connection() as connection:
            stands = companies.lock(connection, scene.restless).settings
        settings = CompanySettings.model_validate({**stands.model_dump(), **chosen})
        change_settings(scene.pool, scene.restless, settings, by=OFFICE)

    return _tell(scene, what, choose)


def _tell(scene: Scene, what: str, act: Callable[[], object]) -> bool:
    """Try as a person does, who presses the button again when the page could not do it."""
    for _ in range(TRIES):
        try:
            act()
        except DATABASE_AWAY:
            scene.over.wait(AGAIN_SECONDS)
        else:
            scene.diary.write("office", Manner.CHANGED, f"{scene.restless}: {what}")
            return True
    scene.diary.gave_up(f"{scene.restless}: {what}")
    return False
