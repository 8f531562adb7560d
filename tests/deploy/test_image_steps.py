"""What deploy/Dockerfile does, done step by step in a clean directory: no engine is needed.

Its own COPY and RUN lines are followed, with other paths in them. What differs from an image is the
machine: this Python, this system's libraries, and pip's cache, which spares the network.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.dockerfile import ROOT, Stage, stages

pytestmark = pytest.mark.timeout(300)

STAGES: Final = stages()
BUILT: Final = STAGES["installed-production"]
ENVIRONMENT: Final = "/opt/proline-qbo"
DATA: Final = ("*.html", "*.css", "*.js", "*.svg", "*.json")
# What Python itself leaves in a folder, and the build would not see: .dockerignore.
LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "*.pyc")
IMPORT_ALL: Final = """
import importlib, pathlib, sys
for name in sys.argv[1:]:
    for file in sorted(pathlib.Path(importlib.import_module(name).__path__[0]).rglob("*.py")):
        parts = file.relative_to(sys.prefix).with_suffix("").parts
        module = ".".join(parts[parts.index("site-packages") + 1 :]).removesuffix(".__init__")
        if not module.startswith("migrations.versions") and not module.endswith("__main__"):
            importlib.import_module(module)
"""


@dataclass(frozen=True)
class Image:
    """What the steps have made.

    Attributes:
        environment: the virtual environment that an image takes over.
        elsewhere: an empty folder, so that nothing is found because one stands in it.
    """

    environment: Path
    elsewhere: Path

    def run(self, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment, as a process that has nothing else."""
        return subprocess.run(  # noqa: S603  # what we have just built
            [self.environment / "bin" / program, *words],
            capture_output=True,
            check=False,
            cwd=self.elsewhere,
            env={"PATH": f"{self.environment / 'bin'}:/usr/bin:/bin"},
            text=True,
            timeout=60,
        )

    def files(self) -> set[str]:
        """Name the files that were installed into it, by their place among the packages."""
        (packages,) = self.environment.glob("lib/python3*/site-packages")
        return {
            file.relative_to(packages).as_posix() for file in packages.rglob("*") if file.is_file()
        }


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Follow the stage that production is copied from, and every one below it."""
    folder = tmp_path_factory.mktemp("image")
    build, elsewhere, environment = (folder / name for name in ("build", "elsewhere", "made"))
    build.mkdir()
    elsewhere.mkdir()
    tools = _tools(folder / "tools")
    for line in BUILT.whole():
        instruction, _, rest = line.partition(" ")
        if instruction == "COPY":
            _copy(rest.split(), build)
        elif instruction == "RUN":
            _run(rest.replace(ENVIRONMENT, str(environment)), build, tools)
    return Image(environment, elsewhere)


def test_the_steps_are_those_of_the_production_image() -> None:
    """What was followed is what the image takes over, whole, and nothing else."""
    copied = [line for line in STAGES["production"].whole() if line.startswith("COPY")]

    assert copied == [f"COPY --from=installed-production {ENVIRONMENT} {ENVIRONMENT}"]
    assert _instructions(BUILT) <= {"ENV", "WORKDIR", "COPY", "RUN"}
    assert f"python -m venv --without-pip {ENVIRONMENT}" in " ".join(BUILT.whole())


def test_the_command_line_is_there(image: Image) -> None:
    """The entry point of the image runs, with nothing beside it but what was installed."""
    (line,) = [line for line in STAGES["production"].whole() if line.startswith("ENTRYPOINT")]

    helped = image.run("proline-qbo", "--help")

    assert line == 'ENTRYPOINT ["proline-qbo"]'
    assert helped.returncode == 0, helped.stderr
    assert "migrate" in helped.stdout


def test_every_module_finds_what_it_imports(image: Image) -> None:
    """What only development installs would be missed where it is first imported."""
    packages = sorted(
        path.parent.name
        for path in ROOT.glob("*/__init__.py")
        if path.parent.name in BUILT.copied(STAGES)
    )

    imported = image.run("python", "-W", "error", "-c", IMPORT_ALL, *packages)

    assert "workers" in packages
    assert imported.returncode == 0, imported.stderr


@pytest.mark.parametrize("name", ["demo", "qbo_simulator", "tests", "benchmarks", "pip"])
def test_what_production_must_not_have_is_not_there(image: Image, name: str) -> None:
    """No stand-in for QuickBooks, nothing that is for us alone, nothing that installs."""
    found = image.run("python", "-c", f"import {name}")

    assert found.returncode == 1
    assert f"ModuleNotFoundError: No module named '{name}'" in found.stderr


def test_every_file_that_is_copied_is_installed(image: Image) -> None:
    """Templates, styles, schemas and migrations too: a wheel has what its list says."""
    folders = [name for name in BUILT.copied(STAGES) - {"requirements"} if (ROOT / name).is_dir()]
    sources = {
        file.relative_to(ROOT).as_posix()
        for name in folders
        for pattern in ("*.py", *DATA)
        for file in (ROOT / name).rglob(pattern)
    }

    assert len([name for name in sources if not name.endswith(".py")]) > 10
    assert sources - image.files() == set()


def _tools(folder: Path) -> Mapping[str, str]:
    """Make what the base image has, a Python with pip, and give the environment of its steps."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)  # noqa: S603  # this Python
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {
        **kept,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        # The little that runs below is compiled when it is imported.
        "PIP_COMPILE": "0",
        "PIP_ROOT_USER_ACTION": "ignore",
    }


def _copy(words: list[str], build: Path) -> None:
    """Copy what a COPY names: folders to the folder it says, files into it."""
    *sources, target = words
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, build / target, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / source, build / target)


def _run(command: str, build: Path, environment: Mapping[str, str]) -> None:
    """Do what a RUN does, in the folder of the build."""
    done = subprocess.run(  # noqa: S603  # the words of our own Dockerfile
        ["/bin/sh", "-c", command],
        capture_output=True,
        check=False,
        cwd=build,
        env=environment,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def _instructions(stage: Stage) -> set[str]:
    return {line.split()[0] for line in stage.whole()}
