"""What the pages show and do, without a browser: each state, each button, each change with its row.

Each change is made over the page, by its own form, and is found in the audit: who, what, from what.
"""

import csv
import io
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

import app.web.serving
from access.people import Right
from app.web import addresses, settings_page
from app.web.overview import ACTIONS
from app.web.serving import serving
from app.web.settings_form import Read, read_settings_form
from app.web.state_line import State
from tests.support.launching import ProlineSigner
from tests.support.office import access_from_page
from tests.support.ports import free_port
from tests.support.postgres import Template, fresh_database
from tests.support.roofer import COMPANY, new_realm, until
from tests.support.visitor import Visitor
from tests.web.world import (
    Form,
    Html,
    World,
    audit_of,
    furnish,
    logged,
    record_of,
    shown_settings,
    world_in,
)


def shown(visitor: Visitor, address: str) -> Html:
    """Open a page that is there."""
    answer = visitor.get(address)
    assert answer.status_code == 200, answer.text
    return Html(answer.text)


def record_page(entity: str, record_id: str) -> str:
    """Name a record's page."""
    return f"{addresses.RECORD}?entity={entity}&id={record_id}"


def form_to(page: Html, action: str, *among: tuple[str, str]) -> Form:
    """Give the form of a page that goes there and holds these fields."""
    found = [
        each for each in page.forms if each.action == action and set(among) <= set(each.fields)
    ]
    assert found, (action, page.forms)
    return found[0]


def sent(visitor: Visitor, form: Form, **typed: str) -> Html:
    """Send a form of a page as a browser does, with what is typed, and read where it leads."""
    answer = visitor.send("POST", form.action, data=dict(form.fields) | typed)
    assert answer.status_code == 303, answer.text
    return shown(visitor, answer.headers["location"])


def last_noted(world: World) -> dict[str, Any]:
    """Give what was noted last, which Jane has done on the page."""
    noted = audit_of(world)[-1]
    assert (noted["user_id"], noted["user_name"], noted["via"]) == (
        "user-1",
        "Jane Example",
        "page",
    )
    return noted


# --- the state line ----------------------------------------------------------------------------

FOR_NOW = "paused_until = proline_qbo.clock() + interval '5 minutes', pause_reason = "
STATES: dict[State, tuple[str, str]] = {
    State.NOT_SET_UP: ("connection = 'none', realm_id = NULL, settings = '{}'", "Set up"),
    State.READY_TO_CONNECT: ("connection = 'none', realm_id = NULL", "Connect to QuickBooks"),
    State.RECONNECT: ("connection = 'lost'", "Reconnect to QuickBooks"),
    State.OFF: ("enabled = false", "Enable Integration"),
    State.SUBSCRIPTION: (f"{FOR_NOW}'subscription'", "Look again"),
    State.LIMIT: (f"{FOR_NOW}'limit'", "Look again"),
    State.UNAVAILABLE: (f"{FOR_NOW}'unavailable'", "Look again"),
    State.PAUSED: ("paused_until = '9999-12-31Z', pause_reason = 'person'", "Look again"),
    State.ATTENTION: ("name = name", "See what needs attention"),
}


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_shown_once_with_its_button(furnished: World, state: State) -> None:
    """Headline and button, and no other state's; who may not press it is told who may."""
    change, words = STATES[state]
    people = {role: furnished.visitor(role) for role in ("admin", "viewer")}

    with so(furnished, change):
        pages = {role: shown(each, addresses.QUICKBOOKS) for role, each in people.items()}

    (action,) = (each for button, each in ACTIONS.items() if button == words)
    for role, page in pages.items():
        (line,) = page.first("section", "state-line")
        assert state in (line["class"] or "").split()
        assert len(page.first("p", "headline")) == 1
        may = role == "admin" or action.right is Right.LOOK
        there = [each.action for each in page.forms]
        there += [given.get("href") or "" for tag, given in page.elements if tag == "a"]
        assert (action.address in there) or not may
        assert page.text.count(f"this: {words}.") == int(not may)
        others = {each for _, each in STATES.values()} - {words}
        assert not [each for each in others if f"this: {each}." in page.text]


