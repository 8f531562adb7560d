"""The repository speaks of the product alone: nothing in it belongs to one machine."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT_HIDDEN = frozenset({".ci", ".dockerignore", ".env.example", ".gitignore", ".importlinter"})
TEXT_BYTES_MAX = 2_000_000
# Somebody's home, or a folder that only one machine has.
HOST_PATH = re.compile(
    r"(?<![\w.$}\"'/])/(?:root|work|workspace|home/\w+|Users/\w+|tmp/\w+|mnt/\w+|private/\w+)\b"
)
ADDRESS_HOST = re.compile(r"\bhttps?://(?:[^/@\s]*@)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)", re.IGNORECASE)
# The vendor, names nobody owns (RFC 2606), this machine whichever it is, and what docstrings cite.
HOSTS = frozenset({"intuit.com", "example.com", "example", "invalid", "localhost", "127.0.0.1"})
CITED = frozenset(
    {
        "encode.io",
        "ietf.org",
        "json-schema.org",
        "keepachangelog.com",
        "mozilla.org",
        "owasp.org",
        "postgresql.org",
        "rabbitmq.com",
        "rfc-editor.org",
        "w3.org",
    }
)
# Where a change was asked for is known to those who were there; what it is for stands in words.
ASKED_FOR = re.compile(
    r"\b(?:issue|ticket|pull request|merge request|todo|fixme|xxx)s?:? ?[#(]?\d+"
    r"|\bco-authored-by\b",
    re.IGNORECASE,
)
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


def test_every_address_is_the_vendors_invented_or_cited() -> None:
    """A mirror, a registry or a tracker of ours would be an address that others cannot reach."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group(1)}"
        for path in _files()
        for match in ADDRESS_HOST.finditer(path.read_text(errors="replace"))
        if not _is_known(match.group(1).lower())
    ]

    assert found == []


def test_no_file_says_where_a_change_was_asked_for() -> None:
    """The number of a request means nothing to whoever cannot open it."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _files()
        for match in ASKED_FOR.finditer(path.read_text(errors="replace"))
    ]

    assert found == []


def test_the_looks_see_what_they_are_for() -> None:
    """A pattern that matches nothing would let everything pass."""
    assert HOST_PATH.search("see /home/jane/notes")
    assert HOST_PATH.search("in /workspace today")
    assert not HOST_PATH.search("GET /v3/company/1/work")
    assert not _is_known("packages.example.org")
    assert not _is_known("notintuit.com")
    assert _is_known("developer.intuit.com")
    assert ASKED_FOR.search("closes issue #12")
    assert ASKED_FOR.search("TODO(7)")
    assert not ASKED_FOR.search("John Doe - C#1001 has an issue")


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


def _is_known(host: str) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in HOSTS | CITED)


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
