"""Whatever is sent to whatever route: a page, never a fault of ours, always guarded.

The examples are fixed, so that one run is like another; `EXAMPLES=2000` tries as many, drawn anew.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Final
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.web import addresses
from app.web.reading import FORM_BYTES_MOST, QUERY_BYTES_MOST
from tests.web.routes import CALLBACK, WAYS
from tests.web.world import SIGNED_IN, Html, World, logged, record_of

ASKED_FOR: Final = int(os.environ.get("EXAMPLES", "0"))
FORM: Final = "application/x-www-form-urlencoded"
NAMES: Final = (
    "after", "answer", "argument", "before", "ceiling", "changed", "code", "company_id", "csrf",
    "customer_mode", "deposit_account", "done", "entity", "error", "existing_customers", "finding",
    "go", "group", "id", "income_account", "income_item", "more", "n", "on", "other_books", "realm",
    "realmId", "running_balance", "service", "service_item", "shown", "stage", "standing", "state",
    "status", "tax_code", "tax_mode", "text", "token", "trigger", "why", "why[]", "",
)  # fmt: skip
NASTY: Final = (
    "", "%00", "%ff", "%c3%28", "%ed%a0%80", "%f0%9f%99%82", "%", "%zz", "%2e%2e%2f%2e%2e%2fetc",
    "' OR 1=1 --", "'; DROP TABLE proline_qbo.records; --", "\\", "\\x00", "%5c0", "%25s%25n", "{}",
    "null", "true", "-1", "0", "1e309", "NaN", "Infinity", "9" * 30, "000001" + "9" * 5_000,
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "٣", "²", "1_000",
    "failed:", "decision:older_invoice", "answered:x", "failed:%27", "i1", "i3", "y2", "invoice",
    "payment", "contact", "project", "attention", "send", "skip", "by_hand", "link", "yes",
    "stages",
    "LTYyMTM1NTk2ODAwMDAwMDAwOjE", "OTk5OTk5OTk5OTk5OTk5OTk5OjE", "x" * 300, "x" * 9_000,
    "%0d%0aX: y", "<script>", "a%00b", "%u0041", "%EF%BF%BE", "%F4%90%80%80", "a&b=c", ";", "=",
)  # fmt: skip
value_texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=30).map(lambda text: quote(text, errors="surrogatepass")),
    st.binary(max_size=20).map(quote),
    st.integers(-(2**70), 2**70).map(str),
)
pairs = st.lists(st.tuples(st.sampled_from(NAMES), value_texts), max_size=8)
named_records = st.sampled_from([[], [("entity", "invoice"), ("id", "i3")]])
content_types = st.sampled_from(
    [FORM, f"{FORM}; charset=utf-16", f"{FORM};;;", "", "multipart/form-data", "text/plain",
     "application/json", "multipart/form-data; boundary=" + "x" * 300, "é", ";", "*/*"]
)  # fmt: skip
cookie_texts = st.one_of(
    st.just(""),
    st.sampled_from(
        [
            f"{SIGNED_IN}=",
            f"{SIGNED_IN}={'x' * 5_000}",
            f"{SIGNED_IN}=é",
            f'{SIGNED_IN}="a; b"',
            ";;;=;",
            f"{SIGNED_IN}",
            f"{SIGNED_IN}={'x' * 43}; {SIGNED_IN}-launch={'y' * 43}",
            "\x01=\x7f",
        ]
    ),
)
header_lists = st.lists(
    st.tuples(
        st.sampled_from(
            ["Origin", "Referer", "Sec-Fetch-Site", "X-Forwarded-For", "Accept", "Range",
             "If-None-Match", "Accept-Encoding", "X-Forwarded-Host", "Expect", "Content-Encoding"]
        ),
        st.one_of(st.sampled_from(["", "null", "x" * 4_000, "bytes=0-0,1-1", "é", "*", "gzip"]),
                  st.text(st.characters(min_codepoint=160, max_codepoint=255), max_size=20)),
    ),
    max_size=3,
)  # fmt: skip
ways = st.sampled_from(sorted(WAYS))
roles = st.sampled_from(["stranger", "viewer", "admin"])
odd_paths = st.one_of(
    st.text(max_size=20).map(lambda text: "/" + quote(text, errors="surrogatepass")),
    st.sampled_from(
        [
            "//",
            "/..",
            "/%2e%2e/%2e%2e",
            "/static/%00",
            "/static/" + "a/" * 500,
            "/%ff",
            "/static/%ff",
            "/integrations/quickbooks/%2e%2e/settings",
            "/static/" + "x" * 300,
            "/*",
            "/static/.",
            "/integrations/quickbooks;a=b",
            "/static/page.css/",
            "/static/page.css%00.html",
        ]
    ),
)
methods = st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "FOO"])


def budget(examples: int) -> settings:
    """Say how much is tried: the same each time, or as much as was asked for."""
    return settings(
        max_examples=ASKED_FOR or examples,
        derandomize=not ASKED_FOR,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def no_fault() -> Iterator[None]:
    """Fail where a route failed meanwhile, as the log says."""
    with logged() as log:
        yield
    assert "page.failed" not in log.getvalue(), log.getvalue()[:3_000]
    assert "Exception in ASGI" not in log.getvalue(), log.getvalue()[:3_000]


class People:
    """One of each role, who stay themselves whatever is sent."""

    def __init__(self, world: World) -> None:
        """Have them sign in."""
        self.world = world
        self._people = {
            role: world.visitor(role) for role in ("stranger", "viewer", "office", "admin")
        }
        self.tokens = {role: each.csrf() for role, each in self._people.items()}

    def send(
        self,
        role: str,
        method: str,
        target: str,
        *,
        body: bytes = b"",
        headers: list[tuple[str, str]] | None = None,
        cookie: str = "",
    ) -> httpx.Response:
        """Send what no browser would; nothing is kept of the answer's cookies."""
        person = self._people[role]
        if method == "POST" and target.partition("?")[0] == addresses.SIGN_OUT:
            person = self.world.visitor(role) if role != "stranger" else person
        mine = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
        told = [("Cookie", "; ".join(each for each in (cookie, mine) if each)), *(headers or [])]
        encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in told]
        url = httpx.URL(person.client.base_url, raw_path=target.encode("ascii", "replace"))
        return person.client.request(method, url, content=body, headers=encoded)