@contextmanager
def so(world: World, change: str) -> Iterator[None]:
    """Have the company's row changed until the block ends."""
    (row,) = world.rows("SELECT * FROM proline_qbo.companies WHERE id = %s", COMPANY)
    world.database.execute(f"UPDATE proline_qbo.companies SET {change}".encode())
    try:
        yield
    finally:
        names = (
            *("connection", "realm_id", "enabled", "paused_until", "pause_reason"),
            *("dropped_events", "settings"),
        )
        world.database.execute(
            sql.SQL("UPDATE proline_qbo.companies SET ({}) = ROW({})").format(
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join([sql.Placeholder()] * len(names)),
            ),
            [*(row[name] for name in names[:-1]), Jsonb(row["settings"])],
        )


def test_the_whole_set_up_ends_in_on(new_world: World) -> None:
    """Settings, Connect, Confirm, Enable: each state once, each by its button, each noted."""
    person = new_world.visitor()
    said = [headline(shown(person, addresses.QUICKBOOKS))]

    settings = form_to(shown(person, addresses.SETTINGS), addresses.SETTINGS)
    page = sent(
        person, Form(settings.action, "post", fields_chosen(settings)), stage="Closed - Won"
    )
    said.append(headline(page))
    page = shown(person, new_world.connect(person).url.path)
    page = sent(person, form_to(page, addresses.CONFIRM))
    said.append(headline(page))
    assert "Before you enable" in page.text
    page = sent(person, form_to(page, addresses.ENABLE))
    said.append(headline(page))

    assert said == [
        "QuickBooks is not set up yet.",
        "Ready to connect to QuickBooks.",
        "Connected to Example Books. Integration is currently off.",
        "Integration is currently on.",
    ]
    assert form_to(page, addresses.DISABLE).method == "post"
    assert [each["action"] for each in audit_of(new_world)][-2:] == [
        "connection.connect",
        "company.enable",
    ]
    assert "Example Books" in page.text
    assert "by Jane Example on" in page.text

    new_world.roofer.contact().project().invoice().settle()
    page = shown(person, addresses.QUICKBOOKS)
    assert "The last record went to QuickBooks on" in page.text
    assert figures(page) == {
        "Sent": 3,
        "In progress": 0,
        "Waiting": 0,
        "Needs attention": 0,
        "Skipped": 0,
    }


def fields_chosen(form: Form) -> list[tuple[str, str]]:
    """Give the token and what was shown alone: what is not said stays as it was."""
    return [(name, value) for name, value in form.fields if name in {"csrf", "shown"}]


def headline(page: Html) -> str:
    """Give the state's headline."""
    (said,) = page.every("headline")
    return said


def figures(page: Html) -> dict[str, int]:
    """Read the strip of standings."""
    return {
        label: int(number.replace(",", ""))
        for number, label in zip(page.every("number"), page.every("label"), strict=True)
    }


def test_the_overview_counts_what_there_is(furnished: World) -> None:
    """Each standing, as the records have it; findings beside them."""
    counted = furnished.rows(
        "SELECT standing, count(*) AS n FROM proline_qbo.records GROUP BY standing"
    )

    page = shown(furnished.visitor(), addresses.QUICKBOOKS)

    names = {"sent": "Sent", "in_progress": "In progress", "waiting": "Waiting"}
    names |= {"attention": "Needs attention", "skipped": "Skipped"}
    expected = {names[row["standing"]]: row["n"] for row in counted}
    assert {label: number for label, number in figures(page).items() if number} == expected
    assert len(expected) >= 3
    assert "1 finding" in page.text


def test_what_is_said_below_the_counts_stands_apart(furnished: World) -> None:
    """Each sentence is a sentence."""
    with so(furnished, "dropped_events = 2"):
        page = shown(furnished.visitor(), addresses.QUICKBOOKS)

    assert "just now. 2 changes of invoices and payments from before the first enable" in page.text
    assert "not kept. 1 invoice sent before you enabled is left out;" in page.text


# --- settings ----------------------------------------------------------------------------------


