"""Nobody gets at another company's books: its ids in every address and form open nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from app.web import addresses
from records.cursors import Cursor
from tests.support.roofer import COMPANY
from tests.support.visitor import Visitor
from tests.web.routes import CALLBACK, GETS, POSTS
from tests.web.world import EVERYTHING, World, furnish, shown_settings

VICTIM = "victim-company"
WORD = "Zanzibar"
"""Stands in every text of the other company, and in none of ours."""


@dataclass
class Two:
    """An attacker's company and a victim's, each with some of everything."""

    world: World
    attacker: Visitor
    victim: Visitor
    realm: str
    secrets: list[str] = field(default_factory=list)

    def of_victim(self, statement: str) -> Any:  # noqa: ANN401  # a column of a row
        """Ask for a value of the victim's."""
        return self.world.one(statement, VICTIM)

    def photograph(self) -> dict[str, str]:
        """Give a digest of every table, but for what coming and calling writes."""
        return self.world.photograph(but=frozenset({"sessions", "launches", "calls", "limiters"}))


@pytest.fixture(scope="module")
def two(furnished: World) -> Two:
    """Give them; the victim's records have ids and numbers of their own, and ours as well."""
    victim = furnished.roofer.another(
        VICTIM, books={"company_name": f"{WORD} Books", "country": "US"}
    )
    furnish(victim, f"{WORD} ")
    for each in ("v7", "v8"):
        victim.invoice(each, total="7373.73", number=f"{WORD}-{each}")
    victim.contact("cv", number="7474", display_name=f"{WORD} Jones")
    victim.invoice("vf", total="7575.75", number=f"{WORD}-f", lines=[]).settle()
    attacker = furnished.visitor()
    there = furnished.visitor(company_id=VICTIM, company_name=f"{WORD} Roofing")
    chosen = {"trigger": "stages", "stage": f"{WORD} stage", "ceiling": "73"}
    there.post(addresses.SETTINGS, shown=shown_settings(there), **chosen)
    furnished.roofer.settle()
    realm = victim.realm.settings.realm_id
    return Two(furnished, attacker, there, realm, [WORD, "7373.73", "7,373.73", "7474", realm[-4:]])


def ids_of_the_victim(two: Two) -> Iterator[tuple[str, str]]:
    """Give what names something of the victim's, by the parameter that would take it."""
    records = two.world.rows(
        "SELECT * FROM proline_qbo.records WHERE company_id = %s ORDER BY pk", VICTIM
    )
    assert len(records) > 8
    for each in records:
        yield "id", each["record_id"]
        yield "id", str(each["pk"])
        yield "after", Cursor(each["since"], each["pk"]).encode()
        yield "after", str(each["pk"])
    for each in two.world.rows("SELECT * FROM proline_qbo.findings WHERE company_id = %s", VICTIM):
        yield "finding", str(each["id"])
        yield "after", str(each["id"] - 1)
    for each in two.world.rows("SELECT * FROM proline_qbo.audit WHERE company_id = %s", VICTIM):
        yield "before", str(each["id"] + 1)
    for name in ("realm", "realmId", "company", "company_id", "other_books"):
        yield name, two.realm
        yield name, VICTIM
    yield "text", WORD
    yield "text", f"{WORD}-v7"
    yield "text", "7474"
    yield "group", "failed:lines_missing"
    yield "group", "decision:older_invoice"


def tells_nothing(two: Two, answer: httpx.Response, *sent: str) -> bool:
    """Assert that nothing of the victim's is in an answer but what was sent oneself."""
    text = answer.text + str(answer.headers)
    for each in sent:
        text = text.replace(each, "")
    for each in two.secrets:
        assert each not in text, (answer.url, each)
    return True


def test_the_secrets_are_what_the_victim_sees(two: Two) -> None:
    """Else the tests below would look for nothing."""
    pages = [way.path for way in GETS if way.right is not None and not way.acts]
    seen = "".join(two.victim.get(path).text for path in pages)

    assert [each for each in two.secrets if each not in seen] == []


def test_no_page_tells_of_another_company(two: Two) -> None:
    """Every page and the file, as they open."""
    for way in GETS:
        assert tells_nothing(two, two.attacker.get(way.path))


