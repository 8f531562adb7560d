"""`make chaos`: exit code 0 where every promise was kept, 1 where one was broken."""

import argparse
import logging
import sys
from secrets import randbelow

from rich.console import Console

from app.logs import configure
from chaos.form import LONG, SHORT
from chaos.report import line, show
from chaos.run import play
from tests.support.planted import plant


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
    progress.print(f"  seed {seed}", style="dim")
    outcome = play(
        seed,
        LONG if arguments.long else SHORT,
        lambda text: progress.print(f"  {text}", style="dim"),
    )
    show(outcome, progress)
    print(line(outcome))  # noqa: T201  # the one line that others read
    return 0 if outcome.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
