"""A private Prometheus that scrapes processes of the tests, and what checks its rules.

Debian's own programs, on loopback and a port of its own, its data in a folder of the test's.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.support.ports import free_port

UP_SECONDS: Final = 30.0
LOOK_SECONDS: Final = 0.2
CONFIGURATION: Final = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
scrape_configs:
  - job_name: proline-qbo
    static_configs: [{{targets: {targets}}}]
rule_files: {rules}
"""


class NoPrometheus(Exception):
    """There is no Prometheus on this machine; the message says what to do."""


def program(name: str) -> str:
    """Find Prometheus' or promtool's program.

    Raises:
        NoPrometheus: it is not on the path.
    """
    found = shutil.which(name)
    if found is None:
        raise NoPrometheus(
            f"The tests need {name}: install Prometheus (Debian and Ubuntu: apt install prometheus)"
            " and put it on the path."
        )
    return found


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run promtool; the caller looks at its exit code and at what it said."""
    return subprocess.run(  # noqa: S603  # Prometheus' own program, no shell
        [program("promtool"), *arguments],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


@dataclass(frozen=True)
class Prometheus:
    """One that runs."""

    url: str

    def query(self, expression: str) -> list[Any]:
        """Ask for an expression as of now; give its series, none where there is no data."""
        return list(self._get("query", {"query": expression})["result"])

    def value(self, expression: str) -> float | None:
        """Ask for an expression that has one series; None: it has none."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else None

    def alerts(self) -> set[str]:
        """Name the alerts that are firing, and those about to."""
        return {each["labels"]["alertname"] for each in self._get("alerts", {})["alerts"]}

    def targets(self) -> Mapping[str, str]:
        """Say of each target whether it is up."""
        return {
            each["scrapeUrl"]: each["health"] for each in self._get("targets", {})["activeTargets"]
        }

    def _get(self, what: str, arguments: Mapping[str, str]) -> Any:  # noqa: ANN401  # its own JSON
        with urlopen(f"{self.url}/api/v1/{what}?{urlencode(arguments)}", timeout=10) as answer:  # noqa: S310  # loopback
            return json.load(answer)["data"]


@contextmanager
def scraping(
    ports: Sequence[int], home: Path, *, rules: Sequence[Path] = ()
) -> Iterator[Prometheus]:
    """Run a Prometheus that looks at these ports every second.

    Args:
        ports: of this machine's loopback.
        home: a folder of its own.
        rules: files of alert rules.
    """
    configuration = home / "prometheus.yml"
    targets = [f"127.0.0.1:{port}" for port in ports]
    configuration.write_text(
        CONFIGURATION.format(
            targets=json.dumps(targets), rules=json.dumps([str(each) for each in rules])
        )
    )
    port = free_port()
    log = (home / "prometheus.log").open("w")
    process = subprocess.Popen(  # noqa: S603  # the same
        [
            program("prometheus"),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={home / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
        ],
        stdout=log,
        stderr=log,
    )
    try:
        running = Prometheus(f"http://127.0.0.1:{port}")
        _wait_until_up(running, process, home / "prometheus.log")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _wait_until_up(running: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            running.query("vector(1)")
        except (URLError, OSError):
            time.sleep(LOOK_SECONDS)
        else:
            return
    raise AssertionError(f"Prometheus did not come up: {log.read_text()}")
