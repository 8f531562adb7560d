"""Somebody at the page without a browser: keeps cookies, reads forms, and sends them."""

import html
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

COOKIE = re.compile(r"^(?P<name>[^=;]+)=(?P<value>[^;]*)")


@dataclass
class Visitor:
    """A client that keeps cookies as a browser on a trustworthy loopback does.

    An `httpx` jar would not send a cookie that is marked secure over http, which browsers do to
    their own machine.
    """

    client: httpx.Client

    def __post_init__(self) -> None:
        """Begin without cookies."""
        self.cookies: dict[str, str] = {}
        self.last: httpx.Response | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        data: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request and keep what cookies it sets; follows nothing."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        told = {**({"Cookie": cookie} if cookie else {}), **(headers or {})}
        response = self.client.request(method, url, data=data, headers=told)  # type: ignore[arg-type]
        for line in response.headers.get_list("set-cookie"):
            found = COOKIE.match(line)
            if found and found["value"] and found["value"] != '""' and "Max-Age=0" not in line:
                self.cookies[found["name"]] = found["value"]
            elif found:
                self.cookies.pop(found["name"], None)
        self.last = response
        return response

    def get(self, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Open an address and follow where it leads, within the page's own site."""
        response = self.send("GET", url, headers=headers)
        return self._follow(response)

    def post(self, url: str, **fields: object) -> httpx.Response:
        """Send a form with this session's token, and follow where it leads."""
        return self._follow(self.send("POST", url, data={"csrf": self.csrf(), **fields}))

    def csrf(self) -> str:
        """Read the token of this session's forms from a page."""
        page = self.send("GET", "/integrations").text
        found = re.search(r'name="csrf" value="([^"]*)"', page)
        return html.unescape(found[1]) if found else ""

    def _follow(self, response: httpx.Response) -> httpx.Response:
        for _ in range(5):
            where = response.headers.get("location")
            if where is None or self._leaves(where):
                break
            response = self.send("GET", where)
        return response

    def _leaves(self, where: str) -> bool:
        netloc = urlsplit(where).netloc
        return bool(netloc) and netloc != self.client.base_url.netloc.decode()
