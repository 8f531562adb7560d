"""The Integrations page as a newcomer tries it: started by one command, opened, set up, pressed."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from demo.looking.ports import free_port
from demo.looking.quickbooks import OUTAGE_SECONDS, LittleQuickBooks
from qbo_simulator.wire import Request
from tests.support.roofer import until
from tests.support.visitor import Visitor

ROOT = Path(__file__).parents[2]
SCRIPT = "import sys; from app.cli import main; sys.argv[0] = 'proline-qbo'; main()"
LIMIT_SECONDS = 60
QUICKBOOKS = "/integrations/quickbooks"
WON = "Closed - Won"
TAGS = re.compile(r"<[^>]+>")


@dataclass
class Looked:
    """A page that is up, and where it and the little ProLine are."""

    process: subprocess.Popen[str]
    proline: httpx.Client
    page_url: str
    temporary: Path
    closing: ExitStack

    def stranger(self) -> Visitor:
        """Give somebody who is not signed in."""
        client = httpx.Client(base_url=self.page_url, timeout=30)
        return Visitor(self.closing.enter_context(client))

    def launch_link(self, word: str) -> str:
        """Click the menu as somebody; give where it leads."""
        led = self.proline.get(QUICKBOOKS, params={"as": word})
        assert led.status_code == 303
        return led.headers["location"]

    def visitor(self, word: str = "jane") -> Visitor:
        """Follow the menu to the page."""
        visitor = self.stranger()
        assert visitor.get(self.launch_link(word)).status_code == 200
        return visitor

    def press(self, word: str) -> str:
        """Press a button of the little ProLine; give the line it says."""
        pressed = self.proline.post(f"/press/{word}", headers={"Origin": self.url})
        assert pressed.status_code == 303
        shown = self.shows(pressed.headers["location"])
        said = re.search(r'<section role="status"[^>]*>\s*<p>(.*?)</p>', shown, re.DOTALL)
        assert said is not None
        return unescape(said[1])

    def shows(self, address: str = "/") -> str:
        """Open the little ProLine."""
        shown = self.proline.get(address)
        assert shown.status_code == 200
        return shown.text

    @property
    def url(self) -> str:
        """Where the little ProLine is, without its last slash."""
        return str(self.proline.base_url).rstrip("/")


@pytest.fixture
def looked() -> Generator[Looked]:
    """Start it as a shell would, with temporary files of its own, and wait until it says where."""
    with tempfile.TemporaryDirectory(prefix="look-", dir="/tmp") as folder:  # short: a socket
        temporary = Path(folder)
        temporary.chmod(0o755)  # the database server is another user where we are root
        process = subprocess.Popen(  # noqa: S603  # this Python, with the script above
            [sys.executable, "-c", SCRIPT, "demo", "--page", "--port", str(free_port(0))],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": folder},
            text=True,
        )
        try:
            proline_url, page_url = _told(process)
            with ExitStack() as closing:
                proline = closing.enter_context(httpx.Client(base_url=proline_url, timeout=30))
                yield Looked(process, proline, page_url, temporary, closing)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=LIMIT_SECONDS)


def _told(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Read what it says up to the line on how to end it."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Ctrl-C"):
            break
    opened = re.search(r"^Open (\S+)/ in ", said, re.MULTILINE)
    page = re.search(r"page at (\S+)/\.$", said, re.MULTILINE)
    assert opened is not None, said
    assert page is not None, said
    return opened[1], page[1]


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_a_newcomer_sets_it_up_wins_a_project_and_sees_the_invoice_sent(looked: Looked) -> None:
    """From ProLine's menu through QuickBooks' consent to an invoice that reads Sent.

    Ctrl-C then ends it with 0, and neither a process nor a file is left.
    """
    admin = looked.visitor()
    set_up(admin)
    assert "Integration is currently on." in text(admin.get(QUICKBOOKS))

    said = looked.press("win")

    number = re.search(r"invoice (\d+) over", said)
    assert number is not None, said
    until(lambda: f"Invoice {number[1]}" in _rows(admin, "sent"))
    assert f"<td>{number[1]}</td>" in looked.shows()
    ends_with_nothing_left(looked)


@pytest.mark.timeout(3 * LIMIT_SECONDS)
def test_every_button_does_what_it_says(looked: Looked) -> None:
    """Payments, a rename, a refusal, a change on both sides, and a disconnect reach the page."""
    admin = looked.visitor()
    assert "win a project first" in looked.press("pay")
    assert "not connected" in looked.press("disconnect")
    set_up(admin)
    looked.press("win")
    until(lambda: "Invoice 1001" in _rows(admin, "sent"))

    assert "is left." in looked.press("pay")
    assert "It is paid." in looked.press("pay")
    until(lambda: _rows(admin, "sent").count("Payment") == 2)
    assert '<td class="amount">0.00</td>' in looked.shows()

    looked.press("refused")
    until(lambda: "Invoice 1002" in _rows(admin, "attention"))
    assert "QuickBooks refuses them by a rule of its own (code 6000)" in text(
        admin.get(f"{QUICKBOOKS}/attention")
    )

    assert "(VIP)" in looked.press("change")
    assert "is called" in looked.press("rename")
    until(lambda: "Customer 1001" in _rows(admin, "attention"))
    assert "(VIP)" in text(admin.get(f"{QUICKBOOKS}/attention"))

    assert "Example Books LLC" in looked.press("disconnect")
    looked.press("win")
    until(lambda: "Reconnect" in text(admin.get(QUICKBOOKS)))


@pytest.mark.timeout(2 * LIMIT_SECONDS)
def test_each_colleague_comes_in_with_a_role_by_a_link_that_opens_once(looked: Looked) -> None:
    """Each click signs anew; no other site presses a button, or has this one answer to its name."""
    roles = {word: text(looked.visitor(word).get(QUICKBOOKS)) for word in ("jane", "max", "kim")}
    assert "Jane Example admin" in roles["jane"]
    assert "Max Example office" in roles["max"]
    assert "Kim Example viewer" in roles["kim"]

    link = looked.launch_link("jane")
    opened = [looked.stranger().get(link).status_code for _ in range(2)]
    assert opened == [200, 403]

    stranger = {"Origin": "http://elsewhere.example.com"}
    assert looked.proline.post("/press/win", headers=stranger).status_code == 403
    assert looked.proline.get("/", headers={"Host": "elsewhere.example.com"}).status_code == 400
    assert looked.proline.post("/press/nothing").status_code == 404
    assert 'role="status"' not in looked.shows()


def test_only_the_invoice_of_that_number_is_refused_and_only_once() -> None:
    """Another that comes first is taken, as is a change of it, and what nobody can read."""
    quickbooks = LittleQuickBooks()
    quickbooks.refuse_invoice("1002")

    def answered(body: str, path: str = "invoice") -> bool:
        request = Request("POST", f"/v3/company/1/{path}", {}, body.encode())
        return b"refused on request" in quickbooks.handle(request).body

    assert not answered('{"DocNumber": "1001"}')
    assert not answered('{"DocNumber": "1002", "Id": "7"}')
    assert not answered('{"DocNumber": "1002"}', "payment")
    assert not answered("1002")
    assert not answered("{")
    assert answered('{"DocNumber": "1002"}')
    assert not answered('{"DocNumber": "1002"}')


def test_quickbooks_is_down_for_a_minute_and_then_as_before() -> None:
    """Everything is refused meanwhile but the control, which is no part of QuickBooks."""
    clock = [100.0]
    quickbooks = LittleQuickBooks(lambda: clock[0])
    discovery = Request("GET", "/.well-known/openid_configuration", {"host": "localhost"})
    control = Request("GET", "/_simulator/report")
    assert quickbooks.handle(discovery).status == 200

    quickbooks.go_down()

    assert quickbooks.handle(discovery).status == 503
    assert quickbooks.handle(control).status == 200
    clock[0] += OUTAGE_SECONDS
    assert quickbooks.handle(discovery).status == 200


def set_up(admin: Visitor) -> None:
    """Choose, connect through the simulator's consent page, confirm, enable."""
    admin.post(f"{QUICKBOOKS}/settings", customer_mode="main", trigger="stages", stage=WON)
    consented = _consent(admin.send("POST", f"{QUICKBOOKS}/connect", data={"csrf": admin.csrf()}))
    asked = admin.get(consented)
    assert "Example Books LLC" in asked.text
    realm = re.search(r'name="realm" value="(\d+)"', asked.text)
    assert realm is not None
    admin.post(f"{QUICKBOOKS}/confirm", realm=realm[1])
    admin.post(f"{QUICKBOOKS}/enable")