def test_settings_are_saved_and_noted(disturbed: World) -> None:
    """Only what differs is noted, as it was and as it is; saving the same notes nothing."""
    person = disturbed.visitor()
    chosen = {"stage": ["Closed - Won"], "customer_mode": "sub", "ceiling": "400"}

    page = person.post(addresses.SETTINGS, shown=shown_settings(person), **chosen)

    assert "The settings are saved." in page.text
    noted = last_noted(disturbed)
    assert noted["action"] == "settings.change"
    assert noted["before"] == {"customer_mode": "main", "ceiling": 450}
    assert noted["after"] == {"customer_mode": "sub", "ceiling": 400}
    again = len(audit_of(disturbed))
    person.post(addresses.SETTINGS, shown=shown_settings(person), **chosen)
    assert len(audit_of(disturbed)) == again
    history = shown(person, addresses.HISTORY).text
    assert "Jane Example" in history
    assert "sub" in history


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stage": "Nowhere"}, "ProLine has no stage Nowhere"),
        ({"income_item": "999"}, "does not offer this item"),
        ({"tax_mode": "amount"}, "Choose the tax code"),
        ({"ceiling": "0"}, "from 1 to 500"),
        ({"ceiling": "501"}, "from 1 to 500"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    disturbed: World, fields: dict[str, str], said: str
) -> None:
    """422 with a sentence, and nothing stored or noted."""
    show_stages(disturbed, "Lead", "Closed - Won")
    person = disturbed.visitor()
    disturbed.roofer.settle()
    before = disturbed.photograph()

    sending = {"csrf": person.csrf(), "shown": shown_settings(person), "stage": "Closed - Won"}
    sending |= fields
    answer = person.send("POST", addresses.SETTINGS, data=sending)

    assert answer.status_code == 422
    assert "Nothing was saved." in answer.text
    assert said in answer.text
    assert disturbed.photograph() == before


def test_a_settings_form_that_others_were_faster_than_is_shown_anew(disturbed: World) -> None:
    """Nothing of theirs is undone unseen; the page shows what stands now, and takes it from there.

    A form without the mark, or with another's, is as old as can be.
    """
    first, second = disturbed.visitor(), disturbed.visitor(user_id="u-2")
    filled_in = {"csrf": second.csrf(), "stage": "Closed - Won", "shown": shown_settings(second)}
    first.post(addresses.SETTINGS, shown=shown_settings(first), stage="Closed - Won", ceiling="321")
    stands = disturbed.one("SELECT settings FROM proline_qbo.companies"), audit_of(disturbed)

    answers = [
        second.send("POST", addresses.SETTINGS, data=filled_in | {"ceiling": "123"} | marked)
        for marked in ({}, {"shown": ""}, {"shown": "x"})
    ]

    for answer in answers:
        assert answer.status_code == 409
        assert "were changed since you opened this page" in answer.text
        assert 'value="321"' in answer.text
    assert stands == (
        disturbed.one("SELECT settings FROM proline_qbo.companies"),
        audit_of(disturbed),
    )
    again = dict(form_to(Html(answers[0].text), addresses.SETTINGS).fields)["shown"]
    taken = filled_in | {"ceiling": "123", "shown": again}
    assert second.send("POST", addresses.SETTINGS, data=taken).status_code == 303


