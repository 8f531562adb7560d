"""Who comes in through ProLine's link, once; what the cookie is; what an attacker's link can do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.web import addresses
from tests.support.launching import LEFT_OUT, ProlineSigner
from tests.support.roofer import COMPANY
from tests.web.world import LAUNCHED, SIGNED_IN, Html, World, csrf_of, logged

OTHER = "evil-roofing"


def sessions(world: World, company_id: str = COMPANY) -> int:
    """Count the sessions of a company."""
    found = world.one("SELECT count(*) FROM proline_qbo.sessions WHERE company_id = %s", company_id)
    return int(found)


def set_cookies(world: World, link: str) -> list[str]:
    """Follow a link as a stranger, and give the cookies it sets."""
    answer = world.stranger().send("GET", link)
    return answer.headers.get_list("set-cookie")


def test_a_link_opens_the_page_once(world: World) -> None:
    """The first use signs in; the second is refused with a sentence, and opens no session."""
    link = world.office.link()
    first, second = world.stranger(), world.stranger()

    assert first.get(link).status_code == 200
    before = sessions(world)
    answer = second.get(link)

    assert answer.status_code == 403
    assert "opened the page already" in Html(answer.text).text
    assert second.cookies == {}
    assert sessions(world) == before


def test_of_two_uses_at_once_one_opens_the_page(world: World) -> None:
    """The launch's row decides, not what was read before."""
    link = world.office.link()
    visitors = [world.stranger() for _ in range(8)]
    before = sessions(world)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda each: each.send("GET", link).status_code, visitors))

    assert sorted(answers) == [303, *[403] * 7]
    assert sessions(world) == before + 1


@pytest.mark.parametrize(
    "bend",
    [
        {"aud": "another-app"},
        {"aud": LEFT_OUT},
        {"iss": "somebody"},
        {"jti": LEFT_OUT},
        {"role": "owner"},
        {"company_id": ""},
        {"exp": 4_000_000_000},
    ],
    ids=["aud", "no-aud", "iss", "no-jti", "role", "company", "life"],
)
def test_a_link_that_says_something_else_opens_nothing(
    world: World, bend: dict[str, object]
) -> None:
    """Each claim counts; what is wrong is told in a sentence, and no cookie is set."""
    visitor = world.stranger()

    answer = visitor.get(world.office.link(**bend))

    assert answer.status_code == 403
    assert visitor.cookies == {}
    assert visitor.get(addresses.QUICKBOOKS).status_code == 401


def test_a_stale_link_opens_nothing(world: World) -> None:
    """Ten minutes later a link is somebody else's."""
    token = world.office.signer.token(
        company_id=COMPANY, now=datetime.now(UTC) - timedelta(minutes=10)
    )

    answer = world.stranger().get(f"/launch?token={token}")

    assert answer.status_code == 403
    assert "expired" in answer.text


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_a_link_signed_with_another_key_opens_nothing(world: World, algorithm: str) -> None:
    """A key of the same id and any algorithm is not ProLine's."""
    foreign = ProlineSigner(algorithm, kid=world.office.signer.kid)

    answer = world.stranger().get(f"/launch?token={foreign.token(company_id=COMPANY)}")

    assert answer.status_code == 403


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "ES384"])
def test_a_token_cannot_choose_how_little_is_checked(world: World, alg: str) -> None:
    """Whatever algorithm the header names, only ProLine's key with its own algorithm opens."""
    token = world.office.signer.token(company_id=COMPANY, header={"alg": alg})
    bare = token.rpartition(".")[0] + "."

    for each in (token, bare):
        assert world.stranger().get(f"/launch?token={each}").status_code == 403


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "%00", "%ff", "..", "🙂", "a" * 8_000])
def test_what_is_no_token_is_refused_with_a_page(world: World, token: str) -> None:
    """Whoever opens the address by hand reads what to do."""
    answer = world.stranger().get(f"/launch?token={token}")

    assert answer.status_code in {400, 403}
    assert "ProLine" in answer.text


def test_the_token_leaves_the_address_and_is_nowhere_after(world: World) -> None:
    """303 to a clean address, no referrer, no cache; not in a page, a row or a log."""
    visitor, link = world.stranger(), world.office.link()
    token = link.partition("token=")[2]

    with logged() as log:
        answer = visitor.send("GET", link)
        pages = [visitor.get(each).text for each in (addresses.QUICKBOOKS, addresses.HISTORY)]
        refused = world.stranger().get(link)

    assert answer.status_code == 303
    assert answer.headers["location"] == addresses.QUICKBOOKS
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == b""
    session = visitor.cookies[SIGNED_IN]
    for text in (*pages, refused.text, log.getvalue(), world.dump()):
        assert token not in text
        assert token.rpartition(".")[2] not in text
        assert session not in text


