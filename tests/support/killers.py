"""What a test puts into a worker process to make one record kill it."""

import os
import signal

from records.claims import Claim
from workers.body import SyncBody

DEADLY_NAME = "Deadly Example"
DEATH_NOTE = "died of"


def be_killed_by_one_record() -> None:
    """Let every claim of a contact of that name end this process, as memory running out would."""
    runs = SyncBody._run

    def run_or_die(body: SyncBody, claimed: Claim) -> None:
        if claimed.snapshot.get("display_name") == DEADLY_NAME:
            os.write(1, f"{DEATH_NOTE} {claimed.record_id}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
        runs(body, claimed)

    SyncBody._run = run_or_die  # type: ignore[method-assign,assignment]  # in this process alone
