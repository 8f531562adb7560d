"""The README's way of setting a company up, typed as it stands there."""

import re
import shlex
from pathlib import Path

import psycopg

from coordination.database import Pool
from tests.support.command_line import CommandLine
from tests.support.consenting_quickbooks import ConsentingQuickBooks
from tests.support.relay_in_hand import RelayInHand

README = (Path(__file__).parents[2] / "README.md").read_text()
HEADING = "## Setting a company up: on the command line\n"
SECTION = README.partition(HEADING)[2].partition("\n## ")[0]


def block(text: str, language: str) -> str:
    """Return the first code block in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_commands_of_the_readme_set_a_company_up(
    on_database: CommandLine,
    quickbooks: ConsentingQuickBooks,
    pool: Pool,
    connection: psycopg.Connection,
) -> None:
    """Typed in their order they end with a company that is on and a record that is explained."""
    realm = quickbooks.make_company("Example Books")
    consent = {"$REALM": realm, "$CODE": quickbooks.code_for(realm)}
    lines = [shlex.split(line, comments=True) for line in block(SECTION, "sh").splitlines()]
    *set_up, explain = [[consent.get(word, word) for word in words[1:]] for words in lines]

    for words in set_up:
        on_database.done(*words)
    connection.execute(block(README, "sql").encode())
    connection.commit()
    RelayInHand(pool).drain()
    told = on_database.done(*explain)

    shown = on_database.done("company", "show", "company-1", "--json").json()
    assert (shown["realm"], shown["enabled"], shown["waits"]) == (realm, True, None)
    assert shown["settings"]["customer_mode"] == "sub"
    assert told.out.startswith("contact contact-12 of company company-1: ")
