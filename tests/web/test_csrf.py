"""A form counts only from the session's own page: every form, every way another site could try."""

import json
from collections.abc import Callable

import httpx
import pytest

from app.web import addresses
from tests.support.visitor import Visitor
from tests.web.routes import POSTS, SIGNED_POSTS, Way
from tests.web.world import EVERYTHING, World, record_of, shown_settings

FORM = "application/x-www-form-urlencoded"
Try = Callable[[Visitor, str, str, dict[str, str]], httpx.Response]
"""Sends as a victim, to a path, with the victim's own token, these fields."""

# Such that each route would do something, were it not refused.
FIELDS = {
    addresses.SETTINGS: {"stage": "Closed - Won", "trigger": "stages", "ceiling": "7"},
    addresses.RETRY: {"group": "failed:total_mismatch", "shown": EVERYTHING},
    addresses.SKIP: {"group": "failed:total_mismatch", "shown": EVERYTHING, "why": "because"},
    addresses.DECIDE: {"entity": "payment", "id": "y2", "answer": "by_hand"},
    addresses.RESOLVE: {"finding": "1"},
    addresses.TRANSFER: {"id": "p2"},
    addresses.LAUNCH_OTHER: {"go": "yes"},
}


def _with(headers: dict[str, str]) -> Try:
    return lambda victim, path, token, fields: victim.send(
        "POST", path, data={"csrf": token, **fields}, headers=headers
    )


def _as(content_type: str, body: Callable[[dict[str, str]], str]) -> Try:
    def send(victim: Visitor, path: str, token: str, fields: dict[str, str]) -> httpx.Response:
        cookies = "; ".join(f"{name}={value}" for name, value in victim.cookies.items())
        return victim.client.post(
            path,
            content=body({"csrf": token, **fields}),
            headers={"Content-Type": content_type, "Cookie": cookies},
        )

    return send


def _multipart(fields: dict[str, str]) -> str:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts) + "--b--\r\n"


def _plain(fields: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())


TRIES: dict[str, tuple[Try, int]] = {
    "no token": (lambda v, path, _, fields: v.send("POST", path, data=fields), 403),
    "empty token": (
        lambda v, path, _, fields: v.send("POST", path, data=fields | {"csrf": ""}),
        403,
    ),
    "token cut": (
        lambda v, path, token, fields: v.send("POST", path, data=fields | {"csrf": token[:-1]}),
        403,
    ),
    "token not of text": (
        lambda v, path, token, fields: v.send(
            "POST", path, data=fields | {"csrf": "é" + token[1:]}
        ),
        403,
    ),
    "token in the address": (
        lambda v, path, token, fields: v.send("POST", f"{path}?csrf={token}", data=fields),
        403,
    ),
    "token in a header": (
        lambda v, path, token, fields: v.send(
            "POST", path, data=fields, headers={"X-CSRF-Token": token, "X-CSRFToken": token}
        ),
        403,
    ),
    "token in a cookie": (
        lambda v, path, token, fields: v.send(
            "POST",
            path,
            data=fields,
            headers={
                "Cookie": "; ".join(
                    [*(f"{name}={value}" for name, value in v.cookies.items()), f"csrf={token}"]
                )
            },
        ),
        403,
    ),
    "foreign origin": (_with({"Origin": "https://evil.example"}), 403),
    "origin with our name in it": (_with({"Origin": "http://127.0.0.1.evil.example"}), 403),
    "origin of another port": (_with({"Origin": "http://127.0.0.1:1"}), 403),
    "origin null": (_with({"Origin": "null"}), 403),
    "origin empty": (_with({"Origin": ""}), 403),
    "cross-site": (_with({"Sec-Fetch-Site": "cross-site"}), 403),
    "same-site": (_with({"Sec-Fetch-Site": "same-site"}), 403),
    "as json": (_as("application/json", json.dumps), 400),
    "as multipart": (_as("multipart/form-data; boundary=b", _multipart), 400),
    "as text": (_as("text/plain", _plain), 400),
    "as xml": (_as("text/xml", _plain), 400),
}


@pytest.mark.parametrize("tried", TRIES)
def test_no_form_is_taken_that_is_not_from_the_sessions_page(furnished: World, tried: str) -> None:
    """Every POST of the page: refused, and no row of any table is changed."""
    victim = furnished.visitor()
    token, (send, status) = victim.csrf(), TRIES[tried]
    furnished.roofer.settle()
    shown = {"shown": shown_settings(victim)}
    before = furnished.photograph()

    for way in POSTS:
        fields = FIELDS.get(way.path, {}) | (shown if way.path == addresses.SETTINGS else {})
        answer = send(victim, way.path, token, fields)
        assert answer.status_code == status, (way.path, answer.text)
        assert "set-cookie" not in answer.headers

    assert furnished.photograph() == before


@pytest.mark.parametrize("way", SIGNED_POSTS, ids=lambda way: way.path)
def test_another_sessions_token_is_not_taken(furnished: World, way: Way) -> None:
    """Nor of the same person elsewhere, nor of another company, nor of a session that is over."""
    victim = furnished.visitor()
    mine, theirs = furnished.visitor(), furnished.visitor(company_id="evil", company_name="Evil")
    tokens = [mine.csrf(), theirs.csrf()]
    furnished.roofer.settle()
    before = furnished.photograph()

    for token in tokens:
        fields = {"csrf": token, **FIELDS.get(way.path, {})}
        assert victim.send("POST", way.path, data=fields).status_code == 403

    assert furnished.photograph() == before


def test_the_last_of_several_tokens_counts_and_a_wrong_one_does_not(furnished: World) -> None:
    """A name sent twice is one value, the last, for token and route alike."""
    victim = furnished.visitor()
    token = victim.csrf()

    answer = victim.send("POST", addresses.RETRY, data={"csrf": [token, "wrong"]})

    assert answer.status_code == 403


def test_the_pages_own_form_is_taken(furnished: World) -> None:
    """With what a browser tells of our own form; else the refusals above would mean nothing."""
    person = furnished.visitor()

    answer = person.send(
        "POST",
        addresses.SKIP,
        data={"csrf": person.csrf(), "entity": "invoice", "id": "i4", "why": "because"},
        headers={"Origin": furnished.office.url, "Sec-Fetch-Site": "same-origin"},
    )

    assert answer.status_code == 303, answer.text
    furnished.roofer.settle()
    assert record_of(furnished, "invoice", "i4")["state"] == "skipped"


def test_tokens_differ_and_are_no_cookie(furnished: World) -> None:
    """Each session has its own; whoever reads a page's form has not the session."""
    visitors = [furnished.visitor() for _ in range(3)]
    tokens = {each.csrf() for each in visitors}

    assert len(tokens) == 3
    assert all(len(each) == 64 for each in tokens)
    assert not tokens & {value for each in visitors for value in each.cookies.values()}
