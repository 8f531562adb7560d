"""`make chaos`: exit code 0 where every promise was kept, 1 where one was broken or not tested.

The last line of the output is JSON, also of a run that broke off.

3 where a server that it needs is not to be had here; it then says what to do.
"""

import argparse
import json
import logging
import sys
from secrets import randbelow
from typing import Final

from rich.console import Console

from app.logs import configure
from app.postgres import EmbeddedPostgresFailed
from app.rabbitmq import PrivateRabbitmqFailed
from chaos.form import LONG, SHORT
from chaos.report import line, show
from chaos.run import RunBroke, play
from tests.support.debian import install_rabbitmq_where_missing
from tests.support.planted import plant

BROKEN: Final = 1
NO_SERVER: Final = 3


def main() -> int:
    """Play one run and report."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="of load and harm; none: one is drawn")
    parser.add_argument("--long", action="store_true", help="an hour instead of three minutes")
    arguments = parser.parse_args()
    seed = randbelow(1_000_000) if arguments.seed is None else arguments.seed
    plant()
    # What the harness's own sessions meet, it counts itself.
    configure(level="ERROR")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    progress = Console(stderr=True, highlight=False)

    def tell(text: str) -> None:
        progress.print(f"  {text}", style="dim", soft_wrap=True)

    tell(f"seed {seed}")
    install_rabbitmq_where_missing(tell)
    try:
        outcome = play(seed, LONG if arguments.long else SHORT, tell)
    except (EmbeddedPostgresFailed, PrivateRabbitmqFailed) as missing:
        progress.print(str(missing), markup=False, soft_wrap=True)
        return NO_SERVER
    except RunBroke:
        progress.print_exception()
        print(json.dumps({"seed": seed, "broke": True}))  # noqa: T201  # the one line that others read
        return BROKEN
    show(outcome, progress)
    print(line(outcome))  # noqa: T201  # the one line that others read
    return 0 if outcome.is_clean else BROKEN


if __name__ == "__main__":
    sys.exit(main())
