"""Connect, over HTTP: bound to its session, used once, proved, confirmed; and the way out."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from app.web import addresses, connecting
from app.web.web import ASKING_MOST
from qbo_simulator.wire import Connection, Request, Response
from tests.support.roofer import COMPANY, new_realm, until
from tests.support.visitor import Visitor
from tests.web.world import Html, World, audit_of, csrf_of, logged

TOKENS = "/oauth2/v1/tokens/bearer"
REVOKE = "/v2/oauth2/tokens/revoke"
# What may differ before a person has confirmed: the consent itself, and the calls it took.
UNDER_WAY = frozenset({"consents", "calls", "limiters", "sessions", "launches"})


def watched(world: World) -> list[str]:
    """Give the paths QuickBooks is asked for from now on, as they come."""
    seen: list[str] = []
    quickbooks = world.roofer.quickbooks
    handle = quickbooks.handle

    def watching(request: Request, connection: Connection | None = None) -> Response:
        seen.append(request.path)
        return handle(request, connection)

    quickbooks.handle = watching  # type: ignore[method-assign]
    return seen


def pressed(visitor: Visitor) -> str:
    """Press Connect; give the address it leads to."""
    sent = visitor.send("POST", addresses.CONNECT, data={"csrf": visitor.csrf()})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def with_changed(address: str, **parameters: str | None) -> str:
    """Give a redirect's address with parameters in place of its own; None leaves one out."""
    parts = urlsplit(address)
    merged = dict(parse_qsl(parts.query)) | parameters
    given = {name: value for name, value in merged.items() if value is not None}
    return f"{parts.path}?{urlencode(given)}"


def company(world: World, company_id: str = COMPANY) -> dict[str, object]:
    """Give the company's row."""
    (row,) = world.rows("SELECT * FROM proline_qbo.companies WHERE id = %s", company_id)
    return row


@dataclass(frozen=True)
class Newcomer:
    """The administrator of a company of its own, with books of its own, on the module's page."""

    world: World
    visitor: Visitor
    id: str
    realm: str

    @property
    def row(self) -> dict[str, object]:
        """The company as it stands."""
        return company(self.world, self.id)


@pytest.fixture
def newcomer(world: World, request: pytest.FixtureRequest) -> Newcomer:
    """Give one, who is not connected."""
    name = request.node.name[:60]
    realm = new_realm(world.roofer.quickbooks, {"company_name": "Newcomer Books"})
    visitor = world.visitor(company_id=name, company_name="Newcomer Roofing")
    return Newcomer(world, visitor, name, realm.settings.realm_id)


def confirmed(visitor: Visitor, page: httpx.Response) -> httpx.Response:
    """Press Confirm on the page that asks which books they are."""
    (form,) = [each for each in Html(page.text).forms if each.action == addresses.CONFIRM]
    return visitor.send("POST", addresses.CONFIRM, data=dict(form.fields))


def test_the_whole_way_stores_nothing_before_the_last_word(new_world: World) -> None:
    """The page names both companies; company, books and tokens are as before until Confirm."""
    person = new_world.visitor()
    before = new_world.photograph(but=UNDER_WAY)

    page = new_world.connect(person)

    assert page.url.path == addresses.CONFIRM
    text = Html(page.text).text
    assert "Acme Roofing" in text.partition("Connect these two?")[2]
    assert "Example Books" in text.partition("Connect these two?")[2]
    assert "Nothing has been stored yet" in text
    assert new_world.photograph(but=UNDER_WAY) == before

    done = confirmed(person, page)

    assert done.headers["location"] == f"{addresses.QUICKBOOKS}?done=connected"
    assert company(new_world)["connection"] == "connected"
    assert company(new_world)["realm_id"] == new_world.roofer.realm.settings.realm_id
    (noted,) = [each for each in audit_of(new_world) if each["action"] == "connection.connect"]
    assert (noted["user_id"], noted["user_name"], noted["via"]) == (
        "user-1",
        "Jane Example",
        "page",
    )
    assert noted["intuit_tid"]


def test_connect_leads_to_quickbooks_with_a_state_and_a_challenge(world: World) -> None:
    """S256, a state of 256 bits that differs each time, and nothing secret in the address."""
    person = world.visitor()

    first, second = (dict(parse_qsl(urlsplit(pressed(person)).query)) for _ in range(2))

    assert first["redirect_uri"] == f"{world.office.url}/callback"
    assert first["code_challenge_method"] == "S256"
    assert len(first["state"]) >= 43
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]
    assert "secret" not in str(first)


