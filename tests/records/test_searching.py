"""Searching a company's records by what its office has at hand; whatever is typed is safe."""

from string import punctuation

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Rollback

from coordination.database import Connection, Pool
from records import searching
from records.activity import Page, list_activity
from records.standings import Standing
from tests.support.proline import ACME, connect_company, contact, invoice, payment, project
from tests.support.put_records import know, link, put

OTHER = "other"
REALM = "realm-acme"


@pytest.fixture
def office(pool: Pool) -> Pool:
    """Give a company with one record of each kind, and another one that has the same."""
    with pool.connection() as connection:
        for company_id in (ACME, OTHER):
            connect_company(connection, company_id)
            for entity, snapshot in (
                ("contact", contact(display_name="Ada O'Example-Smith", company_name="Roofs & Co")),
                ("project", project(number="1001", name="New roof, north side")),
                ("invoice", invoice(number="INV-1042", name="Deposit")),
                ("payment", payment(number="9931")),
            ):
                pk = put(
                    connection, entity, snapshot["id"], company_id=company_id, snapshot=snapshot
                )
                kind = {"invoice": "Invoice", "payment": "Payment"}.get(entity, "Customer")
                doc = "QB-77" if entity == "invoice" else None
                link(connection, pk, kind, f"5{pk}", f"realm-{company_id}", doc)
    return pool


def search(pool: Pool, text: str, entity: str | None = None) -> list[str]:
    """Name what is found."""
    with pool.connection() as connection:
        rows = list_activity(connection, ACME, text=text, entity=entity).rows
    assert {row.explained.company_id for row in rows} <= {ACME}
    return sorted(row.record_id for row in rows)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1001", ["c1", "p1"]),
        ("C#1001", ["c1"]),
        ("c # 1001", ["c1"]),
        ("P#1001", ["p1"]),
        ("P#1042", []),
        ("#1001", ["c1", "p1"]),
        ("100", []),
        ("INV-1042", ["i1"]),
        ("inv", ["i1"]),
        ("1042", ["i1"]),
        ("9931", ["y1"]),
        ("c1", ["c1"]),
        ("  y1\t", ["y1"]),
        ("C1", []),
        ("QB-77", ["i1"]),
        ("ada", ["c1"]),
        ("EXA", ["c1"]),
        ("example-smith", ["c1"]),
        ("smith ada", ["c1"]),
        ("o'example", ["c1"]),
        ("roof", ["c1", "p1"]),
        ("roof side", ["p1"]),
        ("xample", []),
        ("ada north", []),
        ("deposit", ["i1"]),
        ("%", []),
        ("_", []),
    ],
)
def test_records_are_found_by_what_an_office_has(office: Pool, text: str, found: list[str]) -> None:
    """ProLine's number and id, QuickBooks' number, and words from their beginning, in any order."""
    assert search(office, text) == found


def test_a_record_is_found_by_its_id_in_quickbooks(office: Pool) -> None:
    """The id of the present books, and none of another company's."""
    with office.connection() as connection:
        found = connection.execute(
            "SELECT r.company_id, l.qbo_id FROM proline_qbo.links l"
            " JOIN proline_qbo.records r ON r.pk = l.record_pk WHERE r.entity = 'invoice'"
        ).fetchall()
    ids: dict[str, str] = dict(found)

    assert search(office, ids[ACME]) == ["i1"]
    assert search(office, ids[OTHER]) == []


def test_a_search_is_narrowed_by_kind(office: Pool) -> None:
    """A number of contacts finds no project, and the other way round."""
    assert search(office, "1001", entity="project") == ["p1"]
    assert search(office, "C#1001", entity="contact") == ["c1"]
    assert search(office, "C#1001", entity="project") == []


@pytest.mark.parametrize("sign", punctuation)
def test_every_sign_parts_words(pool: Pool, sign: str) -> None:
    """The database and we part them by the same ones."""
    with pool.connection() as connection:
        know(connection, ACME)
        put(connection, "contact", "c1", snapshot={"display_name": f"Jane{sign}Example"})

    assert search(pool, "example") == ["c1"]
    assert search(pool, f"example{sign}jane") == ["c1"]


