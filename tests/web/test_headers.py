"""What every answer says to the browser: all routes, all errors; and nothing leads outside."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from app.web import addresses, history
from tests.support.visitor import Visitor
from tests.web.routes import CALLBACK, GETS, POSTS, STATIC, WAYS
from tests.web.world import Html, World, logged, shown_settings

ALWAYS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# What follows an address somewhere, in the words of many frameworks.
LEADING = ("next", "url", "to", "return", "redirect", "redirect_uri", "return_to", "continue", "go")
OUTSIDE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "javascript:alert(1)",
)
SPLIT = "%0d%0aX-Evil:%201%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a<b>evil</b>"


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    """Read an answer's Content Security Policy: each directive with its sources."""
    parts = (part.split() for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in parts}


def is_guarded(answer: httpx.Response, *, static: bool = False) -> bool:
    """Assert what every answer says."""
    name = f"{answer.request.method} {answer.url} {answer.status_code}"
    for header, value in ALWAYS.items():
        assert answer.headers.get_list(header) == [value], name
    policy = policy_of(answer)
    assert len(answer.headers.get_list("content-security-policy")) == 1, name
    assert policy["default-src"] == ["'none'"], name
    assert policy["frame-ancestors"] == ["'none'"], name
    assert policy["base-uri"] == ["'none'"], name
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == ["'self'"], name
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:"} & {
        each for sources in policy.values() for each in sources
    }
    assert answer.headers["strict-transport-security"] == "max-age=31536000", name
    assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}, name
    assert (answer.headers.get("cache-control") == "no-store") != static, name
    assert "server" not in answer.headers
    return True


@pytest.mark.parametrize("role", ["stranger", "admin"])
def test_every_answer_is_guarded(furnished: World, role: str) -> None:
    """Pages, redirects and refusals, of every route by GET, HEAD and POST."""
    visitor = furnished.visitor(role)

    answers = [visitor.send("GET", way.path) for way in GETS]
    answers += [visitor.send("HEAD", way.path) for way in GETS]
    answers += [visitor.send("POST", way.path, data={}) for way in POSTS]
    answers += [visitor.send("POST", way.path, headers={"Content-Type": "x"}) for way in POSTS]

    assert len(answers) > 70
    assert all(is_guarded(each) for each in answers)


def test_errors_are_guarded_too(furnished: World) -> None:
    """404, 405, 421, 429, too large, unreadable."""
    admin = furnished.visitor()
    hasty = furnished.stranger()

    answers = {
        404: admin.send("GET", "/nothing"),
        405: admin.send("DELETE", addresses.QUICKBOOKS),
        421: admin.send("GET", addresses.QUICKBOOKS, headers={"Host": "evil.example"}),
        400: admin.send("POST", addresses.SKIP, data={"csrf": "x" * 70_000}),
        429: [hasty.send("GET", addresses.LAUNCH) for _ in range(31)][-1],
    }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert is_guarded(answer)