def test_the_cookie_is_bound_to_this_host_and_kept_from_scripts(world: World) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/, no Domain, and ends with the browser."""
    (cookie,) = set_cookies(world, world.office.link())

    name, *attributes = cookie.split("; ")

    assert name.startswith(f"{SIGNED_IN}=")
    assert len(name.partition("=")[2]) >= 43
    assert {each.lower() for each in attributes} == {"secure", "httponly", "samesite=lax", "path=/"}


def test_opening_or_renaming_a_company_is_noted(world: World) -> None:
    """Who it was, once for each change; a link that is refused renames nothing."""
    link = world.office.link(company_id="new-roofing", company_name="New Roofing")
    world.stranger().get(link)
    for name in ("New Roofing", "", "Newer Roofing", "Newer Roofing"):
        world.stranger().get(world.office.link(company_id="new-roofing", company_name=name))
    refused = world.stranger().get(link)

    noted = world.rows(
        "SELECT user_id, user_name, via, action, before, after FROM proline_qbo.audit"
        " WHERE company_id = 'new-roofing' ORDER BY id"
    )

    assert refused.status_code == 403
    jane = {"user_id": "user-1", "user_name": "Jane Example", "via": "page"}
    opened, renamed = {"name": "New Roofing"}, {"name": "Newer Roofing"}
    assert noted == [
        {**jane, "action": "company.open", "before": None, "after": opened},
        {**jane, "action": "company.open", "before": opened, "after": renamed},
    ]


def test_looking_at_a_link_does_not_use_it_up(world: World) -> None:
    """Programs that look at links in chats and mails ask with HEAD."""
    link = world.office.link()

    looked = world.stranger().send("HEAD", link)

    assert looked.status_code == 405
    assert "set-cookie" not in looked.headers
    assert world.stranger().get(link).status_code == 200


def test_an_attackers_link_asks_first_and_declining_keeps_the_victim_theirs(world: World) -> None:
    """Whoever follows a link that somebody else made sees both companies, and loses nothing."""
    victim = world.visitor(company_name="Acme Roofing")
    mine = dict(victim.cookies)

    asked = victim.get(world.office.link(company_id=OTHER, company_name="Evil Roofing"))

    page = Html(asked.text)
    assert asked.url.path == addresses.LAUNCH_OTHER
    assert "Evil Roofing" in page.text
    assert "Acme Roofing" in page.text
    assert victim.cookies[SIGNED_IN] == mine[SIGNED_IN]
    assert "Acme Roofing" in victim.get(addresses.INTEGRATIONS).text

    victim.send("POST", addresses.LAUNCH_OTHER, data={"csrf": csrf_of(asked), "go": "no"})

    assert victim.cookies == mine
    assert sessions(world, OTHER) == 0
    assert "Acme Roofing" in victim.get(addresses.INTEGRATIONS).text
    assert "You stayed" in victim.get(f"{addresses.QUICKBOOKS}?done=stayed").text


def test_going_over_ends_the_former_session(world: World) -> None:
    """Who means the other company has one session, and the old cookie opens nothing."""
    person = world.visitor()
    former = person.cookies[SIGNED_IN]
    asked = person.get(world.office.link(company_id=OTHER, company_name="Evil Roofing"))

    person.send("POST", addresses.LAUNCH_OTHER, data={"csrf": csrf_of(asked), "go": "yes"})

    assert person.cookies.keys() == {SIGNED_IN}
    assert person.cookies[SIGNED_IN] != former
    assert "Evil Roofing" in person.get(addresses.INTEGRATIONS).text
    old = world.stranger()
    old.cookies[SIGNED_IN] = former
    assert old.get(addresses.QUICKBOOKS).status_code == 401


def test_a_launch_that_was_not_confirmed_opens_no_page(world: World) -> None:
    """Its cookie, even under the other name, is no session until the person has said so."""
    victim = world.visitor()
    victim.get(world.office.link(company_id=OTHER, company_name="Evil Roofing"))

    thief = world.stranger()
    thief.cookies[SIGNED_IN] = victim.cookies[LAUNCHED]

    assert thief.get(addresses.QUICKBOOKS).status_code == 401
    assert thief.send("POST", addresses.DISABLE, data={"csrf": "x"}).status_code == 401


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_another_site_cannot_confirm_the_other_company(
    world: World, headers: dict[str, str]
) -> None:
    """The question is a form like any other: by its token and by where it came from."""
    victim = world.visitor()
    asked = victim.get(world.office.link(company_id=OTHER, company_name="Evil Roofing"))
    going = {"go": "yes"}

    answers = [
        victim.send("POST", addresses.LAUNCH_OTHER, data=going),
        victim.send("POST", addresses.LAUNCH_OTHER, data=going | {"csrf": victim.csrf()}),
        victim.send(
            "POST",
            addresses.LAUNCH_OTHER,
            data=going | {"csrf": csrf_of(asked)},
            headers=headers,
        ),
    ]

    assert [each.status_code for each in answers] == [403, 403, 403]
    assert "Acme Roofing" in victim.get(addresses.INTEGRATIONS).text


def test_a_victim_without_a_session_sees_whose_page_it_is(world: World) -> None:
    """Nothing of theirs is there to be confused with; the page names company and person."""
    victim = world.stranger()

    page = victim.get(
        world.office.link(company_id=OTHER, company_name="Evil Roofing", user_name="Eve Example")
    )

    assert "Eve Example" in page.text
    assert "Evil Roofing" in victim.get(addresses.INTEGRATIONS).text


def test_another_user_of_the_same_company_takes_the_browser_over(world: World) -> None:
    """No question: it is the same company. The former user's session is over."""
    browser = world.visitor(user_id="u-1", user_name="Jane Example")
    former = browser.cookies[SIGNED_IN]

    page = browser.get(world.office.link(role="viewer", user_id="u-2", user_name="Joe Example"))

    assert "Joe Example" in page.text
    assert "Jane Example" not in page.text
    old = world.stranger()
    old.cookies[SIGNED_IN] = former
    assert old.get(addresses.QUICKBOOKS).status_code == 401


