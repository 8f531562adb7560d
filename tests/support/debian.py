"""RabbitMQ's programs, Chromium and Prometheus for the tests of a bare Debian machine.

They are installed if that is allowed.

Only root installs, only with apt-get, only where none is found; the tests then start a private
node and a browser of their own. Debian would start RabbitMQ as a service for everybody and enable
it at each boot: nobody asked for one, so none is started, and what was installed stays disabled.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from app.rabbitmq import PrivateRabbitmqFailed, programs
from tests.support import chromium

INSTALL_LIMIT_SECONDS: Final = 600.0
SYSTEMD: Final = Path("/run/systemd/system")
INSTALL: Final = ("apt-get", "install", "-y", "--no-install-recommends")
PACKAGE: Final = (*INSTALL, "rabbitmq-server")
# A browser without fonts draws boxes: the first is the text's, the second has the signs.
PROMETHEUS_PACKAGE: Final = (*INSTALL, "prometheus")
BROWSER_PACKAGES: Final = (*INSTALL, "chromium", "fonts-liberation", "fonts-dejavu-core")
RABBITMQ_UNITS: Final = ("rabbitmq-server.service",)
PROMETHEUS_UNITS: Final = ("prometheus.service", "prometheus-node-exporter.service")
ERLANG_UNITS: Final = ("epmd.service", "epmd.socket")


def install_rabbitmq_where_missing(say: Callable[[str], None]) -> None:
    """Install Debian's `rabbitmq-server` where there is none and this process may.

    It does nothing where it may not, and only tells where it did not succeed: whoever then needs
    the programs gets the sentence of `app.rabbitmq.programs`.

    Args:
        say: is given one plain line about what is done to this machine.
    """
    try:
        programs()
    except PrivateRabbitmqFailed:
        if may_install():
            say("Installing Debian's rabbitmq-server with apt-get: the tests need a real RabbitMQ.")
            _try(_install_rabbitmq, say)


def install_chromium_where_missing(say: Callable[[str], None]) -> None:
    """Install Debian's `chromium` where there is none, none is named, and this process may.

    Args:
        say: is given one plain line about what is done to this machine.
    """
    if chromium.is_missing() and may_install():
        say("Installing Debian's chromium with apt-get: the page is tested in a real browser.")
        _try(_install_chromium, say)


def install_prometheus_where_missing(say: Callable[[str], None]) -> None:
    """Install Debian's `prometheus`, which has promtool, where there is none and this process may.

    Args:
        say: is given one plain line about what is done to this machine.
    """
    if shutil.which("prometheus") is None and may_install():
        say("Installing Debian's prometheus with apt-get: the figures are scraped by a real one.")
        _try(_install_prometheus, say)


def may_install() -> bool:
    """Return whether this process is root's on a machine with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _try(install: Callable[[], None], say: Callable[[str], None]) -> None:
    try:
        install()
    except (OSError, subprocess.SubprocessError) as error:
        say(f"It could not be installed: {_reason(error)}")


def _install_chromium() -> None:
    _run("apt-get", "update")
    _run(*BROWSER_PACKAGES)


def _install_rabbitmq() -> None:
    _run("apt-get", "update")
    if SYSTEMD.is_dir():
        # Erlang's own units are touched only where Erlang comes with this installation.
        units = RABBITMQ_UNITS if shutil.which("erl") else (*RABBITMQ_UNITS, *ERLANG_UNITS)
        _install_masked(PACKAGE, units)
    else:
        _run(*PACKAGE)
        _run("update-rc.d", "rabbitmq-server", "disable")


def _install_prometheus() -> None:
    _run("apt-get", "update")
    if SYSTEMD.is_dir():
        _install_masked(PROMETHEUS_PACKAGE, PROMETHEUS_UNITS)
    else:
        _run(*PROMETHEUS_PACKAGE)
        _run("update-rc.d", "prometheus", "disable")


def _install_masked(package: Sequence[str], units: Sequence[str]) -> None:
    # A mask of this boot: should we be killed on the way, it does not stay for ever.
    _run("systemctl", "mask", "--runtime", *units)
    try:
        _run(*package)
    finally:
        _run("systemctl", "unmask", "--runtime", *units)
    _run("systemctl", "disable", *units)


def _run(*command: str) -> None:
    subprocess.run(  # noqa: S603  # Debian's programs, no shell, arguments of ours
        command,
        capture_output=True,
        check=True,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=INSTALL_LIMIT_SECONDS,
    )


def _environment() -> Mapping[str, str]:
    # Where no systemd runs, invoke-rc.d starts no service in single-user mode.
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    said: Sequence[str] = (getattr(error, "stderr", None) or "").strip().splitlines()
    return said[-1] if said else str(error)
