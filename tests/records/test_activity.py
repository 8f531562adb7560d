"""Activity: every record once, newest first, page by page, of one company and no other."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Rollback

from coordination.database import Connection, Pool
from records.activity import Page, every, list_activity
from records.cursors import Cursor
from records.standings import Standing
from tests.support.proline import ACME, connect_company, realm_of
from tests.support.put_records import NOON, know, link, put

OTHER = "other"
ENTITIES = ["contact", "project", "invoice", "payment"]
STATES = ["done", "pending", "failed", "skipped"]


def walk(connection: Connection, limit: int, entity: str | None = None) -> list[tuple[str, str]]:
    """Read a list to its end, page by page; return what it showed."""
    seen: list[tuple[str, str]] = []
    after = None
    while True:
        page = list_activity(connection, ACME, entity=entity, after=after, limit=limit)
        assert len(page.rows) <= limit
        seen += [(row.entity, row.record_id) for row in page.rows]
        if page.after is None:
            return seen
        after = Cursor.decode(page.after.encode())
        assert after == page.after


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from(ENTITIES), st.sampled_from(STATES), st.integers(0, 3), st.booleans()
        ),
        max_size=25,
    ),
    limit=st.integers(1, 7),
)
def test_pages_give_every_record_once_in_order(
    pool: Pool, drawn: list[tuple[str, str, int, bool]], limit: int
) -> None:
    """Also where many came to stand in the same microsecond, and a page ends among them."""
    with pool.connection() as connection, connection.transaction():
        know(connection, ACME, OTHER)
        expected = []
        for number, (entity, state, step, ours) in enumerate(drawn):
            since = NOON + timedelta(microseconds=step)
            pk = put(
                connection, entity, str(number), state,
                company_id=ACME if ours else OTHER, since=since,
            )  # fmt: skip
            if ours:
                expected.append((since, pk, entity, str(number)))

        seen = walk(connection, limit)

        assert seen == [(entity, name) for *_, entity, name in sorted(expected, reverse=True)]
        raise Rollback


def test_a_list_is_chosen_by_standing_and_kind(pool: Pool) -> None:
    """Both at once, either, or none."""
    with pool.connection() as connection:
        know(connection, ACME)
        for entity in ENTITIES:
            put(connection, entity, "done")
            put(connection, entity, "failed", "failed")

        of_kind = list_activity(connection, ACME, entity="invoice").rows
        standing = list_activity(connection, ACME, standing=Standing.ATTENTION).rows
        both = list_activity(connection, ACME, entity="payment", standing=Standing.ATTENTION).rows

    assert {row.entity for row in of_kind} == {"invoice"}
    assert len(of_kind) == 2
    assert [row.standing for row in standing] == [Standing.ATTENTION] * 4
    assert [(row.entity, row.record_id) for row in both] == [("payment", "failed")]


def test_a_kind_there_is_not_gives_an_empty_page(pool: Pool) -> None:
    """An address may say anything."""
    with pool.connection() as connection:
        know(connection, ACME)
        put(connection, "contact", "c1")

        for entity in ("", "estimate", "contact\0", "\ud800"):
            assert list_activity(connection, ACME, entity=entity) == Page()


def test_a_record_is_shown_as_its_office_knows_it(pool: Pool) -> None:
    """By its number, name and amount, and the number QuickBooks shows; money is exact."""
    with pool.connection() as connection:
        connect_company(connection)
        invoice = {"number": "1042", "name": "Deposit", "total": "1000.10", "currency": "USD"}
        invoice |= {"contact_id": "c1"}
        pk = put(connection, "invoice", "i1", snapshot=invoice)
        link(connection, pk, "Invoice", "77", realm_of(ACME), "N-1042")
        put(connection, "contact", "c1", snapshot={"number": "7", "display_name": "Jane Example"})

        shown = {row.record_id: row for row in list_activity(connection, ACME).rows}

    found = shown["i1"]
    assert (found.number, found.currency) == ("1042", "USD")
    assert found.name == "Jane Example, Deposit"
    assert (found.amount, found.qbo_id, found.doc_number) == (Decimal("1000.10"), "77", "N-1042")
    assert (shown["c1"].name, shown["c1"].amount) == ("Jane Example", None)
    assert "under id 77" in found.because(None, frozenset())


def test_what_stands_for_a_project_says_so(pool: Pool) -> None:
    """The id we gave it means nothing to an office."""
    with pool.connection() as connection:
        know(connection, ACME)
        put(connection, "invoice", "running:p1")
        put(connection, "invoice", "i1")
        put(connection, "payment", "running:p1")

        shown = list_activity(connection, ACME).rows

    assert {(row.entity, row.record_id): row.stands_for_project for row in shown} == {
        ("invoice", "running:p1"): "p1",
        ("invoice", "i1"): None,
        ("payment", "running:p1"): None,
    }


@pytest.mark.parametrize(
    "misfit",
    [
        {"number": {"a": 1}, "total": "much", "display_name": ["x"]},
        {"number": "9" * 5_000, "total": 10**400, "display_name": "word" * 2_000},
        {"number": "\u202e\ufeff", "amount": "NaN", "name": "é" * 3_000, "currency": "EURO" * 9},
        {"stage": "x" * 100_000, "status": 7, "company_name": "y" * 100_000},
    ],
)
def test_a_snapshot_that_fits_nothing_is_shown_all_the_same(
    pool: Pool, misfit: dict[str, object]
) -> None:
    """It is taken in as a failed record; that breaks neither the intake nor the list."""
    with pool.connection() as connection:
        know(connection, ACME)
        put(connection, "invoice", "i1", "failed", code="snapshot_invalid", snapshot=misfit)

        (row,) = list_activity(connection, ACME).rows

    assert row.amount is None


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "====", "é", "\0", "\ud800", "A" * 10_000, "MTox=", " MTox", "MTox\n", "MT-x",
        *(urlsafe_b64encode(plain.encode()).decode().rstrip("=") for plain in (
            "1", ":", "1:", "1:-1", "nan:1", "9" * 19 + ":1", "1:" + "9" * 19, "1:1:1", "1:1\n",
            "9" * 18 + ":1", "\u0661:1", "+1:1", "01:1",
        )),
    ],
)  # fmt: skip
def test_a_cursor_that_nobody_gave_is_none(text: str) -> None:
    """It stands in an address, where anybody may write."""
    assert Cursor.decode(text) is None


@given(
    since=st.datetimes(
        min_value=datetime(1, 1, 2),  # noqa: DTZ001  # Hypothesis adds the zone
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001  # the same
        timezones=st.just(UTC),
    ),
    pk=st.integers(0, 10**18 - 1),
)
def test_a_cursor_comes_back_as_it_was(since: datetime, pk: int) -> None:
    """To the microsecond, in letters that an address may hold."""
    text = Cursor(since, pk).encode()

    assert Cursor.decode(text) == Cursor(since, pk)
    assert text.replace("-", "").replace("_", "").isalnum()


@given(text=st.text(max_size=70))
def test_no_text_is_an_error_as_a_cursor(text: str) -> None:
    """It is a cursor, or None."""
    assert Cursor.decode(text) is None or isinstance(Cursor.decode(text), Cursor)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_list_goes_on_wherever_it_is_told_to(pool: Pool, year: int) -> None:
    """A cursor that anybody can compose stands before everything, or behind it."""
    after = Cursor.decode(Cursor(datetime(year, 6, 1, tzinfo=UTC), 10**18 - 1).encode())
    assert after is not None
    with pool.connection() as connection:
        know(connection, ACME)
        put(connection, "contact", "c1")

        shown = list_activity(connection, ACME, after=after).rows

    assert len(shown) == int(year == 9999)


def test_a_file_holds_every_record_up_to_its_limit(pool: Pool) -> None:
    """In the list's order, over the ends of pages."""
    with pool.connection() as connection:
        know(connection, ACME, OTHER)
        for number in range(5):
            put(connection, "contact", str(number), since=NOON + timedelta(seconds=number))
        put(connection, "contact", "theirs", company_id=OTHER)

    assert [row.record_id for row in every(pool, ACME)] == ["4", "3", "2", "1", "0"]
    assert [row.record_id for row in every(pool, ACME, most=2)] == ["4", "3"]
    assert [row.record_id for row in every(pool, ACME, text="3")] == ["3"]


def test_a_file_goes_over_many_pages(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a page holds."""
    monkeypatch.setattr("records.activity.PAGE_MOST", 2)
    with pool.connection() as connection:
        know(connection, ACME)
        for number in range(7):
            put(connection, "contact", str(number), since=NOON + timedelta(seconds=number))

    assert [row.record_id for row in every(pool, ACME, most=6)] == list("654321")
