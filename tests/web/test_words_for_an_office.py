"""Lists and files say what an office would: names and titles, and no word of the machine's."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from app.web import addresses
from app.web.deciding import Known as Asked
from app.web.deciding import question
from app.web.noted import Known, after, before, done
from connections.audit import Actor, Entry
from records.asked_about import CustomerThere
from records.deciding import Open
from tests.support.postgres import Template, fresh_database
from tests.support.roofer import COMPANY
from tests.web.world import Html, World, furnish, world_in

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KNOWN = Known({"9341450000000001": "Example Books"}, {7: "A cent differs."})


@pytest.fixture(scope="module")
def furnished(database_template: Template) -> Iterator[World]:
    """Give a company that has some of everything."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        furnish(opened.office.enabled().roofer)
        yield opened


def entry(
    action: str, was: dict[str, Any] | None = None, is_: dict[str, Any] | None = None
) -> Entry:
    """Give a change as it was noted."""
    return Entry(1, NOW, Actor("Jane Example", "page"), action, None, None, was, is_, None)


@pytest.mark.parametrize(
    ("noted", "was", "said"),
    [
        (
            entry("question.answer", None, {"question": "changed_in_quickbooks", "answer": "ours"}),
            "Changed in QuickBooks as well",
            "Write what ProLine says over it.",
        ),
        (
            entry(
                "question.answer",
                None,
                {"question": "which_invoice", "answer": "invoice", "id": "i1"},
            ),
            "Which invoice was paid?",
            "It pays invoice i1.",
        ),
        (
            entry("question.answer", None, {"question": "of_old", "answer": "yes"}),
            "of_old",
            "yes",
        ),
        (
            entry("records.send", None, {"reason": "6000", "records": 1}),
            "",
            "QuickBooks refuses them by a rule of its own (code 6000); 1 record",
        ),
        (
            entry("records.skip", None, {"reason": "which_invoice", "records": 2, "why": "Old"}),
            "",
            "Which invoice was paid?; 2 records; because: Old",
        ),
        (entry("finding.resolve", None, {"finding": 7}), "", "A cent differs."),
        (entry("finding.resolve", None, {"finding": 8}), "", ""),
        (
            entry("connection.connect", {"realm_id": None}, {"realm_id": "9341450000000001"}),
            "QuickBooks company: none",
            "QuickBooks company: Example Books (ID ending in 0001)",
        ),
        (
            entry("connection.revoke", {"realm_id": "123456"}),
            "QuickBooks company: ID ending in 3456",
            "",
        ),
        (
            entry("settings.change", {"ceiling": 450}, {"ceiling": 300}),
            "requests a minute: 450",
            "requests a minute: 300",
        ),
    ],
)
def test_what_was_changed_is_said_as_an_office_would(noted: Entry, was: str, said: str) -> None:
    """Titles and sentences in place of the audit's own words; what is unknown stays as noted."""
    assert (before(noted, KNOWN), after(noted, KNOWN)) == (was, said)


def test_a_change_without_words_is_named_as_it_is_noted() -> None:
    """A newer program may note what this one has no words for."""
    assert done("moon.full_now") == "Moon full now"


def test_the_history_names_records_books_and_findings(furnished: World) -> None:
    """Whatever was noted, nobody has to know an id."""
    realm = furnished.roofer.realm.settings.realm_id
    found = furnished.one("SELECT min(id) FROM proline_qbo.findings")
    for action, noted in (
        ("connection.connect", {"realm_id": realm}),
        ("finding.resolve", {"finding": found}),
        ("records.send", {"reason": "total_mismatch", "records": 2}),
        ("question.answer", {"question": "which_invoice", "answer": "invoice", "id": "i1"}),
    ):
        furnished.database.execute(
            "INSERT INTO proline_qbo.audit (company_id, user_name, via, action, after)"
            " VALUES (%s, 'Jane Example', 'page', %s, %s)",
            [COMPANY, action, Jsonb(noted)],
        )

    text = Html(furnished.visitor("viewer").get(addresses.HISTORY).text).text

    assert f"Example Books (ID ending in {realm[-4:]})" in text
    assert "A cent differs." in text
    assert "The lines do not come to the total; 2 records" in text
    assert "It pays invoice 501." in text
    assert "total_mismatch" not in text


def test_the_file_tells_names_and_opens_in_excel_as_it_is(furnished: World) -> None:
    """It begins with the mark by which Excel knows UTF-8, and explains by names, as the page."""
    answer = furnished.visitor("viewer").get(addresses.ACTIVITY_CSV)

    assert answer.content.startswith(b"\xef\xbb\xbfKind,")
    text = answer.content.decode("utf-8-sig")
    explained = {row["ProLine id"]: row["Explanation"] for row in csv.DictReader(io.StringIO(text))}
    assert explained["y2"].startswith("Invoice 502 was left out")
    assert "nvoice i2" not in text


def test_what_was_ordered_says_so_until_it_has_happened(furnished: World) -> None:
    """The same button would order nothing more, so it is not there; one record is not "all 1"."""
    person = furnished.visitor()
    asked_first = Html(person.get(addresses.ATTENTION).text).text
    furnished.database.execute(
        "INSERT INTO proline_qbo.orders (record_pk, kind, ordered_by)"
        " SELECT pk, 'send', 'Jane Example' FROM proline_qbo.records WHERE record_id = 'i3'"
    )
    some = Html(person.get(addresses.ATTENTION).text)
    furnished.database.execute(
        "INSERT INTO proline_qbo.orders (record_pk, kind, ordered_by)"
        " SELECT pk, 'send', 'Jane Example' FROM proline_qbo.records WHERE record_id = 'i4'"
    )

    every = Html(person.get(addresses.ATTENTION).text)

    assert "Why is this record left out of QuickBooks?" in asked_first
    assert "Why are all 2 records left out of QuickBooks?" in asked_first
    assert "taken up already" not in asked_first
    assert "1 of these is taken up already" in some.text
    assert addresses.RETRY in [each.action for each in some.forms]
    assert "All of them are taken up already" in every.text
    assert addresses.RETRY not in [each.action for each in every.forms]


@pytest.mark.parametrize(
    ("there", "shown"),
    [
        ("Ada Example - C#1001", "Ada Example - C#1001, id 58 (gone or inactive)"),
        (None, "id 58 (gone or inactive)"),
    ],
)
def test_a_customer_that_is_gone_is_shown_on_both_sides(there: str | None, shown: str) -> None:
    """Who it is in ProLine, and who it was in QuickBooks as far as we have seen."""
    asked = Open(*(1, 9, "acme", "contact", "c1", "waiting", None), "customer_gone", "58", {}, NOW)
    found = CustomerThere(9, "1001", "Ada Example", there, "58")

    (side,) = question(asked, Asked(customers={9: found})).sides

    assert (side.proline, side.quickbooks) == ("Ada Example, number 1001", shown)
