"""deploy/Dockerfile without an engine: what each image is made of, and what it must not have."""

import fnmatch
import re
from pathlib import Path

import pytest

from tests.support.dockerfile import DOCKERFILE, stages

ROOT = Path(__file__).parents[2]
STAGES = stages()
FINAL = ("production", "demo")
NEVER_IN_PRODUCTION = {"demo", "qbo_simulator"}
IN_NO_IMAGE = {"chaos"}
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"migrations"}
PACKAGES -= IN_NO_IMAGE
BESIDE_PACKAGES = {"requirements", "pyproject.toml", "README.md"}


def test_production_has_every_package_but_simulator_and_demo() -> None:
    """A package that is not copied is missed where it is first imported: in production."""
    assert STAGES["production"].copied(STAGES) - BESIDE_PACKAGES == PACKAGES - NEVER_IN_PRODUCTION


def test_the_demonstration_has_all_of_them() -> None:
    """Simulator and ProLine come on top; the rest is what production has."""
    assert STAGES["demo"].copied(STAGES) - BESIDE_PACKAGES == PACKAGES


def test_production_is_what_is_built_unless_another_is_named() -> None:
    """The last stage is the default."""
    assert list(STAGES)[-1] == "production"


def test_requirements_are_installed_by_hash_and_built_from_no_source() -> None:
    """What is installed is what was looked at, and needs no compiler."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    installed = re.findall(r"^.*--requirement.*$", text, re.MULTILINE)

    named = {re.findall(r"--requirement (\S+)", line)[0] for line in installed}

    assert named == {f"requirements/{name}.txt" for name in ("build", "production", "demo")}
    assert (
        [line for line in installed if not re.search(r"--require-hashes --only-binary=:all:", line)]
    ) == []
    assert re.findall(r"apt-get|apk add|gcc|build-essential", text) == []


def test_what_builds_is_pinned_with_the_demonstration() -> None:
    """The recipe takes one entry out of the pins: it is there, and ends there."""
    pins = (ROOT / "requirements" / "demo.txt").read_text()
    (began, ended) = re.findall(r"sed -n '/\^(\S+)/,/(# via)/p'", DOCKERFILE.read_text())[0]

    entry = re.findall(rf"^{began}.*?{ended}", pins, re.DOTALL | re.MULTILINE)

    assert len(entry) == 1
    assert len(re.findall(r"==", entry[0])) == 1
    assert "--hash=sha256:" in entry[0]


def test_production_has_not_the_requirements_of_the_demonstration() -> None:
    """They come in a later stage, on which production does not stand."""
    assert not [
        line for line in STAGES["installed-production"].lines if "requirements/demo.txt" in line
    ]


@pytest.mark.parametrize("name", FINAL)
def test_an_image_runs_the_command_line_as_nobody_in_particular(name: str) -> None:
    """Without a shell around it, and without root's rights."""
    whole = STAGES[name].whole()

    assert 'ENTRYPOINT ["proline-qbo"]' in whole
    assert "USER 10001:10001" in whole
    assert "STOPSIGNAL SIGTERM" in whole


@pytest.mark.parametrize("name", FINAL)
def test_the_tools_of_the_build_stay_behind(name: str) -> None:
    """An image stands on the plain base, and takes the installed environment alone."""
    whole = STAGES[name].whole()

    assert [line for line in whole if re.search(r"\bpip\b", line)] == []
    assert len([line for line in whole if line.startswith("COPY")]) == 1


@pytest.mark.parametrize("source", sorted(STAGES["demo"].copied(STAGES)))
def test_the_build_sees_what_it_copies(source: str) -> None:
    """It is in the repository, and .dockerignore lets it through."""
    assert (ROOT / source).exists()
    assert not _is_ignored(source)


@pytest.mark.parametrize("name", [".env", ".git", ".venv", "tests", "docs", "app/__pycache__"])
def test_the_build_does_not_see_the_rest(name: str) -> None:
    """Secrets and history must not come near an image."""
    assert _is_ignored(name)


def test_the_base_is_pinned_by_version() -> None:
    """And it is a Python this project is made for."""
    (image,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)

    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", image)


def _is_ignored(name: str) -> bool:
    """Follow .dockerignore: of the patterns that match, the last one decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        if fnmatch.fnmatch(name.rpartition("/")[2] if "**/" in line else name, pattern):
            ignored = not line.startswith("!")
    return ignored
