"""`docs/faults.md`, written from the catalogue so that the two cannot tell different stories.

Run `python -m workers.catalogue_page` after changing a row; a test holds the page equal to it.
"""

from pathlib import Path

from qbo_client import Applied
from workers.actions import DOES, Who
from workers.catalogue import CATALOGUE, UNKNOWN, Row

PAGE = Path(__file__).parents[1] / "docs" / "faults.md"

_INTRODUCTION = """\
# Faults

What QuickBooks Online can refuse, and what can go wrong on the way: whether it was booked, who
acts, what the service does by itself, and the sentence the office reads. This page is written from
`workers.catalogue.CATALOGUE`, by which the service decides. The codes are Intuit's, and so is
[their list][codes]; QuickBooks writes its messages in the language of the company, so nothing is
decided on them. A code in words is ours, for what has none: a status of HTTP, or no answer at all.

[codes]: https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
"""

_WHO = {Who.NOBODY: "nobody", Who.OFFICE: "the office", Who.US: "us"}
_APPLIED = {Applied.NO: "no", Applied.UNKNOWN: "unknown"}
_ANY_OTHER = "any other"


def page() -> str:
    """Write the page: one table of every row, then one section for each anchor."""
    rows = {**CATALOGUE, _ANY_OTHER: UNKNOWN}
    anchors = dict.fromkeys(row.anchor for row in rows.values())
    return "\n".join([_INTRODUCTION, _table(rows), *(_section(rows, each) for each in anchors)])


def _table(rows: dict[str, Row]) -> str:
    heading = (
        "| code | what the office reads | booked | who acts | what the service does | help |\n"
        "|---|---|---|---|---|---|\n"
    )
    return heading + "".join(_line(code, row) for code, row in rows.items())


def _line(code: str, row: Row) -> str:
    cells = (
        _quoted(code),
        row.sentence,
        _APPLIED[row.applied],
        _WHO[row.who],
        DOES[row.action],
        f"[{row.anchor}](#{row.anchor})",
    )
    return f"| {' | '.join(cells)} |\n"


def _section(rows: dict[str, Row], anchor: str) -> str:
    here = {code: row for code, row in rows.items() if row.anchor == anchor}
    sentences = dict.fromkeys(row.sentence for row in here.values())
    actions = dict.fromkeys(row.action for row in here.values())
    # Its slug is the anchor, whatever its capitals.
    title = anchor.replace("-", " ").replace("quickbooks", "QuickBooks")
    title = title[0].upper() + title[1:]
    codes = ", ".join(map(_quoted, here))
    return "\n".join(
        [
            f"## {title}\n",
            *(f"> {sentence}\n" for sentence in sentences),
            *(f"The service {DOES[action]}. Codes: {codes}.\n" for action in actions),
            *_notes(here),
        ]
    )


def _notes(rows: dict[str, Row]) -> list[str]:
    notes = dict.fromkeys(row.note for row in rows.values() if row.note)
    told = [f"- {_codes(rows, note)}: {note}" for note in notes]
    return [*told, ""] if told else []


def _codes(rows: dict[str, Row], note: str) -> str:
    return ", ".join(_quoted(code) for code, row in rows.items() if row.note == note)


def _quoted(code: str) -> str:
    return code if code == _ANY_OTHER else f"`{code}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