def test_no_address_opens_another_companys(two: Two) -> None:
    """Each id of theirs in each parameter of each page: not found, or as if not said."""
    before = two.photograph()

    for name, value in ids_of_the_victim(two):
        for way in GETS:
            if way.path in {addresses.LAUNCH, addresses.DISCONNECTED, CALLBACK}:
                continue
            if name in {"company", "company_id", "realm", "realmId"} or name in TAKEN.get(
                way.path, ()
            ):
                query = {name: value, "entity": "invoice"} if name == "id" else {name: value}
                answer = two.attacker.client.get(
                    way.path,
                    params=query,
                    headers={"Cookie": f"{cookie_of(two.attacker)}"},
                )
                assert tells_nothing(two, answer, value), (way.path, query)

    assert two.photograph() == before


TAKEN = {
    addresses.RECORD: ("id",),
    addresses.ACTIVITY: ("after", "text"),
    addresses.ACTIVITY_CSV: ("after", "text"),
    addresses.ATTENTION: ("group", "after"),
    addresses.FINDINGS: ("after",),
    addresses.PROJECTS: ("after",),
    addresses.HISTORY: ("before",),
    addresses.CONFIRM: ("other_books",),
}


def cookie_of(visitor: Visitor) -> str:
    """Give the cookie header of a visitor."""
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def records_only_theirs(two: Two) -> list[tuple[str, str]]:
    """Name the records whose ids the attacker's company has not."""
    rows = two.world.rows(
        "SELECT entity, record_id FROM proline_qbo.records r WHERE company_id = %s AND NOT EXISTS"
        " (SELECT FROM proline_qbo.records o WHERE o.company_id = %s"
        "  AND (o.entity, o.record_id) = (r.entity, r.record_id))",
        VICTIM,
        COMPANY,
    )
    return [(row["entity"], row["record_id"]) for row in rows]


def test_another_companys_record_is_not_found(two: Two) -> None:
    """The same page as for an id that nobody has: not even that it exists is told."""
    nobodys = two.attacker.get(f"{addresses.RECORD}?entity=invoice&id=nobodys")
    theirs = records_only_theirs(two)

    assert len(theirs) >= 4
    for entity, record_id in theirs:
        answer = two.attacker.get(f"{addresses.RECORD}?entity={entity}&id={record_id}")
        assert answer.status_code == 404
        assert answer.text == nobodys.text


def test_an_id_that_both_have_is_ones_own(two: Two) -> None:
    """ProLine's ids are of a company: i1 here is not i1 there."""
    mine = two.attacker.get(f"{addresses.RECORD}?entity=contact&id=c1").text
    theirs = two.victim.get(f"{addresses.RECORD}?entity=contact&id=c1").text

    assert "Ada Example" in mine
    assert WORD not in mine
    assert f"{WORD} Ada Example" in theirs


def test_no_form_touches_another_companys_records(two: Two) -> None:
    """Retry, skip, decide, transfer, resolve, with their ids: refused, and nothing changed."""
    token = two.attacker.csrf()
    shown = two.of_victim(
        "SELECT encode(substr(sha256((d.id || ':' || d.basis)::bytea), 1, 4), 'hex')"
        " FROM proline_qbo.decisions d JOIN proline_qbo.records r ON r.pk = d.record_pk"
        " WHERE d.company_id = %s AND r.record_id = 'y2'"
    )
    finding = two.of_victim("SELECT id FROM proline_qbo.findings WHERE company_id = %s")
    two.world.roofer.settle()
    before = two.photograph()

    for entity, record_id in records_only_theirs(two):
        named = {"csrf": token, "entity": entity, "id": record_id, "why": "x", "shown": shown}
        for path in (addresses.RETRY, addresses.SKIP, addresses.TRANSFER, addresses.DECIDE):
            for answer in ("send", "skip", "by_hand"):
                sent = two.attacker.send("POST", path, data=named | {"answer": answer})
                assert sent.status_code == 409, (path, sent.text)
                assert tells_nothing(two, sent, record_id)
    for path in (addresses.RETRY, addresses.SKIP):
        named = {"group": "failed:lines_missing", "shown": EVERYTHING}
        group = {"csrf": token, "why": "x", **named}
        assert two.attacker.send("POST", path, data=group).status_code == 409
    resolved = two.attacker.send(
        "POST", addresses.RESOLVE, data={"csrf": token, "finding": str(finding)}
    )
    assert resolved.status_code == 409

    assert two.photograph() == before


