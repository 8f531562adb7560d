"""Texts of ProLine and of QuickBooks are texts: no element, attribute or formula comes of them."""

import csv
import io
from collections.abc import Iterator

import psycopg
import pytest

from app.web import addresses
from app.web.activity import FORMULA, harmless
from records.findings import find
from tests.support.postgres import Template, fresh_database
from tests.web.routes import GETS
from tests.web.world import Html, World, record_of, shown_settings, world_in

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}",
    "</title></textarea></select></pre><b>x",
    "<!--<script>--!><a href=//evil>",
    "&lt;script&gt;&#60;b&#62;",
    "\u202eevil\u2066<plaintext>",
)
ALL = " ".join(ATTACKS)
PLAIN = ("plain words: " * 40)[: len(ALL) - 1] + "."
"""As long, since what is too long for QuickBooks is told on the page."""


def played(world: World, text: str, companys: str) -> None:
    """Put a text into everything that ProLine and QuickBooks say of a company."""
    roofer = world.office.roofer
    with roofer.system.pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.companies SET name = %s WHERE id = %s", [text, roofer.company_id]
        )
    roofer.contact(
        "c1", display_name=text, number=text[:60], email=text, phone=text, company_name=text
    )
    roofer.project("p1", name=text, number=text[:60], location=text, pipeline=text)
    roofer.project("p2", name=text, number="2002", stage="Inspection", status="Open")
    line = {"id": "l1", "kind": "item", "name": text, "amount": "7.00", "service": text}
    roofer.invoice("i3", total="10.00", lines=[line], memo=text, number=text[:60])
    roofer.invoice("i2", sent_at="2020-01-01T00:00:00+00:00", number=text[:60]).settle()
    roofer.payment("5.00", {"i2": "5.00"}, "y2", reference=text, number=text[:60])
    # Ids are ProLine's own, and may be any text too.
    roofer.invoice(text[:60], total="10.00", lines=[line]).settle()
    with roofer.system.pool.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.records SET sentence = %s WHERE state = 'failed'", [text]
        )
        connection.execute(
            "UPDATE proline_qbo.books SET company_name = %s, country = %s", [text] * 2
        )
        connection.execute("UPDATE proline_qbo.book_lists SET name = %s", [text])
        connection.execute("UPDATE proline_qbo.links SET doc_number = %s", [text[:20]])
        connection.execute("UPDATE proline_qbo.attempts SET intuit_tid = %s", [text])
        connection.execute("UPDATE proline_qbo.companies SET connected_by = %s", [text])
        find(connection, roofer.company_id, None, "kind", "1", text)
        ask_what_differs(connection, world, text)
        connection.execute(
            "UPDATE proline_qbo.companies SET settings = settings || jsonb_build_object("
            "'stages', jsonb_build_array(%s::text, 'Inspection'), 'tax_code_id', %s::text,"
            "'items_by_service', jsonb_build_object(%s::text, %s::text)) WHERE id = %s",
            [companys, companys, companys, companys, roofer.company_id],
        )
        connection.execute(
            "INSERT INTO proline_qbo.audit (company_id, user_name, via, action, entity, record_id,"
            " before, after) VALUES (%s, %s, 'page', 'settings.change', 'invoice', %s,"
            " jsonb_build_object('a', %s::text), jsonb_build_object(%s::text, array[%s::text]))",
            [roofer.company_id, text, text[:60], text, text, text],
        )


def ask_what_differs(connection: psycopg.Connection, world: World, text: str) -> None:
    """Have a question open whose values on both sides are the text."""
    shown = {"DisplayName": {"proline": text, "quickbooks": {text: [text, {"a": text}]}}, "9": text}
    for record_id, question in (("y2", "changed_in_quickbooks"), ("i2", "existing_customer")):
        entity = "payment" if record_id == "y2" else "invoice"
        connection.execute(
            "UPDATE proline_qbo.decisions SET question = %s, shown = %s WHERE record_pk = %s",
            [question, psycopg.types.json.Jsonb(shown), record_of(world, entity, record_id)["pk"]],
        )


