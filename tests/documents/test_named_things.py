"""Decisions and the sandbox checklist name modules, constants, constraints and files: they exist.

A page that names what was renamed long ago sends its reader looking for nothing, and a checklist
whose place is gone leaves an assumption that nobody can change.
"""

import dataclasses
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKLIST = ROOT / "docs" / "sandbox-checklist.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
PACKAGES = "|".join(sorted(path.parent.name for path in ROOT.glob("*/__init__.py")))
DOTTED = re.compile(rf"(?:{PACKAGES})(?:\.\w+)+")
FILE = re.compile(r"[\w./-]+/[\w.-]+\.\w+|[\w-]+\.(?:md|py|toml)")
WORD = re.compile(r"[a-z]+(?:_[a-z]+)+")
# Intuit's own words, which need not stand in our code.
VENDORS = frozenset({"intuit_tid"})
COLUMNS = 4


def quoted(text: str) -> list[str]:
    """Return what a page sets as code, outside its blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def rows(page: Path) -> list[list[str]]:
    """Return the cells of each row of a page's tables, without their headings."""
    lines = [line for line in page.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    ruled = [place for place, row in enumerate(cells) if set("".join(row)) <= {"-"}]
    headings = {place - 1 for place in ruled} | set(ruled)
    return [row for place, row in enumerate(cells) if place not in headings]


def exists(name: str) -> bool:
    """Say whether a dotted name leads to a module, or to something inside one."""
    module, rest = _module_of(name.split("."))
    found: object = importlib.import_module(module)
    for part in rest:
        if part in getattr(found, "__dataclass_fields__", {}):
            return part == rest[-1]
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def _module_of(parts: list[str]) -> tuple[str, list[str]]:
    """Split a dotted name where its module ends."""
    for length in range(len(parts), 1, -1):
        name = ".".join(parts[:length])
        try:
            if importlib.util.find_spec(name) is not None:
                return name, parts[length:]
        except ModuleNotFoundError:
            continue  # a part before the last is no package
    return parts[0], parts[1:]


def test_the_look_finds_what_is_there_and_misses_what_is_not() -> None:
    """The tests below would pass over anything if this did not tell names apart."""
    assert exists("records.places")
    assert exists("records.places.PLACES_PER_COMPANY")
    assert exists("workers.waits.Waits.requestid_proved")
    assert exists("connections.books.Books.book_close_date")
    assert not exists("records.nowhere")
    assert not exists("records.places.NOTHING")
    assert not exists("workers.waits.Waits.nothing")
    assert dataclasses.is_dataclass(importlib.import_module("workers.waits").Waits)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_of_our_code_leads_somewhere(page: Path) -> None:
    """`records.waking.affected_by` is a module, and something in it."""
    names = [name for name in quoted(page.read_text()) if DOTTED.fullmatch(name)]

    assert [name for name in names if not exists(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    """A path starts at the root of the repository."""
    names = [name for name in quoted(page.read_text()) if FILE.fullmatch(name)]

    assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_single_word_of_code_stands_in_the_code(page: Path) -> None:
    """Constraints, columns, settings and findings, by the name they have today."""
    words = {word for word in quoted(page.read_text()) if WORD.fullmatch(word)} - VENDORS

    code = _code()
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", code)] == []


def test_every_assumption_has_a_place_a_trial_and_a_remedy() -> None:
    """A row that misses one of them cannot be settled."""
    assumptions = rows(CHECKLIST)

    assert len(assumptions) > 50
    assert [row for row in assumptions if len(row) != COLUMNS or not all(row)] == []
    assert [row[1] for row in assumptions if not any(map(_is_ours, quoted(row[1])))] == []


def test_the_checklist_cites_intuit_alone() -> None:
    """A rule of the vendor is worth what its source is worth."""
    links = re.findall(r"\]\((https?://[^)]+)\)", CHECKLIST.read_text())

    assert len(links) > 5
    assert [link for link in links if not link.startswith("https://developer.intuit.com/")] == []


def test_every_switch_of_the_stand_in_is_on_the_checklist() -> None:
    """What can be played both ways is what nobody knows; the rest only describes a company."""
    settings = importlib.import_module("qbo_simulator.settings")

    named = set(quoted(CHECKLIST.read_text()))

    assert set(settings.WORDS) | set(settings.FLAGS) <= named


def test_decisions_are_numbered_without_a_gap() -> None:
    """Each page begins with its own number, so that a citation finds it."""
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    titles = [page.read_text().split(":", 1)[0] for page in pages]

    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    assert titles == [f"# {page.name[:4]}" for page in pages]


def _is_ours(name: str) -> bool:
    return DOTTED.fullmatch(name) is not None


def _code() -> str:
    folders = [*PACKAGES.split("|"), "migrations"]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return "\n".join(path.read_text() for path in files)
