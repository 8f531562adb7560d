"""Companies: each change is one statement, leaves a nudge, and never touches a record."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from connections import companies
from connections.companies import Company, blocked_reason
from connections.errors import NotConnected, OtherRealm, RealmTaken, UnknownCompany
from connections.settings import CompanySettings
from coordination import nudges
from coordination.database import Connection

A, B = "company-a", "company-b"
REALM, OTHER = "9130350000000001", "9130350000000002"
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@pytest.fixture
def company(connection: Connection) -> Connection:
    """Give a session on a database that knows company A."""
    companies.open_company(connection, A, "Invented Roofing")
    return connection


def known(c: Connection, company_id: str = A) -> Company:
    """Return a company that must be there."""
    found = companies.get(c, company_id)
    assert found is not None
    return found


def nudged(c: Connection) -> list[str]:
    """Take the companies that were nudged as a whole."""
    return [n.company_id for n in nudges.take(c) if n.entity is None]


def test_a_company_is_known_from_the_first_opening_of_its_page(company: Connection) -> None:
    """Opening it again only brings the name up to date."""
    companies.open_company(company, A, "Renamed Roofing")

    found = known(company)
    assert (found.name, found.enabled, found.connection, found.epoch) == (
        "Renamed Roofing",
        False,
        "none",
        0,
    )
    assert found.settings == CompanySettings()
    assert companies.get(company, B) is None


def test_connecting_ties_the_realm_and_raises_the_epoch(company: Connection) -> None:
    """A message of the epoch before is refused from then on; who waited is looked at."""
    connected = companies.connect(company, A, REALM)

    assert (connected.connection, connected.realm_id, connected.epoch) == ("connected", REALM, 1)
    assert nudged(company) == [A]


def test_connecting_sets_the_realms_ceiling(company: Connection) -> None:
    """The ceiling is the company's setting, kept where the limiter reads it."""
    companies.change_settings(company, A, CompanySettings(ceiling=300))
    companies.connect(company, A, REALM)
    first = company.execute("SELECT ceiling FROM proline_qbo.limiters").fetchone()
    companies.change_settings(company, A, CompanySettings(ceiling=200))
    second = company.execute("SELECT ceiling FROM proline_qbo.limiters").fetchone()

    assert (first, second) == ((300,), (200,))


def test_two_companies_never_share_a_realm(company: Connection) -> None:
    """The second is told so in a sentence, and its transaction goes on."""
    companies.connect(company, A, REALM)
    companies.open_company(company, B, "Another Roofing")

    with pytest.raises(RealmTaken, match="Another ProLine company already writes"):
        companies.connect(company, B, REALM)

    assert known(company, B).connection == "none"


def test_a_realm_given_up_may_be_taken_by_another(company: Connection) -> None:
    """Disconnect frees it; the epoch rises again."""
    companies.connect(company, A, REALM)

    gave_up = companies.disconnect(company, A)
    companies.open_company(company, B, "Another Roofing")
    companies.connect(company, B, REALM)

    assert gave_up
    assert (known(company).realm_id, known(company).former_realm_id) == (None, REALM)
    assert known(company).epoch == 2
    assert not companies.disconnect(company, A)


@pytest.mark.parametrize("leave", [companies.disconnect, companies.lose])
def test_other_books_than_before_need_a_confirmation(
    company: Connection, leave: Callable[[Connection, str], bool]
) -> None:
    """Reconnecting by mistake to the wrong books is caught before anything is stored."""
    companies.connect(company, A, REALM)
    leave(company, A)

    with pytest.raises(OtherRealm, match=REALM):
        companies.connect(company, A, OTHER)
    confirmed = companies.connect(company, A, OTHER, other_realm_confirmed=True)

    assert (confirmed.realm_id, confirmed.former_realm_id) == (OTHER, None)


def test_a_lost_connection_comes_back_with_its_realm(company: Connection) -> None:
    """A person reconnects the same books; a loss of a realm left long ago is ignored."""
    companies.connect(company, A, REALM)

    ignored = companies.lose(company, A, OTHER)
    lost = companies.lose(company, A, REALM)
    again = companies.lose(company, A, REALM)
    companies.connect(company, A, REALM)

    assert (ignored, lost, again) == (False, True, False)
    assert known(company).connection == "connected"


def test_enabling_needs_a_connection(company: Connection) -> None:
    """The button appears once connected; the rule holds without the page too."""
    with pytest.raises(NotConnected):
        companies.enable(company, A)


def test_the_first_enable_is_remembered_for_ever(company: Connection) -> None:
    """What was sent before it is never sent by itself, however often the switch is used."""
    companies.connect(company, A, REALM)
    companies.enable(company, A)
    first = known(company).first_enabled_at
    companies.disable(company, A)
    company.commit()
    companies.enable(company, A)

    assert first is not None
    assert known(company).first_enabled_at == first
    assert known(company).enabled


def test_every_change_that_others_wait_for_leaves_a_nudge(company: Connection) -> None:
    """In the same transaction: the relay looks again at what the company holds back."""
    companies.connect(company, A, REALM)
    nudged(company)

    companies.enable(company, A)
    companies.pause(company, A, NOW, "person")
    companies.resume(company, A)
    companies.change_settings(company, A, CompanySettings(stages=("Approved",)))
    companies.disable(company, A)
    companies.lose(company, A)
    companies.disconnect(company, A)

    assert nudged(company) == [A] * 6