def test_a_settings_form_of_two_at_once_is_taken_from_one(
    disturbed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the other one saves between reading the form and storing it."""
    first, second = disturbed.visitor(), disturbed.visitor(user_id="u-2")
    mark, token = shown_settings(second), second.csrf()

    def while_it_is_read(*form: Any) -> Read:  # noqa: ANN401  # passed on
        monkeypatch.setattr(settings_page, "read_settings_form", read_settings_form)
        first.post(addresses.SETTINGS, shown=mark, stage="Closed - Won", ceiling="222")
        return read_settings_form(*form)

    monkeypatch.setattr(settings_page, "read_settings_form", while_it_is_read)

    late = {"csrf": token, "shown": mark, "stage": "Closed - Won", "ceiling": "111"}
    answer = second.send("POST", addresses.SETTINGS, data=late)

    assert answer.status_code == 409
    assert disturbed.one("SELECT settings->>'ceiling' FROM proline_qbo.companies") == "222"


def test_a_settings_form_of_the_former_books_is_not_taken(new_world: World) -> None:
    """An id chosen there is another item here, though both offer it."""
    new_world.office.enabled()
    person = new_world.visitor()
    page = shown(person, addresses.SETTINGS)
    offered = {
        row["kind"]: row["qbo_id"] for row in new_world.rows("SELECT * FROM proline_qbo.book_lists")
    }
    chosen = {"stage": "Closed - Won", "income_item": offered["item"]}
    settings = dict(form_to(page, addresses.SETTINGS).fields) | chosen
    account = dict(form_to(page, addresses.INCOME_ACCOUNT).fields)
    account["income_account"] = offered["income_account"]
    person.post(addresses.DISCONNECT)
    other = new_realm(new_world.roofer.quickbooks, {"company_name": "Second Books"})
    page = Html(new_world.connect(person, other.settings.realm_id).text)
    sent(person, form_to(page, addresses.CONFIRM), other_books="Second Books")

    answers = [
        person.send("POST", addresses.SETTINGS, data=settings),
        person.send("POST", addresses.INCOME_ACCOUNT, data=account),
    ]

    assert [each.status_code for each in answers] == [409, 409]
    assert all("since you opened this page" in each.text for each in answers)
    stored = new_world.one("SELECT settings FROM proline_qbo.companies")
    assert stored.get("income_item_id") is None
    assert "income_account.change" not in {each["action"] for each in audit_of(new_world)}


def show_stages(world: World, *stages: str) -> None:
    """Have ProLine show the stages it has."""
    rows = ", ".join(f"('{COMPANY}', '{each}', {at})" for at, each in enumerate(stages))
    world.roofer.proline.execute(
        "CREATE SCHEMA IF NOT EXISTS proline_export;"
        "CREATE OR REPLACE VIEW proline_export.project_stages AS SELECT company_id, stage, position"
        f" FROM (VALUES {rows}) AS v (company_id, stage, position)".encode()
    )


def test_the_lists_are_read_again_and_an_account_is_changed(disturbed: World) -> None:
    """Both ask QuickBooks, both are noted; an account that was not offered is refused."""
    person = disturbed.visitor()
    disturbed.roofer.by_hand("account", Name="Roofing income", AccountType="Income")

    page = person.post(addresses.REFRESH_LISTS)
    assert "Roofing income" in page.text
    assert last_noted(disturbed)["action"] == "lists.refresh"
    account = disturbed.one(
        "SELECT qbo_id FROM proline_qbo.book_lists WHERE name = %s", "Roofing income"
    )
    refused = person.send(
        "POST", addresses.INCOME_ACCOUNT, data={"csrf": person.csrf(), "income_account": "999"}
    )
    realm = disturbed.roofer.realm.settings.realm_id
    page = person.post(addresses.INCOME_ACCOUNT, income_account=account, realm=realm)

    assert refused.status_code == 409
    assert "changed in QuickBooks" in page.text
    assert last_noted(disturbed)["action"] == "income_account.change"
    items = {each["Name"]: each for each in disturbed.roofer.held("Item")}
    assert items["ProLine Sales"]["IncomeAccountRef"]["value"] == account


# --- off and on --------------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "state"), [("send", "done"), ("skip", "skipped")])
def test_enabling_again_asks_about_what_changed(new_world: World, choice: str, state: str) -> None:
    """How many, send or skip; nothing is on before that is said."""
    new_world.office.enabled().roofer.contact().project().settle()
    person = new_world.visitor()
    page = sent(person, form_to(shown(person, addresses.QUICKBOOKS), addresses.DISABLE))
    assert "currently off" in headline(page)
    assert last_noted(new_world)["action"] == "company.disable"
    new_world.roofer.invoice("i7")
    until(lambda: record_of(new_world, "invoice", "i7")["state"] == "pending")

    enable = form_to(shown(person, addresses.QUICKBOOKS), addresses.ENABLE)
    asked = person.send("POST", enable.action, data=dict(enable.fields))

    assert "1 record changed while it was off: send or skip?" in Html(asked.text).text
    assert not new_world.one("SELECT enabled FROM proline_qbo.companies")

    page = sent(person, form_to(Html(asked.text), addresses.ENABLE), changed=choice)

    assert headline(page).startswith("Integration is currently on.")
    until(lambda: record_of(new_world, "invoice", "i7")["state"] == state)
    noted = last_noted(new_world)
    assert noted["action"] == "company.enable"
    assert noted["after"] == {"enabled": True, "changed": choice}


def test_what_changes_after_the_question_is_asked_about_anew(new_world: World) -> None:
    """Nothing is skipped that was not asked about, and nothing is on meanwhile."""
    new_world.office.enabled().roofer.contact().project().settle()
    person = new_world.visitor()
    sent(person, form_to(shown(person, addresses.QUICKBOOKS), addresses.DISABLE))
    new_world.roofer.invoice("i7")
    until(lambda: record_of(new_world, "invoice", "i7")["state"] == "pending")
    enable = form_to(shown(person, addresses.QUICKBOOKS), addresses.ENABLE)
    asked = Html(person.send("POST", enable.action, data=dict(enable.fields)).text)
    new_world.roofer.invoice("i8")
    until(lambda: record_of(new_world, "invoice", "i8")["state"] == "pending")

    skip = form_to(asked, addresses.ENABLE)
    again = person.send("POST", skip.action, data=dict(skip.fields) | {"changed": "skip"})

    page = Html(again.text)
    assert "2 records changed while it was off: send or skip?" in page.text
    assert "no more what you were asked about, so nothing was done" in page.text
    assert not new_world.one("SELECT enabled FROM proline_qbo.companies")
    page = sent(person, form_to(page, addresses.ENABLE), changed="skip")
    assert "Records left out: 2." in page.text


# --- what needs attention ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def attended(database_template: Template) -> Iterator[World]:
    """Give a company that has some of everything; each test takes another part of it."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        furnish(opened.office.enabled().roofer)
        yield opened


def test_failures_are_grouped_by_reason_and_retried_together(attended: World) -> None:
    """One sentence, who acts, how many; what is retried is ordered once, and noted once."""
    person = attended.visitor()
    page = shown(person, addresses.ATTENTION)
    assert "The lines do not come to the total 2" in page.text
    assert "You act: in ProLine" in page.text
    group = ("group", "failed:total_mismatch")

    page = sent(person, form_to(page, addresses.RETRY, group))

    assert "Records on their way again: 2." in page.text
    noted = last_noted(attended)
    assert (noted["action"], noted["after"]) == (
        "records.send",
        {"reason": "total_mismatch", "records": 2},
    )
    attended.roofer.settle()
    assert record_of(attended, "invoice", "i3")["state"] == "failed"  # it is still wrong


def test_what_fails_after_a_group_was_shown_is_neither_skipped_nor_retried(
    disturbed: World,
) -> None:
    """It stays where it is, and the page says that more has come."""
    person, group = disturbed.visitor(), ("group", "failed:total_mismatch")
    page = shown(person, addresses.ATTENTION)
    assert "The lines do not come to the total 2" in page.text
    wrong = [{"id": "l1", "kind": "item", "name": "Tear-off", "amount": "7.00"}]
    disturbed.roofer.invoice("i9", total="10.00", lines=wrong).settle()

    page = sent(person, form_to(page, addresses.SKIP, group), why="Booked by hand")

    assert "Records left out of QuickBooks: 2. 1 more has come meanwhile." in page.text
    assert last_noted(disturbed)["after"]["records"] == 2
    disturbed.roofer.settle()
    assert record_of(disturbed, "invoice", "i4")["state"] == "skipped"
    assert record_of(disturbed, "invoice", "i9")["state"] == "failed"


def test_a_form_that_does_not_say_what_was_shown_changes_nothing(attended: World) -> None:
    """Nor does one that somebody made up."""
    person = attended.visitor()
    form = form_to(
        shown(person, addresses.ATTENTION), addresses.SKIP, ("group", "failed:total_mismatch")
    )
    before = attended.photograph()

    for as_shown in ("", "2", "x"):
        data = dict(form.fields) | {"shown": as_shown, "why": "Booked by hand"}
        assert person.send("POST", form.action, data=data).status_code == 409

    assert attended.photograph() == before


def test_one_failure_is_mended_in_proline_and_retried_from_its_page(attended: World) -> None:
    """The record's page says why, and has the button while it may be pressed."""
    person = attended.visitor()
    page = shown(person, record_page("invoice", "i3"))
    assert "come to 7.00, but ProLine says its total is 10.00" in page.text

    page = sent(person, form_to(page, addresses.RETRY, ("id", "i3")))

    assert "Records on their way again: 1." in page.text
    noted = last_noted(attended)
    assert (noted["action"], noted["entity"], noted["record_id"]) == (
        "records.send",
        "invoice",
        "i3",
    )
    attended.roofer.settle()


def test_leaving_out_needs_a_reason_that_is_kept(attended: World) -> None:
    """An empty one is refused; a skipped record can be sent again from its page."""
    person = attended.visitor()
    form = form_to(shown(person, record_page("invoice", "i3")), addresses.SKIP)
    for why in ("", "  ", "x" * 201):
        data = dict(form.fields) | {"why": why}
        assert person.send("POST", form.action, data=data).status_code == 409

    sent(person, form, why="Booked by hand")
    attended.roofer.settle()

    assert record_of(attended, "invoice", "i3")["state"] == "skipped"
    noted = last_noted(attended)
    assert (noted["action"], noted["record_id"]) == ("records.skip", "i3")
    assert noted["after"] == {"why": "Booked by hand"}
    page = shown(person, record_page("invoice", "i3"))
    assert "Booked by hand" in page.text
    assert form_to(page, addresses.RETRY, ("id", "i3")).method == "post"


def test_an_answer_to_what_was_shown_before_is_refused(attended: World) -> None:
    """The question rests on something else by now: it is asked anew."""
    person = attended.visitor()
    form = form_to(
        shown(person, record_page("payment", "y2")), addresses.DECIDE, ("answer", "by_hand")
    )
    attended.database.execute("UPDATE proline_qbo.decisions SET basis = 'i9' WHERE basis = 'i2'")

    answer = person.send("POST", form.action, data=dict(form.fields))
    attended.database.execute("UPDATE proline_qbo.decisions SET basis = 'i2' WHERE basis = 'i9'")

    assert answer.status_code == 409
    assert "another by now" in answer.text
    assert record_of(attended, "payment", "y2")["standing"] == "attention"


def test_an_answer_that_the_question_does_not_have_is_refused(attended: World) -> None:
    """And one with an id that it does not take."""
    person = attended.visitor()
    form = form_to(
        shown(person, record_page("payment", "y2")), addresses.DECIDE, ("answer", "by_hand")
    )

    for bent in ({"answer": "void"}, {"argument": "1"}, {"answer": "BY_HAND"}, {"shown": ""}):
        answer = person.send("POST", form.action, data=dict(form.fields) | bent)
        assert answer.status_code == 409, bent


def test_a_question_is_answered_as_it_was_shown(attended: World) -> None:
    """The answer is noted, the record goes on; the same form, sent again, is refused."""
    person = attended.visitor()
    page = shown(person, addresses.ATTENTION)
    form = form_to(page, addresses.DECIDE, ("id", "y2"), ("answer", "by_hand"))

    told = sent(person, form)

    assert "Your answer is stored" in told.text
    noted = last_noted(attended)
    assert (noted["action"], noted["entity"], noted["record_id"]) == (
        "question.answer",
        "payment",
        "y2",
    )
    assert noted["after"] == {"question": "older_invoice", "answer": "by_hand"}
    attended.roofer.settle()
    assert record_of(attended, "payment", "y2")["standing"] != "attention"
    assert person.send("POST", form.action, data=dict(form.fields)).status_code == 409


def test_a_finding_is_seen_to_once(attended: World) -> None:
    """It leaves the page, and is noted; the second press says so."""
    person = attended.visitor()
    form = form_to(shown(person, addresses.FINDINGS), addresses.RESOLVE)

    page = sent(person, form)

    assert "Noted." in page.text
    assert "A cent differs." not in page.text
    assert last_noted(attended)["action"] == "finding.resolve"
    assert person.send("POST", form.action, data=dict(form.fields)).status_code == 409


def test_a_project_that_stands_there_already_is_transferred(attended: World) -> None:
    """Once a stage is chosen, what stands in it is listed, and sent only when asked for."""
    person = attended.visitor()
    chosen = {"stage": "Closed - Won\nInspection", "customer_mode": "sub"}
    person.post(addresses.SETTINGS, shown=shown_settings(person), **chosen)
    assert record_of(attended, "project", "p2")["standing"] == "waiting"
    form = form_to(shown(person, addresses.PROJECTS), addresses.TRANSFER, ("id", "p2"))

    page = sent(person, form)

    assert "on its way to QuickBooks" in page.text
    noted = last_noted(attended)
    assert (noted["action"], noted["record_id"]) == ("project.transfer", "p2")
    attended.roofer.settle()
    assert record_of(attended, "project", "p2")["standing"] == "sent"
    assert person.send("POST", form.action, data=dict(form.fields)).status_code == 409


def test_the_history_tells_who_changed_what_in_pages(attended: World) -> None:
    """The newest first, fifty a page; the last page leads no further."""
    person = attended.visitor()
    for number in range(60):
        attended.database.execute(
            "INSERT INTO proline_qbo.audit (company_id, user_name, via, action, before, after)"
            " VALUES (%s, 'Joe Example', 'command_line', 'settings.change', %s, %s)",
            [COMPANY, Jsonb({"ceiling": 1}), Jsonb({"ceiling": 1_000 + number})],
        )

    first = shown(person, addresses.HISTORY)
    (older,) = [
        given["href"] or ""
        for tag, given in first.elements
        if tag == "a" and "before=" in (given.get("href") or "")
    ]
    second = shown(person, older)

    assert "1059" in first.text
    assert "1009" not in first.text
    assert "(support)" in first.text
    assert "1009" in second.text
    assert "before=" not in str(second.elements)


# --- activity ----------------------------------------------------------------------------------


def test_activity_is_searched_filtered_and_given_as_a_file(furnished: World) -> None:
    """The file has what the page has been asked for."""
    person = furnished.visitor("viewer")
    wanted = {
        "": {"i1", "i2", "i3", "i4", "y1", "y2"},
        "?entity=payment": {"y1", "y2"},
        "?standing=skipped": {"i2"},
        "?standing=attention&entity=invoice": {"i3", "i4"},
        "?text=501": {"i1"},
        "?text=nobody": set(),
    }

    for query, ids in wanted.items():
        page = shown(person, f"{addresses.ACTIVITY}{query}")
        answer = person.get(f"{addresses.ACTIVITY_CSV}{query}")
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        found = {row["ProLine id"] for row in rows}
        assert found & {"i1", "i2", "i3", "i4", "y1", "y2"} == ids, query
        links = str([given.get("href") for tag, given in page.elements if tag == "a"])
        assert all(f"id={each}'" in links for each in ids), query
        assert ("No record fits that." in page.text) == (not rows)


def test_a_record_says_what_it_hangs_from_and_what_was_sent(furnished: World) -> None:
    """Its parents, its children, QuickBooks' id, and each attempt with its tid."""
    page = shown(furnished.visitor("viewer"), record_page("invoice", "i1"))

    assert "Sent" in page.text
    assert "Ada Example" in str(page.text) or "Customer 1001" in page.text
    assert "Payment 991" in page.text
    assert furnished.roofer.the("Invoice")["Id"] in page.text
    tid = furnished.roofer.attempts("invoice", "i1")[-1].intuit_tid
    assert tid
    assert tid in page.text


# --- what is away, and what is slow ------------------------------------------------------------


@pytest.fixture
def hasty(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a page that gives up on a call after a second."""
    monkeypatch.setattr(app.web.serving, "CALL_WITHIN_SECONDS", 1.0)
    with world_in(database_url) as opened:
        opened.office.enabled()
        yield opened


def test_no_page_waits_longer_than_its_deadline_and_others_do_not_wait(hasty: World) -> None:
    """Eight wait for a slow QuickBooks; a ninth is told so at once; every other page answers."""
    waiting = [hasty.visitor() for _ in range(9)]
    other = hasty.visitor()
    tokens = [each.csrf() for each in waiting]
    hasty.roofer.fault({"path": "*/query", "times": None}, delay_ms=2_500)

    def read_lists(number: int) -> tuple[int, str, float]:
        began = time.monotonic()
        answer = waiting[number].send(
            "POST", addresses.REFRESH_LISTS, data={"csrf": tokens[number]}
        )
        return answer.status_code, answer.text, time.monotonic() - began

    with ThreadPoolExecutor(8) as threads:
        slow = [threads.submit(read_lists, number) for number in range(8)]
        until(lambda: hasty.office.page.web._asking._value == 0, seconds=5)
        began = time.monotonic()
        pages = [other.get(path).status_code for path in (addresses.QUICKBOOKS, addresses.ACTIVITY)]
        took = time.monotonic() - began
        ninth = read_lists(8)
        still = sum(not each.done() for each in slow)
        answers = [each.result() for each in slow]

    assert pages == [200, 200]
    assert still == 8, "the other pages were asked while all eight waited"
    assert took < 0.9
    assert ninth[0] == 503
    assert "Many pages wait for QuickBooks" in ninth[1]
    assert ninth[2] < 0.9
    assert {status for status, _, _ in answers} == {502}
    assert max(seconds for _, _, seconds in answers) < 2.4
    assert all("QuickBooks" in Html(text).text for _, text, _ in answers)


@pytest.mark.parametrize("slow", ["*/tokens/bearer", "*/companyinfo/*"])
def test_coming_back_from_a_slow_quickbooks_waits_no_longer(hasty: World, slow: str) -> None:
    """Neither for the exchange nor for the proof; nothing is connected, and it is told."""
    realm = new_realm(hasty.roofer.quickbooks, {"company_name": "Slow Books"}).settings.realm_id
    person = hasty.visitor(company_id="slow", company_name="Slow Roofing")
    pressed = person.send("POST", addresses.CONNECT, data={"csrf": person.csrf()})
    back = hasty.consent(pressed.headers["location"], realm)
    hasty.roofer.fault({"path": slow, "times": None}, delay_ms=2_500)
    began = time.monotonic()

    answer = person.get(back)

    assert time.monotonic() - began < 3.6  # what was granted is revoked, in a call of its own
    assert answer.status_code == 502
    assert "QuickBooks" in Html(answer.text).text
    assert hasty.one("SELECT connection FROM proline_qbo.companies WHERE id = 'slow'") == "none"
    assert person.get(addresses.CONFIRM).url.path == addresses.QUICKBOOKS


def test_quickbooks_that_is_down_is_told_and_changes_nothing(hasty: World) -> None:
    """Lists, disconnecting, connecting: a sentence each; the rest of the page goes on."""
    person = hasty.visitor()
    token = person.csrf()

    with hasty.roofer.quickbooks_down():
        lists = person.send("POST", addresses.REFRESH_LISTS, data={"csrf": token})
        gone = person.post(addresses.DISCONNECT)

    assert lists.status_code == 502
    assert "cannot be reached" in lists.text
    assert "it could not be told" in gone.text


def test_a_word_that_quickbooks_did_not_hear_is_asked_for_again(hasty: World) -> None:
    """The same question with what went wrong, and its form, which ties once QuickBooks is back."""
    realm = new_realm(hasty.roofer.quickbooks, {"company_name": "Newcomer Books"})
    person = hasty.visitor(company_id="newcomer", company_name="Newcomer Roofing")
    form = form_to(Html(hasty.connect(person, realm.settings.realm_id).text), addresses.CONFIRM)

    with hasty.roofer.quickbooks_down():
        refused = person.send("POST", addresses.CONFIRM, data=dict(form.fields))

    page = Html(refused.text)
    assert refused.status_code == 502
    assert "Connect these two?" in page.text
    assert "QuickBooks cannot be reached just now, and nothing was sent" in page.text
    assert [given["role"] for given in page.first("div", "problems")] == ["alert"]
    assert form_to(page, addresses.CONFIRM) == form
    assert "QuickBooks is connected." in sent(person, form_to(page, addresses.CONFIRM)).text


def test_a_database_that_is_away_is_told(database_template: Template) -> None:
    """503 with a sentence for every page, no fault, and no lie; then all goes on."""
    signer = ProlineSigner()
    with fresh_database(database_template) as url:
        port = free_port()
        name = conninfo_to_dict(url.replace("postgresql+psycopg", "postgresql"))["dbname"]
        with (
            serving(url, access_from_page(port, 9), signer.jwks, host="127.0.0.1", port=port),
            logged() as log,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
        ):
            person = Visitor(client)
            person.get(f"/launch?token={signer.token()}")
            assert person.get(addresses.QUICKBOOKS).status_code == 200
            with closed(database_template.server_url, str(name)):
                answers = [
                    person.send("GET", addresses.QUICKBOOKS),
                    person.send("GET", f"/launch?token={signer.token()}"),
                ]
                healthy = person.send("GET", addresses.HEALTH)
            until(lambda: person.send("GET", addresses.QUICKBOOKS).status_code == 200)

    assert [each.status_code for each in answers] == [503, 503]
    assert all("cannot reach its database" in each.text for each in answers)
    assert healthy.status_code == 200
    assert "page.failed" not in log.getvalue()


@contextmanager
def closed(server_url: str, name: str) -> Iterator[None]:
    """Let nobody into a database, and put everybody out, until the block ends."""
    with psycopg.connect(server_url, autocommit=True) as server:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        database = sql.Identifier(name)
        server.execute(allow.format(database, sql.SQL("false")))
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            server.execute(allow.format(database, sql.SQL("true")))
