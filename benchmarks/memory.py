"""Memory: a relay with a million records waiting, and a worker with 64 threads at work.

What counts is the largest resident set that the kernel has seen of the process (VmHWM), from its
start on: a relay that comes to lead over the million, takes in and hands out; a worker whose every
thread has written many times, over HTTP.
"""

import time
from pathlib import Path
from typing import Final

from benchmarks.backlogs import WAITING, write_waiting
from benchmarks.figures import Figure, at_most
from benchmarks.fleet import UNPACED, RelayChoice, WorkerChoice, running_fleet
from benchmarks.options import Options, progress
from benchmarks.stage import add_companies, company_ids, say_chains, servers, session
from benchmarks.throughput import start_quickbooks

COMPANIES: Final = 200
THREADS: Final = 64
WORK_SECONDS: Final = 20.0
LONG_WORK_SECONDS: Final = 600.0
CHAINS: Final = 25
RELAY_MOST_MB: Final = 120.0
WORKER_MOST_MB: Final = 150.0


def run(options: Options) -> list[Figure]:
    """Let both work through some of the million, then read what they took."""
    with servers() as where, session(where.database_url) as connection, running_fleet() as fleet:
        ids = company_ids(COMPANIES)
        add_companies(connection, ids)
        progress(f"writing {WAITING:,} waiting records")
        write_waiting(connection)
        quickbooks_url = start_quickbooks(fleet)
        relay = fleet.start("relay", RelayChoice(where, dict(UNPACED)))
        worker = fleet.start("worker", WorkerChoice(where, THREADS, dict(UNPACED), quickbooks_url))
        fleet.await_beats(connection, relay=1, worker=1)
        say_chains(connection, ids, chains=CHAINS)
        # The time in which both work and grow.
        time.sleep(LONG_WORK_SECONDS if options.long else WORK_SECONDS)
        fleet.assert_running()
        return [
            Figure(
                "memory: relay, 1,000,000 waiting",
                _most_mb(relay.pid),
                "MB",
                bar=at_most(RELAY_MOST_MB),
            ),
            Figure(
                "memory: worker of 64 threads",
                _most_mb(worker.pid),
                "MB",
                bar=at_most(WORKER_MOST_MB),
            ),
        ]


def _most_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1_000