def test_a_session_cannot_be_fixed_beforehand(world: World) -> None:
    """A cookie that was there before a launch is neither taken over nor good afterwards."""
    browser = world.stranger()
    browser.cookies[SIGNED_IN] = "planted-by-somebody-else-0123456789abcdefghi"

    browser.get(world.office.link())

    assert browser.cookies[SIGNED_IN] != "planted-by-somebody-else-0123456789abcdefghi"
    thief = world.stranger()
    thief.cookies[SIGNED_IN] = "planted-by-somebody-else-0123456789abcdefghi"
    assert thief.get(addresses.QUICKBOOKS).status_code == 401


@pytest.mark.parametrize("forged", ["", "x", "x" * 43, "x" * 4_000, "é", "a b", '"a"', "%00"])
def test_a_forged_cookie_is_nobody(world: World, forged: str) -> None:
    """Whatever it holds, whoever sends it is asked to come from ProLine."""
    header = f"{SIGNED_IN}={forged}".encode()

    answer = world.stranger().client.get(addresses.QUICKBOOKS, headers={b"Cookie": header})

    assert answer.status_code == 401
    assert "In ProLine choose Integrations" in answer.text


def test_signing_out_ends_the_session_itself(world: World) -> None:
    """Not the cookie alone: a copy of it opens nothing either."""
    person = world.visitor()
    copy = world.stranger()
    copy.cookies |= person.cookies

    answer = person.post(addresses.SIGN_OUT)

    assert "Signed out" in answer.text
    assert person.cookies == {}
    assert copy.get(addresses.QUICKBOOKS).status_code == 401


def test_a_launch_without_a_name_keeps_the_name_that_is_known(world: World) -> None:
    """ProLine may leave it out; the company is called as before."""
    world.visitor(company_id="named", company_name="Named Roofing")

    page = world.visitor(company_id="named", company_name=LEFT_OUT).get(addresses.INTEGRATIONS)

    assert "Named Roofing" in page.text


def test_a_session_ends_after_a_working_day(new_world: World) -> None:
    """Nothing lengthens it; then its page, its forms and its cookie open nothing."""
    person = new_world.visitor()
    token = person.csrf()
    new_world.clock.advance(8 * 3_600 - 60)
    assert person.get(addresses.QUICKBOOKS).status_code == 200

    new_world.clock.advance(61)

    assert person.get(addresses.QUICKBOOKS).status_code == 401
    assert person.send("POST", addresses.SIGN_OUT, data={"csrf": token}).status_code == 401


@pytest.mark.parametrize("path", [addresses.LAUNCH, "/callback"])
def test_one_address_may_try_only_so_often(new_world: World, path: str) -> None:
    """Thirty tries a minute by address; then 429 with Retry-After, also for a true link."""
    hasty, patient = new_world.stranger("127.9.9.9"), new_world.stranger("127.9.9.8")

    answers = [hasty.send("GET", path) for _ in range(31)]

    assert [each.status_code for each in answers[:30]] == [answers[0].status_code] * 30
    assert answers[0].status_code in {401, 403}
    assert answers[30].status_code == 429
    assert 0 < int(answers[30].headers["retry-after"]) <= 60
    assert hasty.send("GET", new_world.office.link()).status_code == 429
    assert patient.get(new_world.office.link()).status_code == 200


def test_an_address_cannot_call_itself_another(new_world: World) -> None:
    """No proxy is trusted unless it is named: X-Forwarded-For counts for nothing."""
    hasty = new_world.stranger("127.9.9.7")

    answers = [
        hasty.send("GET", addresses.LAUNCH, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for number in range(31)
    ]

    assert answers[-1].status_code == 429
