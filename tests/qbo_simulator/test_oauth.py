"""The token server: codes, tokens, rotation, revocation, consent."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from qbo_simulator import Client, Request, Simulator
from tests.qbo_simulator.driver import BASIC, FORM, Company, Reply

BACK = "https://app.example.com/callback"


def _refresh(company: Company, token: str) -> Reply:
    return company.ask_tokens(grant_type="refresh_token", refresh_token=token)


def test_a_code_is_exchanged_once() -> None:
    """The reply has Intuit's five fields; the same code again is an invalid grant."""
    company = Company()
    code = company.control("POST", f"realms/{company.realm_id}/code").json["code"]

    first = company.ask_tokens(grant_type="authorization_code", code=code, redirect_uri=BACK)
    second = company.ask_tokens(grant_type="authorization_code", code=code, redirect_uri=BACK)

    assert set(first.json) == {
        "token_type",
        "access_token",
        "refresh_token",
        "expires_in",
        "x_refresh_token_expires_in",
    }
    assert (first.json["expires_in"], first.json["token_type"]) == (3600, "bearer")
    assert (second.status, second.json["error"]) == (400, "invalid_grant")


def test_an_access_token_lives_an_hour() -> None:
    """After it, and without one, calls are answered 401 in lower-case JSON."""
    company = Company()
    company.clock.advance(3599)
    alive = company.get("preferences")

    company.clock.advance(1)
    dead = company.get("preferences")

    assert (alive.status, dead.status) == (200, 401)
    assert dead.json["fault"]["type"] == "AUTHENTICATION"
    assert dead.json["fault"]["error"][0]["code"] == "3200"
    assert isinstance(dead.json["time"], int)


def test_a_token_opens_its_own_realm_only() -> None:
    """Another realm, known or not, is 403 with fault 3100 in lower-case JSON."""
    company = Company()
    other = company.simulator.add_realm()

    replies = [
        company.send(Request("GET", f"/v3/company/{realm}/preferences", company.headers()))
        for realm in (other, "999")
    ]

    assert [reply.status for reply in replies] == [403, 403]
    assert replies[0].json["fault"]["error"][0]["code"] == "3100"


def test_a_refresh_gives_a_new_value_and_kills_the_old_one() -> None:
    """By default each refresh rotates; the old value is an invalid grant at once."""
    company = Company()

    first = _refresh(company, company.refresh)
    again = _refresh(company, company.refresh)
    second = _refresh(company, first.json["refresh_token"])

    assert first.json["refresh_token"] != company.refresh
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert second.status == 200
    assert company.report()["refreshes"] == 2


def test_a_realm_may_keep_the_value_for_a_day() -> None:
    """With daily rotation the value changes only once 24 hours are over."""
    company = Company(refresh_rotation="daily")

    same = _refresh(company, company.refresh).json["refresh_token"]
    company.clock.advance(86_400)
    new = _refresh(company, company.refresh).json["refresh_token"]

    assert same == company.refresh
    assert new != company.refresh


def test_a_dead_token_used_again_may_kill_the_connection() -> None:
    """Where the realm says so, two refreshes with one token end the connection altogether."""
    company = Company(kill_on_reuse=True)
    first = _refresh(company, company.refresh)

    _refresh(company, company.refresh)

    assert _refresh(company, first.json["refresh_token"]).json["error"] == "invalid_grant"
    assert company.get("preferences").status == 401


def test_a_refresh_token_dies_unused_after_its_time() -> None:
    """Past x_refresh_token_expires_in the grant is invalid."""
    company = Company()

    company.clock.advance(8_726_400)

    assert _refresh(company, company.refresh).json["error"] == "invalid_grant"


def test_a_revoked_connection_is_over() -> None:
    """Revoking one token ends the connection; an unknown token is refused."""
    company = Company()

    assert _revoke(company, "unknown").status == 400
    assert _revoke(company, company.refresh).status == 200
    assert company.get("preferences").status == 401
    assert _refresh(company, company.refresh).json["error"] == "invalid_grant"


@pytest.mark.parametrize(("revoke_ends", "status"), [("consent", 200), ("connection", 400)])
def test_revoking_ends_one_consent_or_all_of_the_company(revoke_ends: str, status: int) -> None:
    """Whichever the realm is set to: what Intuit does is not documented. Other realms' stay."""
    company = Company(revoke_ends=revoke_ends)
    _, another = company.connect(company.realm_id)
    _, elsewhere = company.connect(company.simulator.add_realm({"revoke_ends": revoke_ends}))

    _revoke(company, company.refresh)

    assert _refresh(company, another).status == status
    assert _refresh(company, elsewhere).status == 200


def _revoke(company: Company, token: str) -> Reply:
    body = json.dumps({"token": token}).encode()
    headers = {"authorization": BASIC, "content-type": "application/json"}
    return company.send(Request("POST", "/v2/oauth2/tokens/revoke", headers, body))


def test_the_control_interface_can_disconnect_and_expire() -> None:
    """What a user or time would do can be done at once, for tests."""
    company = Company()

    company.control("POST", f"realms/{company.realm_id}/expire")
    expired = company.get("preferences").status
    refreshed = _refresh(company, company.refresh)
    company.control("POST", f"realms/{company.realm_id}/disconnect")

    assert (expired, refreshed.status) == (401, 200)
    assert _refresh(company, refreshed.json["refresh_token"]).json["error"] == "invalid_grant"


