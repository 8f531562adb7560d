"""Where the tests' browser comes from: named, found, or Debian's own; never a silent skip."""

import os
from pathlib import Path

import pytest

from tests.support import chromium, debian
from tests.support.chromium import NoBrowser

RECORDING = '#!/bin/sh\necho "apt-get $*" >> "$(dirname "$0")/calls"\n'


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a machine without a browser: the one folder of its path."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin/nothing")
    monkeypatch.delenv(chromium.NAMED_BY, raising=False)
    return tmp_path


def put(folder: Path, name: str, script: str = "#!/bin/sh\n") -> Path:
    """Put a program into a folder."""
    program = folder / name
    program.write_text(script.replace("$(dirname", "$(/usr/bin/dirname"))
    program.chmod(0o755)
    return program


def test_the_one_that_is_named_is_taken(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`CHROMIUM` wins over what is on the path, and a name of nothing is an error."""
    put(bare_machine, "chromium")
    mine = put(bare_machine, "mine")
    monkeypatch.setenv(chromium.NAMED_BY, str(mine))
    assert chromium.chromium() == mine

    monkeypatch.setenv(chromium.NAMED_BY, str(bare_machine / "gone"))

    with pytest.raises(NoBrowser, match="which is no program"):
        chromium.chromium()
    assert not chromium.is_missing()


def test_without_one_a_sentence_says_what_to_do(bare_machine: Path) -> None:
    """The tests of the page are never skipped: they end with this."""
    assert chromium.is_missing()
    assert chromium.chosen() == "none is here"

    with pytest.raises(NoBrowser, match=r"install it \(Debian: apt install chromium\), or name it"):
        chromium.chromium()


def test_root_on_debian_installs_it_where_it_is_missing(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With fonts, for a browser without any draws boxes; once it is there nothing is done."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    put(bare_machine, "apt-get", RECORDING)
    said: list[str] = []

    debian.install_chromium_where_missing(said.append)
    put(bare_machine, "chromium")
    debian.install_chromium_where_missing(said.append)

    assert (bare_machine / "calls").read_text().splitlines() == [
        "apt-get update",
        "apt-get install -y --no-install-recommends chromium fonts-liberation fonts-dejavu-core",
    ]
    assert said == [
        "Installing Debian's chromium with apt-get: the page is tested in a real browser."
    ]


def test_who_may_not_install_does_not(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only root installs, and only what nobody named."""
    put(bare_machine, "apt-get", RECORDING)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    debian.install_chromium_where_missing(pytest.fail)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv(chromium.NAMED_BY, "/nowhere/chromium")

    debian.install_chromium_where_missing(pytest.fail)

    assert not (bare_machine / "calls").exists()
