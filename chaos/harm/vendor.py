"""Harm by QuickBooks: late, wrong and lost answers, limits that are full, tokens that end."""

from collections.abc import Mapping
from random import Random
from typing import Final

from chaos.harm.diary import Manner
from chaos.harm.scene import Scene

KINDS: Final = ("customer", "invoice", "payment")
STRIKES_MOST: Final = 4

Then = Mapping[str, object]


def lose_answers(scene: Scene, chance: Random) -> bool:
    """Do what is asked, and close the connection without a word."""
    return _strike(scene, chance, "answers lost after the write", {"answer": "lost"})


def drop_calls(scene: Scene, chance: Random) -> bool:
    """Close the connection before anything is done."""
    return _strike(scene, chance, "calls dropped", {"answer": "drop"})


def answer_5xx(scene: Scene, chance: Random) -> bool:
    """Answer with a fault of the server's, whether the write was done or not."""
    done = chance.random() < 1 / 2
    status = chance.choice((500, 502, 503, 504))
    return _strike(scene, chance, "5xx", {"status": status, "applied": done})


def answer_html(scene: Scene, chance: Random) -> bool:
    """Answer with a page for people, whether the write was done or not."""
    done = chance.random() < 1 / 2
    return _strike(scene, chance, "HTML", {"html": True, "status": 503, "applied": done})


def answer_late(scene: Scene, chance: Random) -> bool:
    """Answer after some seconds."""
    return _strike(scene, chance, "late answers", {"delay_ms": chance.randint(1_000, 8_000)})


def write_late(scene: Scene, chance: Random) -> bool:
    """Take a call and do what it asks only after its client has given up and asked again."""
    return _strike(scene, chance, "writes after the deadline", {"before_ms": 30_000}, strikes=1)


def answer_after_the_deadline(scene: Scene, chance: Random) -> bool:
    """Do the write and answer when nobody listens any more."""
    return _strike(scene, chance, "answers after the deadline", {"delay_ms": 40_000}, strikes=1)


def throttle(scene: Scene, chance: Random) -> bool:
    """Say that the limit was reached, as when another app of the contractor's uses it."""
    return _strike(scene, chance, "429", {"status": 429}, strikes=1)


def expire_tokens(scene: Scene, chance: Random) -> bool:
    """End a company's access tokens."""
    company_id, realm_id = chance.choice(list(scene.realms.items()))
    scene.quickbooks.expire_tokens(realm_id)
    scene.diary.write("quickbooks", Manner.FAULTY, f"tokens of {company_id} expired")
    return True


def lose_refresh(scene: Scene, chance: Random) -> bool:
    """End a company's access tokens, and lose the answer to the refresh of them."""
    company_id, realm_id = chance.choice(list(scene.realms.items()))
    match = {"entity": "token", "operation": "refresh_token", "realm": realm_id}
    scene.quickbooks.order_fault(match, {"answer": "lost"})
    scene.diary.ordered("the answer to a refresh lost")
    scene.quickbooks.expire_tokens(realm_id)
    sentence = f"tokens of {company_id} expired, the refresh is lost"
    scene.diary.write("quickbooks", Manner.FAULTY, sentence)
    return True


def _strike(
    scene: Scene, chance: Random, what: str, then: Then, strikes: int | None = None
) -> bool:
    times = strikes or chance.randint(1, STRIKES_MOST)
    company_id, realm_id = chance.choice(list(scene.realms.items()))
    kind = chance.choice(KINDS)
    scene.quickbooks.order_fault({"realm": realm_id, "entity": kind, "times": times}, then)
    scene.diary.ordered(what)
    sentence = f"{what}, {dict(then)}: {times} {kind} calls of {company_id}"
    scene.diary.write("quickbooks", Manner.FAULTY, sentence)
    return True
