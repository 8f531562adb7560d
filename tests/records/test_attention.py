"""What needs attention, by reason: exact counts, the first of each, and what is ordered for all."""

from datetime import timedelta

import pytest

from coordination.database import Connection, Pool
from records import attention
from records.activity import Page
from records.as_shown import AsShown, Ordered, ShownOtherwise
from records.attention import (
    GroupKey,
    groups,
    in_group,
    retry_group,
    send_record,
    skip_group,
    skip_record,
)
from records.cursors import Cursor
from records.standings import Standing, count_standings
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, contact, enable_company
from tests.support.put_records import NOON, ask, know, put
from tests.support.relay_in_hand import Office

OTHER = "other"
CODE = GroupKey("failed", "6000")
QUESTION = GroupKey("decision", "send_as_new")
ORDERS = """
SELECT r.company_id, r.record_id, o.kind, o.ordered_by, o.why, o.in_bulk
FROM proline_qbo.orders o JOIN proline_qbo.records r ON r.pk = o.record_pk ORDER BY o.id
"""


@pytest.fixture
def troubled(pool: Pool) -> Pool:
    """Give two companies with failures of two codes, a question, and one that was answered."""
    with pool.connection() as connection:
        know(connection, ACME, OTHER)
        for company_id in (ACME, OTHER):
            for number in range(3):
                since = NOON + timedelta(minutes=number)
                put(
                    connection, "invoice", f"i{number}", "failed",
                    company_id=company_id, since=since,
                )  # fmt: skip
            put(connection, "payment", "y1", "failed", company_id=company_id, code="parked")
            put(connection, "payment", "y2", company_id=company_id)
            for record_id in ("asked", "answered"):
                pk = put(
                    connection, "contact", record_id, "waiting",
                    company_id=company_id, reason="decision",
                )  # fmt: skip
                if record_id == "asked":
                    ask(connection, pk, "send_as_new")
    return pool


def as_shown(connection: Connection, key: GroupKey, company_id: str = ACME) -> AsShown:
    """Read what a page shows of a group."""
    return next(each.as_shown for each in groups(connection, company_id) if each.key == key)


def orders(connection: Connection) -> list[tuple[object, ...]]:
    """Read what was ordered."""
    return connection.execute(ORDERS).fetchall()


def test_what_needs_attention_is_grouped_by_its_reason(troubled: Pool) -> None:
    """Failures by code, questions by what is asked, and what was answered apart from them."""
    with troubled.connection() as connection:
        found = groups(connection, ACME)
        counted = count_standings(connection, ACME)[Standing.ATTENTION]

    assert [(each.key.encode(), each.count) for each in found] == [
        ("answered:", 1),
        ("decision:send_as_new", 1),
        ("failed:6000", 3),
        ("failed:parked", 1),
    ]
    assert sum(each.count for each in found) == counted
    of_code = found[2]
    assert (of_code.oldest, of_code.sample) == (NOON, "It is failed.")
    assert [each.record_id for each in of_code.first] == ["i2", "i1", "i0"]
    assert {each.explained.company_id for group in found for each in group.first} == {ACME}


