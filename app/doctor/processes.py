"""Our processes as the tables know them: who lives, who leads, which queues are served."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from app.doctor.verdict import Verdict, ok, problem, warning
from broker.routing import QUEUES
from coordination.clock import clock
from coordination.database import Connection
from coordination.leadership import leading
from coordination.processes import AWAKE_SECONDS, Process, awake

RELAYS_LEAST: Final = 2


def examine_processes(connection: Connection) -> Iterator[Verdict]:
    """Look at relays and workers."""
    processes = awake(connection)
    yield _relays(connection, sum(each.kind == "relay" for each in processes))
    yield _workers([each for each in processes if each.kind == "worker"])


def _relays(connection: Connection, relays: int) -> Verdict:
    leader, now = leading(connection), clock(connection)
    silent = leader.beat_at is None or now - leader.beat_at >= timedelta(seconds=AWAKE_SECONDS)
    if relays == 0:
        return problem(
            "relays", "None is running: nothing is taken in. Start one with proline-qbo relay."
        )
    if not leader.held or silent:
        return problem("relays", f"{relays} running and none leads: see their logs.")
    if relays < RELAYS_LEAST:
        return warning("relays", "One is running: without a second, nobody takes over at once.")
    return ok("relays", f"{relays} are running, one leads (term {leader.term}).")


def _workers(workers: Sequence[Process]) -> Verdict:
    served = {queue for each in workers if each.threads for queue in each.queues}
    missing = sorted(set(QUEUES.values()) - served)
    if missing:
        return problem(
            "workers",
            f"Nobody takes {', '.join(missing)}: start proline-qbo worker; these records wait.",
        )
    return ok("workers", f"{len(workers)} are running, and every queue is taken.")