def is_a_page(answer: httpx.Response) -> bool:
    """Assert that it is an answer of ours, with what it says to the browser."""
    name = f"{answer.request.method} {answer.url} {answer.text[:300]}"
    assert answer.status_code < 500 or answer.status_code in {502, 503}, name
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], name
    assert answer.headers["x-content-type-options"] == "nosniff", name
    assert "strict-transport-security" in answer.headers, name
    if "text/html" in answer.headers.get("content-type", ""):
        assert Html(answer.text).inline == [], name
    where = answer.headers.get("location", "/")
    assert where.startswith(("/", "http://localhost:")), name
    return True


@pytest.fixture(scope="module")
def people(disturbed: World) -> People:
    """Give the module's people."""
    return People(disturbed)


def encoded(fields: list[tuple[str, str]]) -> str:
    """Write fields as they are, percent signs and all."""
    return "&".join(f"{quote(name)}={value}" for name, value in fields)


def test_each_nasty_value_in_each_parameter(people: People) -> None:
    """As an administrator, every name by every value, as many at once as fit: no draw is needed."""
    token = people.tokens["admin"]
    with no_fault():
        for value in NASTY:
            for path, method in WAYS:
                if method == "GET":
                    # One at a time where more are too long: every page reads its query in one way.
                    long = len(value) > QUERY_BYTES_MOST // 10
                    for query in [f"id={value}"] if long else together(value, QUERY_BYTES_MOST):
                        assert is_a_page(people.send("admin", "GET", f"{path}?{query}"))
                elif path not in {addresses.SIGN_OUT, addresses.DISCONNECT}:
                    for fields in together(value, FORM_BYTES_MOST):
                        body = f"{fields}&csrf={token}".encode("utf-8", "replace")
                        told = [("Content-Type", FORM)]
                        answer = people.send("admin", "POST", path, body=body, headers=told)
                        assert is_a_page(answer)


