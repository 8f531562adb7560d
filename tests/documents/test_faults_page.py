"""docs/faults.md is the catalogue, and a link to an anchor of a row finds its section."""

import re

from workers.catalogue import CATALOGUE, UNKNOWN
from workers.catalogue_page import PAGE, page


def test_the_page_is_the_catalogue() -> None:
    """Run `python -m workers.catalogue_page` after changing a row."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_anchor_is_a_heading() -> None:
    """`docs/faults.md#books-closed` leads somewhere, once."""
    headings = re.findall(r"^## (.+)$", page(), re.MULTILINE)

    slugs = [slug_of(heading) for heading in headings]

    assert len(slugs) == len(set(slugs))
    assert set(slugs) == {row.anchor for row in (*CATALOGUE.values(), UNKNOWN)}


def test_every_code_is_in_the_table_and_under_its_heading() -> None:
    """A code is looked up from either end."""
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page(), re.MULTILINE | re.DOTALL))
    texts = {slug_of(heading): text for heading, text in sections.items()}

    for code, row in CATALOGUE.items():
        assert f"\n| `{code}` | {row.sentence} |" in page()
        assert f"`{code}`" in texts[row.anchor]
        assert row.sentence in texts[row.anchor]


def slug_of(heading: str) -> str:
    """Make of a heading what a link to it says."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