def test_anothers_state_is_refused_and_not_used_up(world: World) -> None:
    """Another session, of the same company or none: no exchange; its own session goes on."""
    asked_of_quickbooks = watched(world)
    victim, attacker, stranger = world.visitor(), world.visitor(), world.stranger()
    back = world.consent(pressed(attacker))

    answers = [victim.get(back).status_code, stranger.get(back).status_code]

    assert answers == [409, 401]
    assert TOKENS not in asked_of_quickbooks
    assert attacker.get(back).url.path == addresses.CONFIRM


def test_a_state_is_used_once(world: World) -> None:
    """The second redirect, and each after it, asks QuickBooks nothing."""
    asked_of_quickbooks = watched(world)
    person = world.visitor()
    back = world.consent(pressed(person))
    assert person.get(back).url.path == addresses.CONFIRM

    again = [person.get(back) for _ in range(3)]

    assert [each.status_code for each in again] == [409] * 3
    assert "used already" in again[0].text
    assert asked_of_quickbooks.count(TOKENS) == 1


def test_a_state_grows_stale(new_world: World) -> None:
    """After a quarter of an hour Connect is pressed anew."""
    asked_of_quickbooks = watched(new_world)
    person = new_world.visitor()
    back = new_world.consent(pressed(person))
    new_world.clock.advance(15 * 60 + 1)

    answer = person.get(back)

    assert answer.status_code == 409
    assert "older than 15 minutes" in answer.text
    assert TOKENS not in asked_of_quickbooks


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "forged"},
        {"state": ""},
        {"state": None},
        {"state": "é🙂"},
        {"code": None},
        {"code": ""},
        {"code": "a b"},
        {"code": "x" * 2_000},
        {"realmId": None},
        {"realmId": "12x"},
        {"realmId": "1" * 40},
        {"realmId": "٣"},
        {"realmId": "../1"},
    ],
    ids=str,
)
def test_a_bent_redirect_is_refused_and_asks_nothing(
    world: World, changes: dict[str, str | None]
) -> None:
    """Nothing is exchanged and nothing stored; the page says what to do."""
    asked_of_quickbooks = watched(world)
    person = world.visitor()
    back = world.consent(pressed(person))
    before = world.photograph(but=UNDER_WAY)

    answer = person.get(with_changed(back, **changes))

    assert answer.status_code == 409
    assert "Connect to QuickBooks again" in answer.text
    assert TOKENS not in asked_of_quickbooks
    assert world.photograph(but=UNDER_WAY) == before


def test_a_realm_that_the_token_does_not_open_is_refused_and_the_token_revoked(
    world: World,
) -> None:
    """The realm stands in an address anybody can write: it is proved by what the token opens."""
    asked_of_quickbooks = watched(world)
    other = new_realm(world.roofer.quickbooks, {"company_name": "Hidden Books"})
    person = world.visitor()
    back = world.consent(pressed(person))
    before = world.photograph(but=UNDER_WAY)

    answer = person.get(with_changed(back, realmId=other.settings.realm_id))

    assert answer.status_code == 409
    assert "Hidden Books" not in answer.text
    assert asked_of_quickbooks.count(REVOKE) == 1
    assert world.photograph(but=UNDER_WAY) == before
    assert person.get(addresses.CONFIRM).url.path == addresses.QUICKBOOKS


def test_declining_is_told_plainly(world: World) -> None:
    """No error page: the person chose it, and nothing was changed."""
    asked_of_quickbooks = watched(world)
    person = world.visitor()
    back = world.consent(pressed(person), decision="cancel")
    before = world.photograph()

    answer = person.get(back)

    assert answer.status_code == 200
    assert "You declined in QuickBooks" in answer.text
    assert TOKENS not in asked_of_quickbooks
    assert world.photograph() == before


@pytest.mark.parametrize("error", ["server_error", "invalid_scope", "<b>x</b>", "x" * 500])
def test_what_an_error_says_is_never_repeated(world: World, error: str) -> None:
    """Anybody can write the address: neither the error nor its description is shown."""
    person = world.visitor()
    pressed(person)
    before = world.photograph()
    told = urlencode(
        {"error": error, "error_description": "Call 555-0100 <b>now</b>", "error_uri": "//evil"}
    )

    answer = person.get(f"/callback?{told}")

    assert answer.status_code == 409
    assert "nothing was connected" in answer.text
    for each in ("555-0100", "//evil", error if len(error) > 12 else "<b>"):
        assert each not in answer.text
    assert world.photograph() == before