def together(value: str, bytes_most: int) -> Iterator[str]:
    """Give a value by every name, in as few queries as are short enough to be read."""
    names = [each for each in NAMES if each != "csrf"]
    at_once = max(1, (bytes_most - 200) // (len(value.encode()) + 20))
    for first in range(0, len(names), at_once):
        yield encoded([(name, value) for name in names[first : first + at_once]])


def test_no_query_fails_a_page(people: People) -> None:
    """Every GET route, with any parameters, cookie and headers, as anybody."""

    @budget(250)
    @given(ways, roles, pairs, cookie_texts, header_lists)
    def tried(
        way: tuple[str, str],
        role: str,
        fields: list[tuple[str, str]],
        cookie: str,
        headers: list[tuple[str, str]],
    ) -> None:
        target = f"{way[0]}?{encoded(fields)}"
        assert is_a_page(people.send(role, "GET", target, headers=headers, cookie=cookie))

    with no_fault():
        tried()


def test_no_form_fails_a_page(people: People) -> None:
    """Every POST route, with any fields and a true token: refused or done, and no fault."""

    @budget(300)
    @given(ways, st.sampled_from(["viewer", "admin"]), pairs, named_records)
    def tried(
        way: tuple[str, str], role: str, fields: list[tuple[str, str]], named: list[tuple[str, str]]
    ) -> None:
        body = encoded([*named, *fields, ("csrf", people.tokens[role])]).encode("utf-8", "replace")
        headers = [("Content-Type", FORM)]
        assert is_a_page(people.send(role, "POST", way[0], body=body, headers=headers))

    with no_fault():
        tried()


def test_no_body_fails_a_page(people: People) -> None:
    """Any bytes under any content type."""

    @budget(120)
    @given(ways, roles, st.binary(max_size=200), content_types, header_lists)
    @example((addresses.SKIP, "POST"), "admin", b"a=1&" * 20_000, FORM, [])
    @example((addresses.SKIP, "POST"), "admin", b"a&" * 600, FORM, [])
    @example((addresses.SKIP, "POST"), "admin", b"\xff=\x00", FORM, [])
    def tried(
        way: tuple[str, str],
        role: str,
        body: bytes,
        content_type: str,
        headers: list[tuple[str, str]],
    ) -> None:
        told = [("Content-Type", content_type), *headers]
        assert is_a_page(people.send(role, "POST", way[0], body=body, headers=told))

    with no_fault():
        tried()


def test_no_path_and_no_method_fails_a_page(people: People) -> None:
    """Beside the routes too: 404 or 405, and no file of ours."""

    @budget(120)
    @given(methods, odd_paths, roles)
    def tried(method: str, path: str, role: str) -> None:
        answer = people.send(role, method, path)
        assert is_a_page(answer)
        assert "def " not in answer.text

    with no_fault():
        tried()


RAW: Final = {
    "no http": b"hello\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "http 9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "no host": b"GET /integrations HTTP/1.1\r\n\r\n",
    "space in target": b"GET /a b c HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes in target": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "nul in header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
    "bad length": b"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    "minus length": b"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
    "bad chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "huge header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "zeros": b"\x00" * 64,
    "websocket": (
        b"GET /integrations HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ),
    "absolute target": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "smuggled": (
        b"POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
        b"\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    ),
}


REFUSED: Final = frozenset({303, 400, 401, 403, 404, 421, 431})


def raw(world: World, sent: bytes) -> bytes:
    """Send bytes, and read what comes until the server has said all, or says nothing."""
    port = int(world.office.url.rpartition(":")[2])
    told = b""
    with socket.create_connection(("127.0.0.1", port), timeout=0.5) as wire:
        with suppress(OSError):  # it may hang up before all is sent
            wire.sendall(sent)
            wire.shutdown(socket.SHUT_WR)
        with suppress(OSError):  # it waits for the rest, or has hung up: both are answers
            while part := wire.recv(65_536):
                told += part
    return told


@pytest.mark.parametrize("kind", RAW)
def test_what_is_no_http_is_refused_by_the_server(disturbed: World, kind: str) -> None:
    """400, or a refusal of the page, or no word; never a fault; and the page goes on.

    Where a body turns out to be none after its head was taken, the server refuses it while the page
    answers, and the log has the page's answer that came too late.
    """
    with no_fault() if kind != "bad chunk" else nullcontext():
        answer = raw(disturbed, RAW[kind])

    assert answer == b"" or int(answer.split()[1]) in REFUSED
    assert b"Traceback" not in answer
    assert disturbed.stranger().get(addresses.HEALTH).status_code == 200


def test_a_form_that_never_ends_is_cut_off(disturbed: World) -> None:
    """Sent in pieces without a length: refused once it is too large, not kept."""
    head = (
        "POST /integrations/quickbooks/attention/skip HTTP/1.1\r\n"
        f"Host: {disturbed.office.url.partition('//')[2]}\r\n"
        f"Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    piece = b"1000\r\n" + b"a" * 4096 + b"\r\n"

    answer = raw(disturbed, head + piece * 40)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"too large" in answer


def test_the_fuzzer_reaches_what_it_tries(people: People) -> None:
    """Its forms have a token that counts: a true one skips a record."""
    fields = [("entity", "invoice"), ("id", "i1"), ("why", "x"), ("csrf", people.tokens["admin"])]

    answer = people.send(
        "admin",
        "POST",
        addresses.RETRY,
        body=encoded(fields).encode(),
        headers=[("Content-Type", FORM)],
    )

    assert answer.status_code == 409
    assert people.send("admin", "GET", CALLBACK).status_code in {409, 429}
    assert record_of(people.world, "invoice", "i1")["state"] == "done"
