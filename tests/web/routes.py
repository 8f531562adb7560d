"""Every route of the page, as its application has them, with what opens each; none is left out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from starlette.routing import Route

from access.people import Right
from app.web import addresses
from app.web.application import application
from app.web.web import Web
from tests.web.world import World

if TYPE_CHECKING:
    from starlette.applications import Starlette

CALLBACK: Final = "/callback"
STATIC: Final = "/static/page.css"
FREE: Final = None
"""No sign-in is asked for."""


@dataclass(frozen=True)
class Way:
    """One route by one method: what it takes, and what it answers to whoever may."""

    path: str
    method: str
    right: Right | None
    fits: frozenset[int]
    """What it answers somebody who may, sent nothing but the form's token."""
    acts: bool = False
    """Opening it may change something, though it is no form."""
    stranger: int = 401
    """What it answers whoever is not signed in, where a right is asked for."""

    @property
    def name(self) -> str:
        """Name it for a test."""
        return f"{self.method} {self.path}"


def _way(
    path: str, method: str, right: Right | None, *fits: int, acts: bool = False, stranger: int = 401
) -> tuple[tuple[str, str], Way]:
    return (path, method), Way(path, method, right, frozenset(fits), acts, stranger)


LOOK, ACT, SET_UP = Right.LOOK, Right.ACT, Right.SET_UP
WAYS: Final = dict(
    [
        _way("/", "GET", FREE, 303),
        _way(addresses.HEALTH, "GET", FREE, 200),
        _way(addresses.LAUNCH, "GET", FREE, 403, acts=True),
        _way(addresses.LAUNCH_OTHER, "GET", FREE, 303),
        _way(addresses.LAUNCH_OTHER, "POST", FREE, 403),
        _way(addresses.SIGN_OUT, "POST", LOOK, 200),
        _way(addresses.INTEGRATIONS, "GET", LOOK, 200),
        _way(addresses.QUICKBOOKS, "GET", LOOK, 200),
        _way(addresses.SETTINGS, "GET", LOOK, 200),
        _way(addresses.SETTINGS, "POST", SET_UP, 409),
        _way(addresses.REFRESH_LISTS, "POST", SET_UP, 303),
        _way(addresses.INCOME_ACCOUNT, "POST", SET_UP, 409),
        _way(addresses.CONNECT, "POST", SET_UP, 409),
        _way(CALLBACK, "GET", SET_UP, 409, acts=True),
        _way(addresses.CONFIRM, "GET", SET_UP, 303),
        _way(addresses.CONFIRM, "POST", SET_UP, 409),
        _way(addresses.CANCEL, "POST", SET_UP, 303),
        _way(addresses.DISCONNECT, "GET", SET_UP, 200),
        _way(addresses.DISCONNECT, "POST", SET_UP, 303),
        _way(addresses.DISCONNECTED, "GET", LOOK, 303, acts=True, stranger=200),
        _way(addresses.RECONNECT, "GET", LOOK, 303),
        _way(addresses.ENABLE, "GET", SET_UP, 303),
        _way(addresses.ENABLE, "POST", SET_UP, 303),
        _way(addresses.DISABLE, "POST", SET_UP, 303),
        _way(addresses.ATTENTION, "GET", LOOK, 200),
        _way(addresses.RETRY, "POST", ACT, 409),
        _way(addresses.SKIP, "POST", ACT, 409),
        _way(addresses.DECIDE, "POST", ACT, 409),
        _way(addresses.FINDINGS, "GET", LOOK, 200),
        _way(addresses.RESOLVE, "POST", ACT, 409),
        _way(addresses.ACTIVITY, "GET", LOOK, 200),
        _way(addresses.ACTIVITY_CSV, "GET", LOOK, 200),
        _way(addresses.RECORD, "GET", LOOK, 404),
        _way(addresses.PROJECTS, "GET", LOOK, 200),
        _way(addresses.TRANSFER, "POST", ACT, 409),
        _way(addresses.HISTORY, "GET", LOOK, 200),
    ]
)
GETS: Final = tuple(way for way in WAYS.values() if way.method == "GET")
POSTS: Final = tuple(way for way in WAYS.values() if way.method == "POST")
# Signed in, one can be kept waiting by nobody: only these are counted by address.
SIGNED_POSTS: Final = tuple(way for way in POSTS if way.right is not None)


def routes_of(web: Web) -> Iterator[tuple[str, str]]:
    """Give each path with each method its application answers, but for files and HEAD."""
    app = cast("Starlette", _innermost(application(replace(web))))
    for route in app.routes:
        if isinstance(route, Route):
            for method in (route.methods or set()) - {"HEAD"}:
                yield route.path, method


def _innermost(app: object) -> object:
    while hasattr(app, "_app"):
        app = app._app
    return app


def mounted(world: World) -> list[str]:
    """Name what is no single page: the files."""
    app = cast("Starlette", _innermost(application(replace(world.office.page.web))))
    return [getattr(route, "path", "?") for route in app.routes if not isinstance(route, Route)]