def test_quickbooks_that_refuses_the_code_stores_nothing(world: World) -> None:
    """502 with a sentence; Connect can be pressed again."""
    person = world.visitor()
    back = world.consent(pressed(person))

    answer = person.get(with_changed(back, code="XAB1never-issued"))

    assert answer.status_code == 502
    assert "QuickBooks does not take this consent" in answer.text
    assert "connect again" in answer.text
    assert company(world)["connection"] == "none"
    assert world.connect(person).url.path == addresses.CONFIRM


def test_connect_while_connected_is_refused(new_world: World) -> None:
    """The button is not there, and its form, sent all the same, asks for nothing."""
    new_world.office.enabled()
    person = new_world.visitor()

    page = person.get(addresses.QUICKBOOKS).text
    answer = person.send("POST", addresses.CONNECT, data={"csrf": person.csrf()})

    assert addresses.CONNECT not in {each.action for each in Html(page).forms}
    assert "Disconnect from QuickBooks" in page
    assert answer.status_code == 409
    assert "connected already" in answer.text
    assert new_world.one("SELECT count(*) FROM proline_qbo.consents") == 0


def test_a_connection_that_lives_is_made_anew_by_who_comes_to_reconnect(new_world: World) -> None:
    """QuickBooks leads there also while all is well: a button, a consent, and it goes on."""
    new_world.office.enabled().roofer.contact().project().settle()
    person, viewer = new_world.visitor(), new_world.visitor("viewer")
    before, tokens = company(new_world), new_world.photograph()["tokens"]

    page = person.get(addresses.RECONNECT)
    (form,) = [each for each in Html(page.text).forms if each.action == addresses.CONNECT]
    assert "If it asked you to reconnect" in page.text
    assert addresses.CONNECT not in viewer.get(addresses.RECONNECT).text
    sent = person.send("POST", addresses.CONNECT, data=dict(form.fields))
    asked = person.get(new_world.consent(sent.headers["location"]))
    assert "To change the books" not in asked.text
    done = confirmed(person, asked)

    assert done.headers["location"] == f"{addresses.QUICKBOOKS}?done=connected"
    after = company(new_world)
    assert after["epoch"] == before["epoch"] + 1  # type: ignore[operator]
    assert (after["connection"], after["realm_id"]) == ("connected", before["realm_id"])
    assert new_world.photograph()["tokens"] != tokens
    new_world.roofer.invoice().settle()
    assert new_world.roofer.balances() == {"501": 100}
    assert "currently on" in person.get(addresses.QUICKBOOKS).text


def test_reconnecting_to_other_books_asks_for_their_name(new_world: World) -> None:
    """Connected or not: a click too many must not change the books, and another can be picked."""
    new_world.office.enabled()
    other = new_realm(new_world.roofer.quickbooks, {"company_name": "Second Books"})
    person = new_world.visitor()
    again = {"csrf": person.csrf(), "again": "yes"}
    sent = person.send("POST", addresses.CONNECT, data=again)

    page = person.get(new_world.consent(sent.headers["location"], other.settings.realm_id))
    refused = confirmed(person, page)
    another = person.send("POST", addresses.CANCEL, data=again)

    assert "You picked another QuickBooks company" in page.text
    assert refused.status_code == 409
    assert company(new_world)["realm_id"] == new_world.roofer.realm.settings.realm_id
    assert "/connect/oauth2" in another.headers["location"]


@pytest.mark.parametrize(
    ("days", "role", "banner", "button"),
    [(59, "admin", True, True), (59, "viewer", True, False), (61, "admin", False, False)],
)
def test_the_end_of_a_connection_is_told_while_there_is_time(
    new_world: World, days: int, role: str, *, banner: bool, button: bool
) -> None:
    """Sixty days before a person must have reconnected, with the button for who may."""
    new_world.office.enabled()
    ends = new_world.one(
        "UPDATE proline_qbo.tokens SET hard_expires_at = proline_qbo.clock()"
        " + make_interval(days => %s, mins => -5) RETURNING hard_expires_at",
        days,
    )

    page = Html(new_world.visitor(role).get(addresses.QUICKBOOKS).text)

    day = f"{ends.astimezone(UTC):%b} {ends.astimezone(UTC).day}, {ends.astimezone(UTC).year}"
    assert f"Reconnect before {day}" in page.text
    assert (f"QuickBooks ends this connection on {day}" in page.text) == banner
    offered = [form for form in page.forms if ("again", "yes") in form.fields]
    assert bool(offered) == button


