"""Connecting: the books, and whatever must happen to the records in that very transaction."""

import psycopg
import pytest

from app import onboarding, tying
from connections import audit, companies
from connections.books import Books
from connections.connecting import Consent, Obtained
from connections.errors import (
    ChangedWhileOff,
    RealmTaken,
    ShownChanged,
    UnknownCompany,
    WritesUnderWay,
)
from connections.keys import TokenKeys
from connections.settings import CompanySettings
from coordination.database import Pool
from qbo_client.oauth import TokenReply
from records import other_books
from records.orders import Order, order
from tests.support.attempts import a_write, an_attempt
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, OFFICE, contact, enable_company, invoice, project, realm_of
from tests.support.relay_in_hand import Office

OTHER = "realm-of-now"
KEYS = TokenKeys([("key", b"k" * 32)])


def obtained(realm_id: str) -> Obtained:
    """Give what a person's consent for these books gave, the change of books confirmed."""
    consent = Consent(ACME, realm_id, other_realm_confirmed=True)
    books = Books(realm_id, "Books", "US", "USD", True, False, None, "1", "2", None)  # noqa: FBT003  # its columns, in order
    return Obtained(consent, TokenReply("access", "refresh", 3_600, 8_640_000, None, None), books)


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company whose only contact has an attempt of unknown outcome."""
    with pool.connection() as connection:
        enable_company(connection)
    office = Office(pool, HandWorker(pool))
    office.say("contact", contact())
    office.say("project", project())
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    with pool.connection() as connection:
        an_attempt(connection, claimed, a_write("former"))
    office.do(
        "UPDATE proline_qbo.attempts SET started_at = proline_qbo.clock() - interval '131 seconds'"
    )
    office.do(
        "UPDATE proline_qbo.records SET state = 'retrying', retry_at = proline_qbo.clock(),"
        " dispatch_token = NULL, dispatched_at = NULL, claimed_by = NULL, claimed_at = NULL,"
        " claimed_beats = NULL"
        " WHERE entity = 'contact'"
    )
    return office


def tie(office: Office, realm_id: str) -> None:
    """Connect the company to these books."""
    with office.pool.connection() as connection:
        tying.tie(connection, KEYS, obtained(realm_id), by=OFFICE)


def write_anew(office: Office) -> None:
    """Claim the contact in the books of now and open an attempt of its own."""
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    assert claimed.attempt is None
    with office.pool.connection() as connection:
        an_attempt(connection, claimed, a_write("now"))


def test_what_is_unknown_in_the_former_books_is_archived_as_they_are_given_up(
    office: Office,
) -> None:
    """It can be asked no more; a finding says where to look, and the record goes on."""
    tie(office, OTHER)

    write_anew(office)

    attempts = office.rows("SELECT realm_id, answer FROM proline_qbo.attempts ORDER BY id")
    findings = office.rows("SELECT kind FROM proline_qbo.findings")
    assert [tuple(each) for each in attempts] == [(realm_of(ACME), "archived"), (OTHER, None)]
    assert [each.kind for each in findings] == ["perhaps_in_former_books"]


def test_what_is_unknown_stays_open_where_the_books_are_the_same(office: Office) -> None:
    """A reconnect to the same books can still ask them."""
    tie(office, realm_of(ACME))

    assert office.rows("SELECT FROM proline_qbo.attempts WHERE answer IS NULL")
    assert not office.rows("SELECT FROM proline_qbo.findings")


def test_without_the_archive_nothing_is_written_for_the_record_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard taken out: the attempt of the former books is in the way of every other."""
    monkeypatch.setattr(other_books, "archive_unknown", lambda *_: None)
    tie(office, OTHER)

    with pytest.raises(psycopg.errors.UniqueViolation):
        write_anew(office)


def test_a_realm_that_is_refused_leaves_everything_as_it_was(office: Office) -> None:
    """The transaction is one: no attempt is given up for books that are not taken."""
    with office.pool.connection() as connection:
        enable_company(connection, "other")

    with pytest.raises(RealmTaken):
        tie(office, realm_of("other"))

    assert office.rows("SELECT FROM proline_qbo.attempts WHERE answer IS NULL")