@pytest.fixture(scope="module")
def plain(database_template: Template) -> Iterator[World]:
    """Give a company whose texts are plain."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        opened.office.enabled()
        played(opened, PLAIN, PLAIN[:255])
        yield opened


@pytest.fixture(scope="module")
def attacked(database_template: Template) -> Iterator[World]:
    """Give the same with an attack in every text."""
    with fresh_database(database_template) as url, world_in(url) as opened:
        opened.office.enabled()
        played(opened, ALL, ALL[:255])
        yield opened


def pages(world: World, text: str) -> Iterator[tuple[str, Html]]:
    """Give every page that an administrator of that name sees, by its address."""
    admin = world.visitor(user_name=text[:200], company_name=text[:200])
    records = [("contact", "c1"), ("project", "p1"), ("invoice", "i3"), ("invoice", "i2")]
    records += [("payment", "y2"), ("invoice", text[:60])]
    for way in GETS:
        if way.right is not None and not way.acts:
            answer = admin.get(way.path)
            if "html" in answer.headers["content-type"]:
                yield way.path, Html(answer.text)
    for number, (entity, record_id) in enumerate(records):
        answer = admin.client.get(
            addresses.RECORD,
            params={"entity": entity, "id": record_id},
            headers={"Cookie": "; ".join(f"{k}={v}" for k, v in admin.cookies.items())},
        )
        assert answer.status_code == 200, answer.text
        yield f"record {number}", Html(answer.text)
    problems = admin.send(
        "POST",
        addresses.SETTINGS,
        data={
            "csrf": admin.csrf(),
            "shown": shown_settings(admin),
            "trigger": text,
            "stage": text,
        },
    )
    assert problems.status_code == 422
    yield "settings refused", Html(problems.text)
    searched = admin.client.get(
        addresses.ACTIVITY,
        params={"text": text[:200], "standing": text, "entity": text, "after": text},
        headers={"Cookie": "; ".join(f"{k}={v}" for k, v in admin.cookies.items())},
    )
    yield "activity searched", Html(searched.text)
    other = admin.get(
        world.office.link(company_id="other", company_name=text[:200], user_name=text[:200])
    )
    yield "another company", Html(other.text)


def test_an_attack_changes_no_pages_shape(plain: World, attacked: World) -> None:
    """With an attack in every text each page has the same elements and attributes as with none.

    Lists are compared by the set of their shapes: what is found by a search differs in number.
    """
    before = dict(pages(plain, PLAIN))
    after = dict(pages(attacked, ALL))

    assert before.keys() == after.keys()
    assert len(after) > 15
    for name, page in after.items():
        assert set(page.shape) <= set().union(*(set(each.shape) for each in before.values())), name
        if name not in {"activity searched", addresses.ACTIVITY}:
            assert len(page.shape) == len(before[name].shape), name
        assert page.inline == []


def test_the_attack_is_there_as_text(attacked: World) -> None:
    """Escaped once, not twice, and not left out: the office reads what stands in ProLine."""
    seen = {name: page.text + str(page.elements) for name, page in pages(attacked, ALL)}

    for attack in ATTACKS[:4]:
        assert sum(attack in text for text in seen.values()) > 10, attack
    assert "&lt;script&gt;&#60;b&#62;" in seen["record 0"]
    assert not [name for name, text in seen.items() if "4949" in text or "&amp;lt;" in text]


def test_no_address_on_a_page_is_made_of_a_text(attacked: World) -> None:
    """A link begins with a path of ours, whatever a record is called."""
    for name, page in pages(attacked, ALL):
        for tag, given in page.elements:
            for attribute in ("href", "src", "action"):
                where = given.get(attribute) or "/"
                assert where.startswith(("/", "#", "mailto:support")), (name, tag, where)
                assert not where.startswith("//"), (name, where)


def test_what_quickbooks_refuses_is_not_repeated_in_its_own_words(plain: World) -> None:
    """A fault's message and detail may name customers; the page has its own sentence."""
    admin = plain.visitor()
    plain.roofer.fault({"path": "*/query"}, status=400, fault="6000", detail=ATTACKS[0])

    answer = admin.send("POST", addresses.REFRESH_LISTS, data={"csrf": admin.csrf()})

    assert answer.status_code == 502, answer.text
    assert "alert(1)" not in answer.text
    assert "QuickBooks did not do it" in answer.text


@pytest.mark.parametrize("begin", FORMULA)
def test_a_cell_is_no_formula(begin: str) -> None:
    """What a spreadsheet takes for one is quoted; all else is left as it is."""
    assert harmless(f"{begin}1+1") == f"'{begin}1+1"
    assert harmless(f"1{begin}1") == f"1{begin}1"
    assert harmless("") == ""


def test_no_cell_of_the_file_is_a_formula(plain: World) -> None:
    """Names, numbers and ids that begin so; commas, quotes and line ends stay in their cell."""
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'a,"b"\nc', "=cmd|'/C calc'!A0"]
    for number, name in enumerate(names):
        plain.roofer.contact(f"f{number}", display_name=name, number=f"={number}")
        plain.roofer.invoice(f"=f{number}", number=f"@{number}", total="10.00", lines=[])
    plain.roofer.settle()
    admin = plain.visitor()

    answer = admin.get(addresses.ACTIVITY_CSV)
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(rows) > len(names) * 2
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
    cells = [cell for row in rows for cell in row]
    assert "'=1+1" in cells
    assert "'@3" in cells
    assert 'a,"b"\nc' in cells