def test_what_changes_nothing_leaves_no_nudge(company: Connection) -> None:
    """A repeated click costs no look at every record."""
    assert not companies.disable(company, A)
    assert not companies.resume(company, A)
    assert nudged(company) == []


def test_an_automatic_pause_only_lengthens_what_stands(company: Connection) -> None:
    """Ten threads meet the same 429; none of them ends a person's pause."""
    companies.pause(company, A, NOW + timedelta(minutes=2), "limit")
    shorter = companies.pause(company, A, NOW + timedelta(minutes=1), "limit")
    companies.pause(company, A, companies.UNTIL_RESUMED, "person")
    over_person = companies.pause(company, A, NOW + timedelta(hours=1), "unavailable")

    assert (shorter, over_person) == (False, False)
    assert (known(company).paused_until, known(company).pause_reason) == (
        companies.UNTIL_RESUMED,
        "person",
    )


def test_an_answer_of_quickbooks_ends_what_its_silence_began_and_nothing_else(
    company: Connection,
) -> None:
    """The reason outlives its pause until then; a person's pause ends by a person."""
    companies.pause(company, A, NOW, "unavailable")
    ended = companies.answers_again(company, A)
    after = known(company)
    companies.pause(company, A, companies.UNTIL_RESUMED, "person")

    assert (ended, after.pause_reason, after.paused_until) == (True, None, None)
    assert not companies.answers_again(company, A)
    assert known(company).pause_reason == "person"


def test_reconnecting_ends_an_automatic_pause_but_not_a_persons(company: Connection) -> None:
    """The repair of a lapsed subscription replays what waited; what a person paused stays so."""
    companies.pause(company, A, companies.UNTIL_RESUMED, "subscription")
    after_automatic = companies.connect(company, A, REALM)
    companies.pause(company, A, companies.UNTIL_RESUMED, "person")
    after_persons = companies.connect(company, A, REALM)

    assert after_automatic.paused_until is None
    assert after_persons.pause_reason == "person"


def test_settings_come_back_as_they_were_chosen(company: Connection) -> None:
    """They are stored as JSON on the company."""
    chosen = CompanySettings(
        customer_mode="sub",
        stages=("Approved", "Closed - Won"),
        items_by_service={"Roof repair": "21"},
        ceiling=120,
    )

    companies.change_settings(company, A, chosen)

    assert known(company).settings == chosen
    with pytest.raises(UnknownCompany):
        companies.change_settings(company, B, chosen)


def test_dropped_events_are_counted_for_each_company(company: Connection) -> None:
    """The page says how many came before the first enable."""
    companies.open_company(company, B, "Another Roofing")

    companies.count_dropped(company, {A: 2, B: 1, "unknown": 5})
    companies.count_dropped(company, {A: 3})

    assert (known(company).dropped_events, known(company, B).dropped_events) == (5, 1)


def test_companies_are_listed_in_pages(company: Connection) -> None:
    """A thousand contractors are read in bounded pages."""
    companies.open_company(company, B, "Another Roofing")

    first = companies.list_companies(company, limit=1)
    second = companies.list_companies(company, after=first[-1].id, limit=1)

    assert [each.id for each in first + second] == [A, B]


@pytest.mark.parametrize(
    ("enabled", "connection_is", "paused_for", "reason", "expected"),
    [
        (False, "connected", None, None, "off"),
        (False, "lost", None, None, "off"),
        (True, "lost", None, None, "connection"),
        (True, "connected", 60, "limit", "limit"),
        (True, "connected", 60, "person", "paused"),
        (True, "connected", 60, "subscription", "paused"),
        (True, "connected", 60, "unavailable", "unavailable"),
        (True, "connected", -60, "unavailable", None),
        (True, "connected", 0, "limit", None),
        (True, "connected", None, None, None),
    ],
)
def test_a_companys_own_wait_is_told_by_its_row(  # a table of cases
    enabled: bool,  # noqa: FBT001  # a column of the table
    connection_is: str,
    paused_for: int | None,
    reason: str | None,
    expected: str | None,
) -> None:
    """Off hides the rest, then the connection, then a pause that is not over."""
    row = {
        "id": A,
        "name": "",
        "created_at": NOW,
        "enabled": enabled,
        "first_enabled_at": NOW,
        "connection": connection_is,
        "realm_id": REALM,
        "former_realm_id": None,
        "epoch": 1,
        "paused_until": None if paused_for is None else NOW + timedelta(seconds=paused_for),
        "pause_reason": reason,
        "settings": {},
        "dropped_events": 0,
    }

    assert blocked_reason(companies._company(row), NOW) == expected


def test_a_company_whose_stored_booking_is_not_carried_out_can_be_read(company: Connection) -> None:
    """One such row must not keep every company from being listed."""
    company.execute(
        """UPDATE proline_qbo.companies SET settings = '{"running_balance": "other"}'"""
    )

    assert known(company).settings == CompanySettings()