def test_a_group_shows_only_the_first_and_counts_all(
    troubled: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is a page away."""
    monkeypatch.setattr(attention, "FIRST_MOST", 2)

    with troubled.connection() as connection:
        of_code = next(each for each in groups(connection, ACME) if each.key == CODE)

    assert (of_code.count, len(of_code.first)) == (3, 2)


@pytest.mark.parametrize("key", [CODE, QUESTION, GroupKey("answered")], ids=GroupKey.encode)
def test_the_pages_of_a_group_give_each_of_its_records_once(troubled: Pool, key: GroupKey) -> None:
    """Newest first, and none of another group or company."""
    expected = {CODE: ["i2", "i1", "i0"], QUESTION: ["asked"]}.get(key, ["answered"])
    with troubled.connection() as connection:
        page = in_group(connection, ACME, key, limit=1)
        seen = [row.record_id for row in page.rows]
        while page.after is not None:
            page = in_group(connection, ACME, key, after=page.after, limit=1)
            seen += [row.record_id for row in page.rows]

    assert seen == expected


def test_a_group_there_is_not_is_empty(troubled: Pool) -> None:
    """Its key stands in an address."""
    with troubled.connection() as connection:
        assert in_group(connection, ACME, GroupKey("failed", "nothing")) == Page()
        assert in_group(connection, "nobody", CODE) == Page()
        assert groups(connection, "nobody") == []


@pytest.mark.parametrize(
    "text", ["", "failed", "done:6000", "failed:\0", "failed:\ud800", "failed:" + "x" * 999,
             "answered:x", ":", "FAILED:6000"],
)  # fmt: skip
def test_a_key_of_no_group_is_none_or_names_nothing(troubled: Pool, text: str) -> None:
    """Whatever stands in the address."""
    key = GroupKey.decode(text)

    if key is not None:
        with troubled.connection() as connection:
            assert in_group(connection, ACME, key) == Page()


def test_a_key_comes_back_as_it_was() -> None:
    """Codes of ours hold other letters than the vendor's."""
    for key in (CODE, QUESTION, GroupKey("answered"), GroupKey("failed", "a:b")):
        assert GroupKey.decode(key.encode()) == key


def test_a_group_is_retried_whole_and_once(troubled: Pool) -> None:
    """Every failed record of it, in this company alone; a second click orders nothing."""
    with troubled.connection() as connection:
        shown = as_shown(connection, CODE)
        assert retry_group(connection, ACME, CODE, shown, by="Jane Example") == Ordered(3)
        assert retry_group(connection, ACME, CODE, shown, by="Jane Example") == Ordered(0)

        assert orders(connection) == [
            (ACME, f"i{number}", "send", "Jane Example", "", False) for number in range(3)
        ]


def test_a_group_larger_than_a_batch_is_ordered_in_several(
    troubled: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where all of it came to stand at the same time; never more than the most at once."""
    monkeypatch.setattr(attention, "ORDERS_AT_ONCE", 2)
    monkeypatch.setattr(attention, "ORDERS_MOST", 6)
    with troubled.connection() as connection:
        for number in range(7):
            put(connection, "payment", f"at-once-{number}", "failed", code="same")

        key = GroupKey("failed", "same")
        shown = as_shown(connection, key)
        first = retry_group(connection, ACME, key, shown, by="x")
        second = retry_group(connection, ACME, key, shown, by="x")

        assert (first.count, second.count) == (6, 1)
        assert len({record_id for _, record_id, *_ in orders(connection)}) == 7


def test_a_group_is_skipped_in_bulk_and_for_a_reason(troubled: Pool) -> None:
    """What hangs from one of many may still need it; questions can be skipped too."""
    with troubled.connection() as connection:
        failed, asked = as_shown(connection, CODE), as_shown(connection, QUESTION)
        assert skip_group(connection, ACME, CODE, failed, by="x", why="Booked by hand").count == 3
        assert skip_group(connection, ACME, QUESTION, asked, by="x", why="Not ours").count == 1

        assert {(kind, bulk) for _, _, kind, _, _, bulk in orders(connection)} == {("skip", True)}
        with pytest.raises(ValueError, match="reason"):
            skip_group(connection, ACME, CODE, failed, by="x", why="  ")


@pytest.mark.parametrize("key", [CODE, QUESTION], ids=GroupKey.encode)
def test_what_comes_after_a_group_was_shown_is_not_skipped_with_it(
    troubled: Pool, key: GroupKey
) -> None:
    """Whoever presses has not seen it: it stays, and is told of."""
    with troubled.connection() as connection:
        shown = as_shown(connection, key)
        since = NOON + timedelta(hours=1)
        put(connection, "invoice", "later", "failed", since=since)
        ask(
            connection,
            put(connection, "contact", "later", "waiting", reason="decision", since=since),
            "send_as_new",
        )

        ordered = skip_group(connection, ACME, key, shown, by="x", why="Booked by hand")

        assert ordered == Ordered(shown.count, came_later=1)
        assert "later" not in {record_id for _, record_id, *_ in orders(connection)}


def test_what_comes_after_a_group_was_shown_is_not_retried_with_it(troubled: Pool) -> None:
    """As little as it is skipped."""
    with troubled.connection() as connection:
        shown = as_shown(connection, CODE)
        put(connection, "invoice", "later", "failed", since=NOON + timedelta(hours=1))

        assert retry_group(connection, ACME, CODE, shown, by="x") == Ordered(3, came_later=1)
        assert "later" not in {record_id for _, record_id, *_ in orders(connection)}


def test_what_slips_in_among_what_was_shown_has_all_refused(troubled: Pool) -> None:
    """Its transaction began before the page was read and ended after: nobody can tell it apart."""
    with troubled.connection() as connection:
        shown = as_shown(connection, CODE)
        put(connection, "invoice", "slipped-in", "failed", since=NOON)

        with pytest.raises(ShownOtherwise), connection.transaction():
            skip_group(connection, ACME, CODE, shown, by="x", why="Booked by hand")

        assert orders(connection) == []


def test_what_a_form_brings_back_is_what_was_shown(troubled: Pool) -> None:
    """Or it is nothing."""
    with troubled.connection() as connection:
        shown = as_shown(connection, CODE)

    assert shown == AsShown(3, Cursor(NOON + timedelta(minutes=2), shown.newest.pk))
    assert AsShown.decode(shown.encode()) == shown
    for text in ("", "3", "3.", ".x", "-" + shown.encode(), "٣" + shown.encode(), "3.zz", "\0"):
        assert AsShown.decode(text) is None


def test_only_failures_are_retried(troubled: Pool) -> None:
    """A question is answered, and an answered one is being carried out."""
    with troubled.connection() as connection:
        answered = GroupKey("answered")
        shown = as_shown(connection, QUESTION)
        assert retry_group(connection, ACME, QUESTION, shown, by="x") == Ordered(0)
        assert retry_group(connection, ACME, answered, shown, by="x") == Ordered(0)
        assert skip_group(connection, ACME, answered, shown, by="x", why="y") == Ordered(0)

        assert orders(connection) == []


def test_one_record_is_sent_again_or_skipped(troubled: Pool) -> None:
    """Alone, so that it is not in bulk."""
    with troubled.connection() as connection:
        assert send_record(connection, ACME, "invoice", "i0", by="x")
        assert not send_record(connection, ACME, "invoice", "i0", by="x")
        assert skip_record(connection, ACME, "contact", "asked", by="x", why="Not ours")

        assert orders(connection) == [
            (ACME, "i0", "send", "x", "", False),
            (ACME, "asked", "skip", "x", "Not ours", False),
        ]


@pytest.mark.parametrize(
    ("company_id", "entity", "record_id"),
    [(OTHER, "invoice", "only-ours"), (ACME, "invoice", "\0"), (ACME, "\ud800", "i0"),
     (ACME, "payment", "y2"), (ACME, "payment", "i0"), ("nobody", "invoice", "i0")],
)  # fmt: skip
def test_what_is_not_the_companys_to_order_changes_nothing(
    troubled: Pool, company_id: str, entity: str, record_id: str
) -> None:
    """Another company's id, what no text can hold, and what is done already."""
    with troubled.connection() as connection:
        put(connection, "invoice", "only-ours", "failed")

        assert not send_record(connection, company_id, entity, record_id, by="x")
        assert not skip_record(connection, company_id, entity, record_id, by="x", why="y")

        assert orders(connection) == []


def test_a_skip_without_a_reason_is_refused(troubled: Pool) -> None:
    """The reason is what the office reads later."""
    with troubled.connection() as connection:
        for why in ("", " \t", "\0", "x" * 201):
            with pytest.raises(ValueError, match="reason"):
                skip_record(connection, ACME, "invoice", "i0", by="x", why=why)


def test_what_was_retried_goes_on(pool: Pool) -> None:
    """The relay carries the orders out, and the group is gone."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact(display_name=12))
    office.finish()
    key = GroupKey("failed", "snapshot_invalid")
    with pool.connection() as connection:
        assert [each.key for each in groups(connection, ACME)] == [key]
        shown = as_shown(connection, key)
        assert skip_group(connection, ACME, key, shown, by="Jane", why="No customer").count == 1

    office.finish()

    with pool.connection() as connection:
        assert groups(connection, ACME) == []
        assert count_standings(connection, ACME)[Standing.SKIPPED] == 1
