"""Harm by QuickBooks: late, wrong and lost answers, limits that are full, tokens that end."""

from collections.abc import Mapping
from random import Random
from typing import Final

from chaos.harm.diary import Manner
from chaos.harm.scene import Scene

KINDS: Final = ("customer", "invoice", "payment")
STRIKES_MOST: Final = 4

Then = Mapping[str, object]


def lose_answers(scene: Scene, chance: Random) -> None:
    """Do what is asked, and close the connection without a word."""
    _strike(scene, chance, "answers lost after the write", {"answer": "lost"})


def drop_calls(scene: Scene, chance: Random) -> None:
    """Close the connection before anything is done."""
    _strike(scene, chance, "calls dropped", {"answer": "drop"})


def answer_5xx(scene: Scene, chance: Random) -> None:
    """Answer with a fault of the server's, whether the write was done or not."""
    done = chance.random() < 1 / 2
    status = chance.choice((500, 502, 503, 504))
    _strike(scene, chance, f"{status}, done: {done}", {"status": status, "applied": done})


def answer_html(scene: Scene, chance: Random) -> None:
    """Answer with a page for people, whether the write was done or not."""
    done = chance.random() < 1 / 2
    _strike(scene, chance, f"HTML, done: {done}", {"html": True, "status": 503, "applied": done})


def answer_late(scene: Scene, chance: Random) -> None:
    """Answer after some seconds."""
    late = chance.randint(1_000, 8_000)
    _strike(scene, chance, f"{late} ms late", {"delay_ms": late})


def write_late(scene: Scene, chance: Random) -> None:
    """Take a call and do what it asks only after its client has given up and asked again."""
    _strike(scene, chance, "writes after the deadline", {"before_ms": 30_000}, strikes=1)


def answer_after_the_deadline(scene: Scene, chance: Random) -> None:
    """Do the write and answer when nobody listens any more."""
    _strike(scene, chance, "answers after the deadline", {"delay_ms": 40_000}, strikes=1)


def throttle(scene: Scene, chance: Random) -> None:
    """Say that the limit was reached, as when another app of the contractor's uses it."""
    _strike(scene, chance, "429", {"status": 429}, strikes=1)


def expire_tokens(scene: Scene, chance: Random) -> None:
    """End a company's access tokens; the answer to the next refresh is sometimes lost."""
    company_id, realm_id = chance.choice(list(scene.realms.items()))
    lost = chance.random() < 1 / 2
    if lost:
        scene.quickbooks.order_fault(
            {"entity": "token", "operation": "refresh_token", "realm": realm_id},
            {"answer": "lost"},
        )
    scene.quickbooks.expire_tokens(realm_id)
    what = f"tokens of {company_id} expired{', the refresh is lost' if lost else ''}"
    scene.diary.write("quickbooks", Manner.FAULTY, what)


def _strike(
    scene: Scene, chance: Random, what: str, then: Then, strikes: int | None = None
) -> None:
    times = strikes or chance.randint(1, STRIKES_MOST)
    company_id, realm_id = chance.choice(list(scene.realms.items()))
    kind = chance.choice(KINDS)
    scene.quickbooks.order_fault({"realm": realm_id, "entity": kind, "times": times}, then)
    sentence = f"{what}: {times} {kind} calls of {company_id}"
    scene.diary.write("quickbooks", Manner.FAULTY, sentence)