def test_a_connection_that_is_lost_has_no_day_to_reconnect_before(new_world: World) -> None:
    """It is over: the state says what to do, once."""
    new_world.office.enabled()
    new_world.database.execute("UPDATE proline_qbo.companies SET connection = 'lost'")

    page = Html(new_world.visitor().get(addresses.RECONNECT).text)

    assert "Reconnect before" not in page.text
    assert [form.action for form in page.forms].count(addresses.CONNECT) == 1


def test_what_waits_for_a_word_is_told_on_the_overview(newcomer: Newcomer) -> None:
    """Whoever left the question finds it again; nobody else's session has it."""
    world, person = newcomer.world, newcomer.visitor
    colleague = world.visitor(company_id=newcomer.id, user_id="u-2")
    world.connect(person, newcomer.realm)

    mine, theirs = person.get(addresses.QUICKBOOKS).text, colleague.get(addresses.QUICKBOOKS).text

    assert "QuickBooks has let ProLine into Newcomer Books" in mine
    assert f'href="{addresses.CONFIRM}"' in mine
    assert "Newcomer Books" not in theirs
    confirmed(person, person.get(addresses.CONFIRM))
    assert "has let ProLine into" not in person.get(addresses.QUICKBOOKS).text


def test_confirming_twice_connects_once(newcomer: Newcomer) -> None:
    """The second press says so and changes nothing."""
    person = newcomer.visitor
    page = newcomer.world.connect(person, newcomer.realm)
    confirmed(person, page)
    epoch = newcomer.row["epoch"]

    again = confirmed(person, page)

    assert again.status_code == 409
    assert newcomer.row["epoch"] == epoch
    noted = [each["action"] for each in audit_of(newcomer.world, newcomer.id)]
    assert noted.count("connection.connect") == 1


def test_what_is_confirmed_is_what_was_shown(newcomer: Newcomer) -> None:
    """Another window brought another consent since: the first window's Confirm ties nothing."""
    world, person = newcomer.world, newcomer.visitor
    other = new_realm(world.roofer.quickbooks, {"company_name": "Hidden Books"})
    shown = world.connect(person, newcomer.realm)
    newer = world.connect(person, other.settings.realm_id)

    refused = confirmed(person, shown)

    assert refused.status_code == 409
    assert newcomer.row["connection"] == "none"
    assert "Hidden Books" in newer.text
    assert confirmed(person, newer).status_code == 303
    assert newcomer.row["realm_id"] == other.settings.realm_id


