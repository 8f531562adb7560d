"""The repository speaks of the product alone: nothing in it belongs to one machine."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT_HIDDEN = frozenset({".ci", ".env.example", ".gitignore", ".importlinter"})
TEXT_BYTES_MAX = 2_000_000
# Somebody's home, or a folder that only one machine has.
HOST_PATH = re.compile(r"(?<![\w.$}\"'/])/(?:root|work|home/\w+|Users/\w+|tmp/\w+)\b")
# How a registry or a mirror would get into a file that every machine must be able to use.
REGISTRY = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|://")


def test_no_file_names_a_place_on_one_machine() -> None:
    """A path of the author's machine leads nowhere on anybody else's."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _files()
        for match in HOST_PATH.finditer(path.read_text(errors="replace"))
    ]

    assert found == []


def test_the_requirements_name_no_registry() -> None:
    """Where packages come from is the affair of the machine that installs them."""
    lines = [
        line
        for path in sorted((ROOT / "requirements").glob("*.txt"))
        for line in path.read_text().splitlines()
    ]

    assert len(lines) > 100
    assert [line for line in lines if REGISTRY.search(line)] == []


def test_every_requirement_is_pinned_by_hash() -> None:
    """What is installed is what was looked at, on every machine."""
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        entries = re.split(r"\n(?=[a-z0-9])", path.read_text())
        assert [
            entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry
        ] == []


def test_development_installs_what_the_demo_does() -> None:
    """One .venv serves both, so the pins of the demo are a part of development's."""
    assert _pins("demo.txt") <= _pins("dev.txt")
    assert _pins("production.txt") <= _pins("demo.txt")


def _pins(name: str) -> set[str]:
    text = (ROOT / "requirements" / name).read_text()
    return set(re.findall(r"^([a-z0-9_.-]+==\S+)", text, re.MULTILINE))


def _files() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.name.startswith(".") and top.name not in KEPT_HIDDEN:
            continue
        if top.name == "build" or top.suffix == ".egg-info":
            continue
        yield from (path for path in [top, *top.rglob("*")] if _is_text(path))


def _is_text(path: Path) -> bool:
    if not path.is_file() or "__pycache__" in path.parts or path == Path(__file__):
        return False
    return path.stat().st_size < TEXT_BYTES_MAX and b"\0" not in path.read_bytes()[:1024]