def test_a_fault_of_ours_is_guarded_and_tells_nothing(
    furnished: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500: a page with a sentence; what failed is in the log, and nowhere else."""

    def failing(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a detail of ours")

    monkeypatch.setattr(history, "list_entries", failing)
    admin = furnished.visitor()

    with logged() as log:
        answer = admin.send("GET", addresses.HISTORY)

    assert answer.status_code == 500
    assert is_guarded(answer)
    assert "Something went wrong here" in answer.text
    assert "a detail of ours" not in answer.text
    assert "Traceback" not in answer.text
    assert "page.failed" in log.getvalue()
    assert "ZeroDivisionError" in log.getvalue()


@pytest.mark.parametrize("path", [STATIC, "/static/page.js", "/static/icon.svg"])
def test_files_are_guarded_and_may_be_kept(furnished: World, path: str) -> None:
    """They hold nothing of anybody, so a browser may keep them; a missing one it may not."""
    answer = furnished.stranger().send("GET", path)

    assert answer.status_code == 200
    assert is_guarded(answer, static=True)
    assert answer.headers["content-type"].split(";")[0] in {
        "text/css",
        "text/javascript",
        "application/javascript",
        "image/svg+xml",
    }


def pages(world: World) -> Iterator[httpx.Response]:
    """Give every page there is, as an administrator and as a stranger sees it."""
    admin, stranger = world.visitor(), world.stranger()
    records = [("invoice", f"i{n}") for n in (1, 2, 3)] + [("payment", "y2"), ("contact", "c1")]
    for visitor in (admin, stranger):
        for way in GETS:
            yield visitor.get(way.path)
        for entity, record_id in records:
            yield visitor.get(f"{addresses.RECORD}?entity={entity}&id={record_id}")
    yield admin.get(world.office.link(company_id="evil", company_name="Evil"))
    admin.send("POST", addresses.DISABLE, data={"csrf": admin.csrf()})
    for shown in ("stale", shown_settings(admin)):
        chosen = {"csrf": admin.csrf(), "shown": shown, "trigger": "stages"}
        yield admin.send("POST", addresses.SETTINGS, data=chosen)
    yield admin.send("POST", addresses.ENABLE, data={"csrf": admin.csrf()})


def test_no_page_holds_code_of_its_own(furnished: World) -> None:
    """No inline script or style, no `on…`, no `style`, no `javascript:`, nothing from elsewhere."""
    seen = 0
    for answer in pages(furnished):
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        page, seen = Html(answer.text), seen + 1
        assert page.inline == [], answer.url
        for tag, given in page.elements:
            assert tag not in {"iframe", "object", "embed", "base", "frame", "style"}, answer.url
            assert not [name for name in given if name.startswith("on") or name == "style"]
            assert "formaction" not in given
            for name in ("href", "src", "action"):
                where = given.get(name) or ""
                assert where.startswith(("/", "#", "mailto:")) or where == "", (tag, where)
                assert not where.startswith(("//", "/\\")), (tag, where)
            if tag == "meta":
                assert "http-equiv" not in given
    assert seen > 30


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", "localhost", "", "é"],
)
def test_another_name_is_not_answered(furnished: World, host: str) -> None:
    """421 for every route of the page: no link of ours is ever written for another host."""
    admin = furnished.visitor()
    cookie = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())

    for way in WAYS.values():
        if way.path in {"/", addresses.HEALTH}:
            continue  # one says nothing, the other leads within
        headers = {"Host": host.encode(), "Cookie": cookie.encode()}
        answer = admin.client.request(way.method, way.path, headers=headers)  # type: ignore[arg-type]
        assert answer.status_code in {400, 421, 429}, way.name
        assert "evil" not in answer.headers.get("location", "")


@dataclass(frozen=True)
class Sent:
    """A request that tries to lead somewhere, with its answer."""

    answer: httpx.Response
    tried: str


def led(visitor: Visitor, url: str, query: str, headers: dict[str, str]) -> Iterator[Sent]:
    """Open every address with a query and headers of somebody's choice."""
    for way in GETS:
        answer = visitor.send("GET", f"{way.path}?{query}", headers=headers)
        yield Sent(answer, f"{way.path}?{query} {headers}")
    for path in (
        f"//{url}",
        f"//{url}/..",
        f"/%2f{url}",
        f"/\\{url}",
        f"/integrations//{url}",
        f"/static//{url}",
    ):
        yield Sent(
            visitor.client.send(
                visitor.client.build_request(
                    "GET", httpx.URL(visitor.client.base_url, raw_path=path.encode())
                )
            ),
            path,
        )


@pytest.mark.parametrize("outside", OUTSIDE)
def test_nothing_leads_outside(furnished: World, outside: str) -> None:
    """No parameter and no header: a redirect stays on this site, but for Connect itself."""
    admin = furnished.visitor()
    query = "&".join(f"{name}={outside}" for name in (*LEADING, "done", "state", "error", "after"))
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "//evil.example",
        "X-Rewrite-URL": "//evil.example",
        "Referer": "https://evil.example/",
    }

    sent = [*led(admin, "evil.example", query, {}), *led(admin, "evil.example", "", headers)]

    for each in sent:
        where = urlsplit(each.answer.headers.get("location", "/"))
        assert (where.scheme, where.netloc) == ("", ""), each.tried
        assert where.path.startswith("/"), each.tried
        assert not where.path.startswith(("//", "/\\")), each.tried


def test_no_line_end_becomes_a_header(furnished: World) -> None:
    """CR LF in every parameter and every field: no header, no cookie, no body of theirs."""
    admin = furnished.visitor()
    names: tuple[str, ...] = (
        *LEADING,
        "done",
        "n",
        "state",
        "error",
        "code",
        "realmId",
        "token",
        "after",
        "group",
    )
    names += (
        "entity",
        "id",
        "text",
        "standing",
        "before",
        "csrf",
        "finding",
        "why",
        "answer",
        "on",
    )
    query = "&".join(f"{name}={SPLIT}" for name in names)
    token = admin.csrf()

    answers = [admin.send("GET", f"{way.path}?{query}") for way in GETS]
    for way in POSTS:
        if way.path in {addresses.DISCONNECT, addresses.SIGN_OUT, addresses.DISABLE}:
            continue
        body = f"csrf={token}&{query.replace('csrf=', 'x=')}"
        cookies = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())
        told = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
        answers.append(admin.client.post(f"{way.path}?{query}", content=body, headers=told))

    for answer in answers:
        assert "x-evil" not in answer.headers, answer.url
        assert "evil=1" not in str(answer.headers.get_list("set-cookie"))
        assert "<b>evil" not in answer.text
        assert is_guarded(answer)


def test_a_form_may_end_only_here_or_at_quickbooks(furnished: World) -> None:
    """`form-action` names this site and the consent page's, and no other."""
    answer = furnished.visitor().get(addresses.QUICKBOOKS)

    assert policy_of(answer)["form-action"] == [
        "'self'",
        f"http://localhost:{furnished.roofer.port}",
    ]


def test_a_callback_is_not_told_to_others(furnished: World) -> None:
    """What its address holds goes nowhere: not kept, and to no other site."""
    answer = furnished.visitor().send("GET", f"{CALLBACK}?state=x&code=y&realmId=1")

    assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}
    assert answer.headers["cache-control"] == "no-store"


def test_health_says_no_more_than_that(furnished: World) -> None:
    """It is asked for by machines without a sign-in, under whatever name they know."""
    port = int(furnished.office.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(b"GET /health HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: wire.recv(4096), b"")).decode()

    assert answer.startswith("HTTP/1.1 200")
    assert answer.endswith("\r\n\r\nok\n")
