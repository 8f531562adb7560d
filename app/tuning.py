"""What tests, the demo and a sandbox may set differently; the defaults are production's."""

from dataclasses import dataclass, field

from coordination.limiter import Limits
from outbox.limits import RelayLimits
from workers.waits import Waits

THREADS = 8


@dataclass(frozen=True)
class Tuning:
    """How many threads a worker has, and every limit and wait."""

    threads: int = THREADS
    limits: Limits = field(default_factory=Limits)
    relay: RelayLimits = field(default_factory=RelayLimits)
    waits: Waits = field(default_factory=Waits)
    deadline_seconds: float = 25.0
