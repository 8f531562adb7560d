"""The five words of a company's page: each record stands in one, and all are counted."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Rollback

from connections import companies
from coordination.clock import clock
from coordination.database import Pool
from records.places import return_unclaimed
from records.settlement import done, release, retry
from records.standings import (
    Standing,
    count_standings,
    count_these,
    last_sent,
    oldest_unsent,
)
from tests.support.database_clock import DatabaseClock
from tests.support.hand_worker import HandWorker
from tests.support.proline import (
    ACME,
    connect_company,
    contact,
    enable_company,
    project,
    realm_of,
)
from tests.support.put_records import NOON, know, link, put
from tests.support.relay_in_hand import Office

OTHER = "other"
STANDING_OF = {
    ("done", None): Standing.SENT,
    ("pending", None): Standing.IN_PROGRESS,
    ("dispatched", None): Standing.IN_PROGRESS,
    ("retrying", None): Standing.IN_PROGRESS,
    ("waiting", "stage"): Standing.WAITING,
    ("waiting", "unsent"): Standing.WAITING,
    ("waiting", "parent"): Standing.WAITING,
    ("waiting", "children"): Standing.WAITING,
    ("waiting", "closed_books"): Standing.WAITING,
    ("waiting", "decision"): Standing.ATTENTION,
    ("failed", None): Standing.ATTENTION,
    ("skipped", None): Standing.SKIPPED,
}
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("where", "standing"), STANDING_OF.items(), ids=str)
def test_every_state_is_one_word_of_the_page(
    pool: Pool, where: tuple[str, str | None], standing: Standing
) -> None:
    """The office reads five words, support seven states and six reasons."""
    state, reason = where
    with pool.connection() as connection:
        know(connection, ACME)
        put(connection, "invoice", "i1", state, reason=reason)

    with pool.connection() as connection:
        counted = count_standings(connection, ACME)

    assert counted == {each: int(each is standing) for each in Standing}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from(["contact", "project", "invoice", "payment"]),
            st.sampled_from(sorted(STANDING_OF, key=str)),
            st.booleans(),
        ),
        max_size=30,
    ),
    gone=st.integers(0, 5),
)
def test_counted_are_all_records_of_the_company_each_once(
    pool: Pool, drawn: list[tuple[str, tuple[str, str | None], bool]], gone: int
) -> None:
    """The five sum up to what there is, also after some are removed, and count no other company."""
    with pool.connection() as connection, connection.transaction():
        know(connection, ACME, OTHER)
        for number, (entity, (state, reason), ours) in enumerate(drawn):
            company_id = ACME if ours else OTHER
            put(
                connection, entity, str(number), state,
                company_id=company_id, reason=reason,
            )  # fmt: skip
        connection.execute(
            "DELETE FROM proline_qbo.records WHERE record_id = ANY(%s)",
            [[str(number) for number in range(gone)]],
        )

        counted = count_standings(connection, ACME)

        left = [where for _, where, ours in drawn[gone:] if ours]
        expected = [STANDING_OF[where] for where in left]
        assert counted == {each: expected.count(each) for each in Standing}
        assert count_these(connection, ACME, *Standing) == counted
        raise Rollback


def test_a_record_that_moves_is_counted_where_it_stands_now(pool: Pool) -> None:
    """The count of all is of records, not of changes."""
    with pool.connection() as connection:
        know(connection, ACME)
        pk = put(connection, "invoice", "i1", "failed")
        connection.execute(
            "UPDATE proline_qbo.records SET state = 'done', settled_version = version"
            " WHERE pk = %s",
            [pk],
        )

    with pool.connection() as connection:
        counted = count_standings(connection, ACME)

    assert counted[Standing.SENT] == 1
    assert sum(counted.values()) == 1


def test_a_company_without_records_counts_none(pool: Pool) -> None:
    """Nor does one that is not known at all."""
    with pool.connection() as connection:
        know(connection, ACME)

        assert sum(count_standings(connection, ACME).values()) == 0
        assert sum(count_standings(connection, "nobody").values()) == 0


def test_the_oldest_unsent_is_the_oldest_in_progress(pool: Pool) -> None:
    """A wait is not late, and another company's is not this one's."""
    with pool.connection() as connection:
        know(connection, ACME, OTHER)
        put(connection, "contact", "c1", "waiting", reason="stage", since=NOON - 9 * MINUTE)
        put(connection, "payment", "y1", "retrying", since=NOON - 2 * MINUTE)
        put(connection, "invoice", "i1", "pending", since=NOON - MINUTE)
        put(connection, "invoice", "i1", "pending", company_id=OTHER, since=NOON - 5 * MINUTE)

        assert oldest_unsent(connection, ACME) == NOON - 2 * MINUTE
        assert oldest_unsent(connection, "nobody") is None


def test_the_last_sent_is_the_newest_in_the_present_books(pool: Pool) -> None:
    """What needs nothing there was not sent, and what former books have is not in these."""
    with pool.connection() as connection:
        connect_company(connection)
        sent = put(connection, "contact", "c1", since=NOON)
        formerly = put(connection, "invoice", "i1", since=NOON + MINUTE)
        put(connection, "project", "p1", since=NOON + 2 * MINUTE)
        link(connection, sent, "Customer", "7", realm_of(ACME))
        link(connection, formerly, "Invoice", "8", "former-realm")

        assert last_sent(connection, ACME) == NOON


def test_nothing_was_sent_last_where_nothing_was_sent(pool: Pool) -> None:
    """A company that was never connected has no realm whose links could count."""
    with pool.connection() as connection:
        companies.open_company(connection, ACME, "Acme")
        pk = put(connection, "contact", "c1")
        link(connection, pk, "Customer", "7", "some-realm")

        assert last_sent(connection, ACME) is None


def oldest(office: Office) -> datetime | None:
    """Ask for the oldest that is in progress."""
    with office.pool.connection() as connection:
        return oldest_unsent(connection, ACME)


def test_no_dispatch_and_no_retry_makes_the_oldest_younger(
    pool: Pool, database_clock: DatabaseClock
) -> None:
    """What QuickBooks has failed to take for hours has been on its way for hours."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    began = []
    for _ in range(3):
        (message,) = office.hand.drain()
        claimed = office.worker.claim(message)
        assert claimed is not None
        database_clock.advance(3_600)
        with pool.connection() as connection:
            assert release(connection, claimed, retry(clock(connection), "It is slow."))
        began.append(oldest(office))
        database_clock.advance(1)
    office.hand.drain()
    with pool.connection() as connection:
        assert return_unclaimed(connection, ACME) == 1

    assert {*began, oldest(office)} == {began[0]}
    assert began[0] is not None
    assert database_clock.now() - began[0] > timedelta(hours=3)