def test_a_configured_client_is_the_only_one_let_in() -> None:
    """With a client configured, a wrong secret is an invalid client; none at all is too."""
    simulator = Simulator(client=Client("app", "other"))
    form = urlencode({"grant_type": "refresh_token", "refresh_token": "x"}).encode()

    def ask(headers: dict[str, str]) -> Reply:
        return Reply(simulator.handle(Request("POST", "/oauth2/v1/tokens/bearer", headers, form)))

    assert ask({"authorization": BASIC}).json["error"] == "invalid_client"
    assert ask({"authorization": "Basic !"}).status == 401
    assert ask({}).status == 401


def test_a_refresh_token_belongs_to_its_client() -> None:
    """Another app cannot use it."""
    company = Company()
    other = "Basic " + base64.b64encode(b"thief:secret").decode()
    body = urlencode({"grant_type": "refresh_token", "refresh_token": company.refresh}).encode()
    headers = {"authorization": other, "content-type": FORM}

    reply = company.send(Request("POST", "/oauth2/v1/tokens/bearer", headers, body))

    assert reply.json["error"] == "invalid_grant"


def _consent(company: Company, **extra: str) -> dict[str, list[str]]:
    """Answer the consent page; gives what the redirect carries."""
    form = {"client_id": "app", "redirect_uri": BACK, "state": "s&1", **extra}
    body = urlencode(form).encode()
    reply = company.send(Request("POST", "/connect/oauth2", {"content-type": FORM}, body))
    assert reply.status == 302
    location = dict(reply.response.headers)["Location"]
    assert location.startswith(BACK)
    return parse_qs(urlsplit(location).query)


def test_consent_redirects_with_code_state_and_realm() -> None:
    """The page lists the companies; connecting sends the user back with what the app needs."""
    company = Company(company_name="Ex & Co")
    asked = {
        "client_id": "app<script>",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "state": "s&1",
    }

    page = company.send(Request("GET", f"/connect/oauth2?{urlencode(asked)}"))
    back = _consent(company, realm_id=company.realm_id)
    reply = company.ask_tokens(
        grant_type="authorization_code", code=back["code"][0], redirect_uri=BACK
    )

    assert b"Ex &amp; Co" in page.response.body
    assert b"<script>" not in page.response.body
    assert (back["state"], back["realmId"]) == (["s&1"], [company.realm_id])
    assert reply.status == 200


def test_declining_consent_says_so() -> None:
    """The redirect carries access_denied and the state, no code."""
    company = Company()

    back = _consent(company, decision="cancel")

    assert back == {"error": ["access_denied"], "state": ["s&1"]}


@pytest.mark.parametrize(("verifier", "status"), [("v" * 43, 200), ("w" * 43, 400), ("", 400)])
def test_a_challenge_asks_for_its_verifier(verifier: str, status: int) -> None:
    """PKCE is checked when the authorization carried a challenge."""
    company = Company()
    digest = hashlib.sha256(b"v" * 43).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    back = _consent(
        company,
        realm_id=company.realm_id,
        code_challenge=challenge,
        code_challenge_method="S256",
    )

    reply = company.ask_tokens(
        grant_type="authorization_code",
        code=back["code"][0],
        redirect_uri=BACK,
        code_verifier=verifier,
    )

    assert reply.status == status


def test_a_code_is_bound_to_its_redirect_and_its_time() -> None:
    """Another redirect_uri, or ten minutes later, is an invalid grant."""
    company = Company()
    elsewhere, late = (_consent(company, realm_id=company.realm_id)["code"][0] for _ in range(2))

    wrong = company.ask_tokens(
        grant_type="authorization_code", code=elsewhere, redirect_uri="https://example.com"
    )
    company.clock.advance(600)
    over = company.ask_tokens(grant_type="authorization_code", code=late, redirect_uri=BACK)

    assert [wrong.json["error"], over.json["error"]] == ["invalid_grant"] * 2


def test_the_discovery_document_names_this_servers_endpoints() -> None:
    """A client that follows the discovery document stays with the simulator."""
    company = Company()
    request = Request("GET", "/.well-known/openid_configuration", {"host": "127.0.0.1:8123"})

    found = company.send(request).json

    assert found["token_endpoint"] == "http://127.0.0.1:8123/oauth2/v1/tokens/bearer"
    assert found["authorization_endpoint"] == "http://127.0.0.1:8123/connect/oauth2"


def test_a_connection_ends_five_years_after_consent() -> None:
    """However often it is refreshed, the hard limit holds; the reply tells it when asked."""
    company = Company()
    token = company.refresh
    for _ in range(20):
        company.clock.advance(90 * 86_400)
        token = _refresh(company, token).json["refresh_token"]
    headers = {"authorization": BASIC, "x-include-refresh-token-hard-expires-in": "true"}
    body = urlencode({"grant_type": "refresh_token", "refresh_token": token}).encode()
    told = company.send(Request("POST", "/oauth2/v1/tokens/bearer", headers, body)).json

    company.clock.advance(25 * 86_400)

    assert told["x_refresh_token_hard_expires_in"] == 25 * 86_400
    assert _refresh(company, told["refresh_token"]).json["error"] == "invalid_grant"


def test_a_code_belongs_to_the_client_that_asked_for_it() -> None:
    """Another app cannot exchange it."""
    company = Company()
    back = _consent(company, realm_id=company.realm_id, client_id="somebody else")

    reply = company.ask_tokens(
        grant_type="authorization_code", code=back["code"][0], redirect_uri=BACK
    )

    assert reply.json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": ""},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
    ],
)
def test_a_malformed_question_gets_no_consent_page(change: dict[str, str]) -> None:
    """What cannot be answered safely is answered 400, on the page itself."""
    company = Company()
    asked = {"client_id": "app", "redirect_uri": BACK, "response_type": "code", **change}

    reply = company.send(Request("GET", f"/connect/oauth2?{urlencode(asked)}"))

    assert reply.status == 400