def test_what_may_yet_be_answered_is_waited_for(office: Office) -> None:
    """Until 130 s after its start a write may still be applied: its books are not given up."""
    office.do("UPDATE proline_qbo.attempts SET started_at = proline_qbo.clock() - interval '100 s'")

    with pytest.raises(WritesUnderWay, match="without an answer yet: try again in 30 seconds"):
        tie(office, OTHER)

    assert office.rows("SELECT FROM proline_qbo.attempts WHERE answer IS NULL")
    assert office.rows("SELECT realm_id FROM proline_qbo.companies") == [(realm_of(ACME),)]


def test_what_is_claimed_keeps_its_books(office: Office) -> None:
    """Also one that is claimed while the consent is under way: looked at as it is tied."""
    (message,) = office.hand.drain()
    assert office.worker.claim(message) is not None

    with pytest.raises(WritesUnderWay, match="1 record is being written now"):
        tie(office, OTHER)

    assert office.rows("SELECT realm_id FROM proline_qbo.companies") == [(realm_of(ACME),)]


def test_nothing_is_handed_out_while_books_change(office: Office, database_url: str) -> None:
    """The relay stands still from the look at what is claimed until the change is committed."""
    with office.pool.connection() as connection:
        tying.tie(connection, KEYS, obtained(OTHER), by=OFFICE)
        with psycopg.connect(database_url) as other, pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT FROM proline_qbo.leadership FOR SHARE NOWAIT")


def test_what_was_ordered_to_be_sent_meant_the_books_of_then(office: Office) -> None:
    """An order that was not carried out does not act in other books."""
    pk = office.record("contact", "c1").pk
    with office.pool.connection() as connection:
        order(connection, [Order(pk, "send", "Sam")])

    tie(office, OTHER)
    office.hand.drain()

    assert office.record("contact", "c1").sent_anyway_in is None


def test_a_record_left_out_is_not_claimed_any_more(office: Office) -> None:
    """Also when it was handed out before: only a write under way is brought to its end."""
    tie(office, OTHER)
    (message,) = office.hand.drain()
    with office.pool.connection() as connection:
        order(connection, [Order(message.record_pk, "skip", "Sam", in_bulk=True)])

    refused = office.worker.claim(message)
    office.finish()

    assert refused is None
    assert office.state("contact", "c1") == "skipped"


def test_a_write_under_way_is_finished_before_its_record_is_left_out(office: Office) -> None:
    """The order takes effect at its settle."""
    (message,) = office.hand.drain()
    with office.pool.connection() as connection:
        order(connection, [Order(message.record_pk, "skip", "Sam")])

    claimed = office.worker.claim(message)

    assert claimed is not None
    assert claimed.attempt is not None


def test_a_company_that_is_off_hands_back_what_nobody_took_before_it_skips(office: Office) -> None:
    """What was handed out as it was turned off would otherwise be claimed once it is on."""
    tie(office, OTHER)
    onboarding.disable_company(office.pool, ACME, by=OFFICE)
    office.say("contact", contact(display_name="Ada Newname"))
    office.hand.drain()
    office.do(
        "UPDATE proline_qbo.records SET state = 'dispatched', dispatch_token = gen_random_uuid(),"
        " dispatched_at = proline_qbo.clock() WHERE entity = 'contact'"
    )

    enabled = onboarding.enable_company(office.pool, ACME, changed="skip", by=OFFICE)
    office.finish()

    assert enabled.left_out == 1
    assert office.state("contact", "c1") == "skipped"


def changed_while_off(office: Office) -> ChangedWhileOff:
    """Ask to turn the company on, and give the question that comes of it."""
    with pytest.raises(ChangedWhileOff) as asked:
        onboarding.enable_company(office.pool, ACME, by=OFFICE)
    return asked.value