def test_a_consent_that_comes_while_one_confirms_is_not_confirmed(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late another window brings it: only what was shown is tied."""
    world, person = newcomer.world, newcomer.visitor
    other = new_realm(world.roofer.quickbooks, {"company_name": "Hidden Books"})
    shown = world.connect(person, newcomer.realm)
    typed = connecting._typed

    def while_it_comes(*asked: Any) -> str | None:  # noqa: ANN401  # passed on
        monkeypatch.setattr(connecting, "_typed", typed)
        assert "Hidden Books" in world.connect(person, other.settings.realm_id).text
        return typed(*asked)

    monkeypatch.setattr(connecting, "_typed", while_it_comes)

    answer = confirmed(person, shown)

    assert answer.status_code == 409
    assert newcomer.row["connection"] == "none"


def test_another_session_cannot_confirm_or_cancel(newcomer: Newcomer) -> None:
    """Not even an administrator of the same company: they have seen nothing."""
    person = newcomer.visitor
    colleague = newcomer.world.visitor(company_id=newcomer.id, user_id="u-2")
    page = newcomer.world.connect(person, newcomer.realm)
    token = colleague.csrf()

    answers = [
        colleague.send("POST", addresses.CONFIRM, data={"csrf": token, "realm": newcomer.realm}),
        colleague.send("POST", addresses.CANCEL, data={"csrf": token}),
    ]

    assert [each.status_code for each in answers] == [409, 303]
    assert colleague.get(addresses.CONFIRM).url.path == addresses.QUICKBOOKS
    assert confirmed(person, page).status_code == 303


def test_cancelling_revokes_what_was_allowed(newcomer: Newcomer) -> None:
    """Nothing is left: no consent, no living token, and the company as before."""
    world, person = newcomer.world, newcomer.visitor
    asked_of_quickbooks = watched(world)
    before, consents = world.photograph(but=UNDER_WAY), world.photograph()["consents"]
    world.connect(person, newcomer.realm)

    answer = person.post(addresses.CANCEL)

    assert "Nothing was connected" in answer.text
    assert asked_of_quickbooks.count(REVOKE) == 1
    assert world.photograph()["consents"] == consents
    assert world.photograph(but=UNDER_WAY) == before


def test_books_of_another_company_cannot_be_confirmed(new_world: World) -> None:
    """Two ProLine companies never write into one set of books; the other is not named."""
    new_world.office.enabled()
    evil = new_world.visitor(company_id="evil", company_name="Evil Roofing")

    page = new_world.connect(evil)

    assert "You picked another QuickBooks company" in page.text
    assert "Acme Roofing" not in page.text
    assert addresses.CONFIRM not in {each.action for each in Html(page.text).forms}
    realm = new_world.roofer.realm.settings.realm_id
    forced = evil.send("POST", addresses.CONFIRM, data={"csrf": csrf_of(page), "realm": realm})
    assert forced.status_code == 409
    assert company(new_world)["realm_id"] == realm


def test_other_books_than_before_need_their_name(new_world: World) -> None:
    """Typed as shown; anything else, and nothing, is refused."""
    new_world.office.enabled()
    other = new_realm(new_world.roofer.quickbooks, {"company_name": "Second Books"})
    person = new_world.visitor()
    person.post(addresses.DISCONNECT)
    page = new_world.connect(person, other.settings.realm_id)
    sent = {"csrf": csrf_of(page), "realm": other.settings.realm_id}

    refused = [
        person.send("POST", addresses.CONFIRM, data=sent | {"other_books": typed})
        for typed in ("", "Example Books", "yes")
    ]

    assert [each.status_code for each in refused] == [409] * 3
    for each in refused:
        assert "Nothing was changed." in each.text
        (form,) = [form for form in Html(each.text).forms if form.action == addresses.CONFIRM]
        assert dict(form.fields) == sent | {"other_books": ""}
    assert "type their name as shown: Second Books" in refused[1].text
    assert company(new_world)["connection"] == "none"
    typed = sent | {"other_books": " second  BOOKS "}
    assert person.send("POST", addresses.CONFIRM, data=typed).status_code == 303
    assert company(new_world)["realm_id"] == other.settings.realm_id


def test_what_confirming_sends_is_told_before(new_world: World) -> None:
    """Off, nothing until it is enabled; on, what waits as soon as it is confirmed."""
    person = new_world.visitor()
    first = new_world.connect(person)
    new_world.office.enabled()
    person.post(addresses.DISCONNECT)
    new_world.roofer.contact().project()
    held = "SELECT count(*) FROM proline_qbo.records WHERE standing = 'in_progress'"
    until(lambda: new_world.one("SELECT count(*) FROM proline_qbo.records") == 2)
    until(lambda: new_world.one(held) == 1)

    again = new_world.connect(person)

    assert "into this QuickBooks company once you enable the integration." in Html(first.text).text
    assert (
        "into this QuickBooks company as soon as you do, because the integration is on: 1 record"
        " waits." in Html(again.text).text
    )


def test_a_company_that_is_disconnected_can_be_turned_off(new_world: World) -> None:
    """The steps say that it is on, and there is a button before other books are written to."""
    new_world.office.enabled()
    person = new_world.visitor()
    person.post(addresses.DISCONNECT)

    page = Html(person.get(addresses.QUICKBOOKS).text)
    assert "it is on, so what waits is sent as soon as QuickBooks is connected" in page.text
    assert addresses.DISABLE in {form.action for form in page.forms}
    off = Html(person.post(addresses.DISABLE).text)

    assert "From then on customers, projects, invoices and payments appear" in off.text
    assert addresses.DISABLE not in {form.action for form in off.forms}
    assert not company(new_world)["enabled"]


def test_no_secret_is_in_a_log_a_page_or_the_database(new_world: World) -> None:
    """Tokens, code, state, verifier: encrypted or hashed where they lie, and shown nowhere."""
    person = new_world.visitor()
    quickbooks = new_world.roofer.quickbooks

    with logged() as log:
        location = pressed(person)
        back = new_world.consent(location)
        page = person.get(back)
        asking = new_world.dump()
        done = confirmed(person, page)
        pages = [person.get(path).text for path in (addresses.QUICKBOOKS, addresses.HISTORY)]

    assert done.status_code == 303
    query = dict(parse_qsl(urlsplit(back).query))
    tokens = quickbooks.office
    secrets = [query["state"], query["code"], *tokens._refresh, *tokens._access]
    assert len(secrets) >= 4
    for text in (log.getvalue(), page.text, *pages, asking, new_world.dump()):
        for each in secrets:
            assert each not in text
            assert each.encode().hex() not in text


def test_landing_after_a_disconnect_in_quickbooks_changes_nothing_while_it_lives(
    new_world: World,
) -> None:
    """The address proves nothing: QuickBooks is asked, and what lives is left alone."""
    new_world.office.enabled()
    person = new_world.visitor("viewer")
    before = company(new_world)

    page = person.get(f"{addresses.DISCONNECTED}?realmId=1")
    new_world.clock.advance(120)
    page = person.get(f"{addresses.DISCONNECTED}?realmId=1")

    assert page.url.path == addresses.QUICKBOOKS
    assert company(new_world) == before


def test_landing_after_a_disconnect_in_quickbooks_notes_the_loss(new_world: World) -> None:
    """Where QuickBooks refuses the token, the page says that it must be reconnected."""
    new_world.office.enabled()
    new_world.roofer.operator("disconnect")
    new_world.clock.advance(120)

    page = new_world.visitor().get(addresses.DISCONNECTED)

    assert company(new_world)["connection"] == "lost"
    assert "QuickBooks must be reconnected." in page.text


def test_who_disconnects_in_quickbooks_without_a_session_is_told_what_to_do(
    new_world: World,
) -> None:
    """The address names no company, so nothing is asked; the loss is noticed by itself."""
    new_world.office.enabled()
    asked_of_quickbooks = watched(new_world)

    answer = new_world.stranger().get(f"{addresses.DISCONNECTED}?realmId=1")

    assert answer.status_code == 200
    assert "Nothing is lost" in answer.text
    assert "choose Integrations, then QuickBooks" in answer.text
    assert asked_of_quickbooks == []


def test_landing_is_limited_by_address(new_world: World) -> None:
    """It asks QuickBooks: whoever opens it again and again is told to wait."""
    new_world.office.enabled()
    person = new_world.visitor()

    answers = [person.send("GET", addresses.DISCONNECTED).status_code for _ in range(30)]

    assert answers == [303] * 29 + [429]  # the launch was the first try


def test_reconnect_leads_to_the_button_and_connects_nothing(new_world: World) -> None:
    """The address that QuickBooks offers changes nothing by itself."""
    new_world.office.enabled()
    new_world.roofer.operator("disconnect")
    new_world.clock.advance(120)
    person = new_world.visitor()
    person.get(addresses.DISCONNECTED)
    before = new_world.photograph()

    page = person.get(addresses.RECONNECT)

    assert "Reconnect to QuickBooks" in page.text
    assert new_world.photograph() == before
    assert new_world.connect(person).url.path == addresses.CONFIRM


def test_disconnecting_ends_our_access_there(new_world: World) -> None:
    """The page tells what it means, then does it, revokes, and notes who."""
    asked_of_quickbooks = watched(new_world)
    new_world.office.enabled()
    person = new_world.visitor()

    asked = person.get(addresses.DISCONNECT)
    answer = person.post(addresses.DISCONNECT)

    assert "What is in QuickBooks stays there" in asked.text
    assert "our access there has ended" in answer.text
    assert asked_of_quickbooks.count(REVOKE) == 1
    assert company(new_world)["connection"] == "none"
    assert audit_of(new_world)[-1]["action"].startswith("connection.")
    assert "connection.disconnect" in {each["action"] for each in audit_of(new_world)}


def test_disconnecting_waits_for_no_other_page(new_world: World) -> None:
    """However many wait for QuickBooks: nothing more is written, and it is told by itself soon."""
    asked_of_quickbooks = watched(new_world)
    new_world.office.enabled()
    person = new_world.visitor()
    web = new_world.office.page.web

    with ExitStack() as waiting:
        for _ in range(ASKING_MOST):
            waiting.enter_context(web.asking_quickbooks())
        answer = person.post(addresses.DISCONNECT)

    assert "QuickBooks is disconnected here, but it could not be told" in answer.text
    assert company(new_world)["connection"] == "none"
    assert REVOKE not in asked_of_quickbooks