def test_a_changed_name_is_found_by_its_new_one_alone(office: Pool) -> None:
    """What is searched is the newest snapshot."""
    with office.connection() as connection:
        connection.execute(
            "UPDATE proline_qbo.snapshots"
            " SET snapshot = jsonb_set(snapshot, '{display_name}', '\"Otto\"')"
            " WHERE snapshot ? 'display_name'"
        )

    assert search(office, "ada") == []
    assert search(office, "otto") == ["c1"]


@pytest.mark.parametrize("company_id", ["a'b", "a\\", "a b", "a & b:*", "Ä" * 64, "A!b"])
def test_a_company_with_a_strange_id_searches_as_any_other(pool: Pool, company_id: str) -> None:
    """Its id stands before each of its words."""
    with pool.connection() as connection:
        know(connection, company_id, "a")
        put(
            connection, "contact", "c1", company_id=company_id,
            snapshot={"display_name": "Jane Example"},
        )  # fmt: skip
        put(connection, "contact", "c2", company_id="a", snapshot={"display_name": "b jane"})

        found = list_activity(connection, company_id, text="jane ex").rows
        others = list_activity(connection, "a", text="jane").rows

    assert [row.record_id for row in found] == ["c1"]
    assert [row.record_id for row in others] == ["c2"]


TSQUERY = [
    "zq & b", "!zq", "zq:*", "zq <-> b", "'", "''", "\\", "\\'", "zq':* & 'b", "(", "zq:ABCD*", "&",
]  # fmt: skip


@pytest.mark.parametrize("text", [*TSQUERY, "\0", "a\0b", "\ud800", "x" * 100_000, "zq " * 60])
def test_text_that_no_record_has_finds_nothing(office: Pool, text: str) -> None:
    """Neither the language of searches nor what no text can hold is an error."""
    assert search(office, text) == []


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60) | st.text(alphabet="'\\&|!():*<->#CPcp 1\0\ud800é", max_size=30))
def test_no_text_is_an_error(office: Pool, text: str) -> None:
    """Anybody may write anything there."""
    search(office, text)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=90))
def test_every_name_can_be_stored_and_found_by_its_words(pool: Pool, name: str) -> None:
    """No name breaks the intake, and each is found by what it consists of."""
    with pool.connection() as connection, connection.transaction():
        know(connection, ACME)
        put(connection, "contact", "its-id", snapshot={"display_name": name})

        rows = list_activity(connection, ACME, text=name).rows

        query = searching.read_search(ACME, name)
        if name.strip() and query is not None and query.words is not None:
            assert [row.record_id for row in rows] == ["its-id"]
        raise Rollback


@pytest.fixture
def many(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Give twelve contacts of one name where only ten are looked at."""
    monkeypatch.setattr(searching, "LOOKED_AT_MOST", 10)
    with pool.connection() as connection:
        know(connection, ACME)
        for number in range(12):
            put(
                connection, "contact", f"c{number}", "skipped" if number == 11 else "done",
                snapshot={"number": str(number), "display_name": "Jane Example"},
            )  # fmt: skip
    return pool


def page(connection: Connection, text: str, standing: Standing | None = None) -> Page:
    """Search, and choose by standing."""
    return list_activity(connection, ACME, text=text, standing=standing)


def test_a_search_that_finds_too_much_says_so(many: Pool) -> None:
    """Its work is bounded, and what was not looked at is not silently missing."""
    with many.connection() as connection:
        assert len(page(connection, "example").rows) == 11
        assert page(connection, "example").more_match
        assert page(connection, "example", Standing.ATTENTION) == Page(more_match=True)
        assert not page(connection, "example 7").more_match
        assert [row.record_id for row in page(connection, "example 7").rows] == ["c7"]
