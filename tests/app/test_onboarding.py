"""Connecting: the books, and whatever must happen to the records in that very transaction."""

import psycopg
import pytest

from app import onboarding
from connections.books import Books
from connections.connecting import Consent, Obtained
from connections.errors import RealmTaken
from connections.keys import TokenKeys
from coordination.database import Pool
from qbo_client.oauth import TokenReply
from records.attempts import open_attempt
from tests.support.attempts import a_write
from tests.support.hand_worker import HandWorker
from tests.support.proline import ACME, contact, enable_company, project, realm_of
from tests.support.relay_in_hand import Office

OTHER = "realm-of-now"
KEYS = TokenKeys([("key", b"k" * 32)])


def obtained(realm_id: str) -> Obtained:
    """Give what a person's consent for these books gave, the change of books confirmed."""
    consent = Consent(ACME, realm_id, "code", other_realm_confirmed=True)
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
        open_attempt(connection, claimed, a_write("former"))
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
        onboarding.tie(connection, KEYS, obtained(realm_id))


def write_anew(office: Office) -> None:
    """Claim the contact in the books of now and open an attempt of its own."""
    (message,) = office.hand.drain()
    claimed = office.worker.claim(message)
    assert claimed is not None
    assert claimed.attempt is None
    with office.pool.connection() as connection:
        open_attempt(connection, claimed, a_write("now"))


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
    monkeypatch.setattr(onboarding, "archive_unknown", lambda *_: None)
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
