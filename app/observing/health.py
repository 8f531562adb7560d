"""Whether a process lives and is ready, asked over HTTP by whatever runs it.

Invariant: a database or broker that is dead, or frozen, makes a process unready and never dead. It
waits and goes on by itself, and to start it again would help nobody. A process that hangs as a
whole does not answer here; a thread that hangs in a record is found by `app.standing.stand`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from coordination.life import LifeBeat

READY_WITHIN_SECONDS: Final = 5.0

Check = Callable[[], str | None]
"""Says in a sentence what is wrong, or nothing."""


@dataclass(frozen=True)
class Health:
    """What one process is asked.

    Attributes:
        alive: by name; one that fails means that it must be started again.
        ready: by name; one that fails means that it cannot do its work now.
    """

    alive: Mapping[str, Check] = field(default_factory=dict)
    ready: Mapping[str, Check] = field(default_factory=dict)


def health_of(life: LifeBeat, *, needs_database: bool = True, **ready: Check) -> Health:
    """Give what every process of ours is asked, and what this one is asked beside.

    Args:
        life: its sign of life.
        needs_database: the page does not: it says better than a balancer what is away.
        ready: what else it needs for its work, by name.
    """

    def beats() -> str | None:
        if life.gone.is_set():
            return "It was declared gone: others have its work."
        return None if life.is_beating() else "The thread that beats has ended."

    def has_database() -> str | None:
        if life.fresh_within(READY_WITHIN_SECONDS):
            return None
        return f"The database has taken no beat for {READY_WITHIN_SECONDS:.0f} s."

    database = {"database": has_database} if needs_database else {}
    return Health({"beat": beats}, {"beat": beats, **database, **ready})


def asked(checks: Mapping[str, Check]) -> tuple[bool, str]:
    """Ask each; return whether all is well, and a line for each."""
    answers = {name: check() for name, check in checks.items()}
    lines = (f"{name}: {problem or 'ok'}\n" for name, problem in answers.items())
    return not any(answers.values()), "".join(lines)