def _consent(sent: httpx.Response) -> str:
    """Answer on QuickBooks' own page; give the address it sends the browser back to."""
    assert sent.status_code == 303, sent.text
    page = httpx.get(sent.headers["location"], timeout=30)
    chosen = re.search(r'value="(\d+)"[^>]*> Example Books LLC', page.text)
    assert chosen is not None, page.text
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    there = urljoin(sent.headers["location"], "/connect/oauth2")
    answer = {**asked, "realm_id": chosen[1], "decision": "connect"}
    return httpx.post(there, data=answer, timeout=30).headers["location"]


def text(response: httpx.Response) -> str:
    """Read a page without its tags."""
    return " ".join(unescape(TAGS.sub(" ", response.text)).split())


def _rows(visitor: Visitor, standing: str) -> str:
    """Read the rows of Activity of one standing."""
    shown = visitor.get(f"{QUICKBOOKS}/activity?standing={standing}").text
    rows = re.findall(r"<tr>.*?</tr>", shown, re.DOTALL)
    return " ".join(unescape(TAGS.sub(" ", " ".join(rows[1:]))).split())


def ends_with_nothing_left(looked: Looked) -> None:
    """Interrupt it as Ctrl-C does; see that it ends well and clears away."""
    assert [each.name for each in looked.temporary.iterdir()] != []
    assert running(lambda command: str(looked.temporary) in command) != []

    looked.process.send_signal(signal.SIGINT)
    said, _ = looked.process.communicate(timeout=LIMIT_SECONDS)

    assert (looked.process.returncode, said) == (0, "Stopping, and clearing away …\n")
    assert list(looked.temporary.iterdir()) == []
    until(lambda: running(lambda command: str(looked.temporary) in command) == [])


def running(wanted: Callable[[str], bool]) -> list[str]:
    """Name the processes whose command reads so."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            command = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if wanted(command) and int(each.name) != os.getpid():
            found.append(command)
    return found