def test_what_waited_for_long_has_been_on_its_way_only_since(pool: Pool) -> None:
    """Nobody was late with it while it waited for a person, nor with what was sent before."""
    with pool.connection() as connection:
        know(connection, ACME)
        for number, (state, reason) in enumerate(STANDING_OF):
            put(connection, "invoice", f"i{number}", state, reason=reason)
        before = clock(connection)
        connection.execute(
            "UPDATE proline_qbo.records SET state = 'pending', reason = NULL, skipped_by = NULL,"
            " retry_at = NULL, dispatch_token = NULL, dispatched_at = NULL"
            " WHERE standing <> 'in_progress'"
        )
        connection.execute("DELETE FROM proline_qbo.records WHERE under_way_since = %s", [NOON])

        since = oldest_unsent(connection, ACME)
        counted = count_standings(connection, ACME)[Standing.IN_PROGRESS]

    assert counted == len(STANDING_OF) - 3
    assert since is not None
    assert since >= before


def test_a_newer_version_is_as_old_as_it_came(pool: Pool, database_clock: DatabaseClock) -> None:
    """What went before it is in QuickBooks."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    database_clock.advance(3_600)
    came = database_clock.now()
    office.say("contact", contact(display_name="Ada Newname"))
    office.hand.drain()
    database_clock.advance(3_600)

    with pool.connection() as connection:
        assert release(connection, claimed, done(claimed.version, ""))

    assert office.state("contact", "c1") == "retrying"
    since = oldest(office)
    assert since is not None
    assert timedelta() <= since - came < MINUTE