def test_the_token_of_anothers_question_answers_none_of_ones_own(two: Two) -> None:
    """Both have been asked about y2: what the other was shown is not what one was shown."""
    shown = two.of_victim(
        "SELECT encode(substr(sha256((d.id || ':' || d.basis)::bytea), 1, 4), 'hex')"
        " FROM proline_qbo.decisions d JOIN proline_qbo.records r ON r.pk = d.record_pk"
        " WHERE d.company_id = %s AND r.record_id = 'y2'"
    )
    page = two.victim.get(f"{addresses.RECORD}?entity=payment&id=y2").text
    assert f'value="{shown}"' in page
    before = two.photograph()

    answer = two.attacker.send(
        "POST",
        addresses.DECIDE,
        data={
            "csrf": two.attacker.csrf(),
            "entity": "payment",
            "id": "y2",
            "answer": "by_hand",
            "shown": shown,
        },
    )

    assert answer.status_code == 409
    assert two.photograph() == before


def test_a_group_that_both_have_is_ones_own(two: Two) -> None:
    """Skipping all of a reason skips one's own."""
    count = "SELECT count(*) FROM proline_qbo.records WHERE company_id = %s AND state = 'failed'"
    before = two.of_victim(count)

    named = {"group": "failed:total_mismatch", "shown": EVERYTHING}
    two.attacker.post(addresses.SKIP, why="not ours to send", **named)
    two.world.roofer.settle()

    assert two.world.one(count, COMPANY) == 0
    assert two.of_victim(count) == before
    orders = two.world.one(
        "SELECT count(*) FROM proline_qbo.orders o JOIN proline_qbo.records r ON r.pk = o.record_pk"
        " WHERE r.company_id = %s",
        VICTIM,
    )
    assert orders == 0


def test_no_form_can_name_the_company(two: Two) -> None:
    """The session says whose page it is; what a form says of it is not read."""
    named = {"company": VICTIM, "company_id": VICTIM, "realm": two.realm, "realmId": two.realm}
    token = two.attacker.csrf()
    companies = "SELECT md5(c::text) FROM proline_qbo.companies c WHERE id = %s"
    before, mine = two.of_victim(companies), two.world.one(companies, COMPANY)

    for way in POSTS:
        if way.path in {addresses.SIGN_OUT, addresses.LAUNCH_OTHER}:
            continue
        sent = two.attacker.send(
            "POST", f"{way.path}?company_id={VICTIM}", data=named | {"csrf": token}
        )
        assert tells_nothing(two, sent, VICTIM, two.realm), way.path

    assert two.of_victim(companies) == before
    assert two.world.one(companies, COMPANY) != mine  # the attacker's own was disconnected
    assert (
        two.of_victim("SELECT connection FROM proline_qbo.companies WHERE id = %s") == "connected"
    )


def test_anothers_consent_cannot_be_taken_over(two: Two) -> None:
    """A state of the victim's session, in the attacker's: refused; the victim goes on."""
    furnished = two.world
    third = furnished.visitor(company_id="third", company_name=f"{WORD} Third")
    sent = third.send("POST", addresses.CONNECT, data={"csrf": third.csrf()})
    back = furnished.consent(sent.headers["location"])

    answer = two.attacker.get(back)

    assert answer.status_code == 409
    assert tells_nothing(two, answer)
    assert two.attacker.get(addresses.CONFIRM).url.path == addresses.QUICKBOOKS
    assert third.get(back).url.path == addresses.CONFIRM
    realm = furnished.roofer.realm.settings.realm_id
    taken = two.attacker.send(
        "POST", addresses.CONFIRM, data={"csrf": two.attacker.csrf(), "realm": realm}
    )
    assert taken.status_code == 409