@pytest.mark.parametrize("later", ["invoice", "contact"])
def test_what_changes_after_the_question_is_not_skipped_by_its_answer(
    office: Office, later: str
) -> None:
    """Another record, or the same in a newer version: it is asked anew, and nothing is on."""
    tie(office, OTHER)
    office.finish()
    onboarding.disable_company(office.pool, ACME, by=OFFICE)
    office.say("contact", contact(display_name="Ada Newname"))
    office.hand.drain()
    asked = changed_while_off(office)

    said = contact(display_name="Ada Another") if later == "contact" else invoice()
    office.say(later, said)
    office.hand.drain()
    with pytest.raises(ChangedWhileOff) as again:
        onboarding.enable_company(office.pool, ACME, changed="skip", shown=asked.shown, by=OFFICE)

    assert again.value.shown != asked.shown
    assert office.rows("SELECT FROM proline_qbo.orders") == []
    with office.pool.connection() as connection:
        company = companies.get(connection, ACME)
        assert company is not None
        assert not company.enabled
    enabled = onboarding.enable_company(
        office.pool, ACME, changed="skip", shown=again.value.shown, by=OFFICE
    )
    assert enabled.left_out == again.value.records


def entries(office: Office) -> list[tuple[str, object, object]]:
    """Return what the audit says of the company, the oldest first, without its connecting."""
    with office.pool.connection() as connection:
        listed = audit.list_entries(connection, ACME)
    return [(each.action, each.before, each.after) for each in reversed(listed)]


def test_every_change_of_a_company_is_in_the_audit_once(office: Office) -> None:
    """Who, what, before, after; what changes nothing leaves no row."""
    pool = office.pool
    chosen = CompanySettings(stages=("Sold",), ceiling=300)

    for _ in range(2):
        onboarding.open_company(pool, ACME, "Example Roofing", by=OFFICE)
        onboarding.change_settings(pool, ACME, chosen, by=OFFICE)
        onboarding.disable_company(pool, ACME, by=OFFICE)
    for _ in range(2):
        onboarding.enable_company(pool, ACME, changed="send", by=OFFICE)
        onboarding.pause_company(pool, ACME, by=OFFICE)
    for _ in range(2):
        onboarding.resume_company(pool, ACME, by=OFFICE)

    assert entries(office) == [
        ("company.open", {"name": "Acme"}, {"name": "Example Roofing"}),
        (
            "settings.change",
            {"stages": ["Closed - Won"], "ceiling": 450},
            {"stages": ["Sold"], "ceiling": 300},
        ),
        ("company.disable", {"enabled": True}, {"enabled": False}),
        ("company.enable", {"enabled": False}, {"enabled": True, "changed": "send"}),
        ("company.pause", {"pause_reason": None}, {"pause_reason": "person"}),
        ("company.resume", {"pause_reason": "person"}, {"pause_reason": None}),
    ]
    with pool.connection() as connection:
        assert {each.actor for each in audit.list_entries(connection, ACME)} == {OFFICE}


def test_settings_chosen_on_others_than_stand_are_refused(office: Office) -> None:
    """Of two who began with the same page, the second is told to look again."""
    with office.pool.connection() as connection:
        company = companies.get(connection, ACME)
    assert company is not None
    shown = onboarding.settings_basis(company)

    first, second = CompanySettings(ceiling=300), CompanySettings(customer_mode="sub")
    onboarding.change_settings(office.pool, ACME, first, shown=shown, by=OFFICE)
    with pytest.raises(ShownChanged):
        onboarding.change_settings(office.pool, ACME, second, shown=shown, by=OFFICE)

    with office.pool.connection() as connection:
        assert companies.lock(connection, ACME).settings == first


def test_what_is_refused_leaves_no_row(office: Office) -> None:
    """The audit is written in the transaction of the change."""
    with pytest.raises(UnknownCompany):
        onboarding.change_settings(office.pool, "nobody", CompanySettings(), by=OFFICE)
    with pytest.raises(UnknownCompany):
        onboarding.pause_company(office.pool, "nobody", by=OFFICE)

    assert office.rows("SELECT FROM proline_qbo.audit") == []
