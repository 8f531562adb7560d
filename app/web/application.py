"""The page put together: every route with what it asks of whoever comes."""

from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from access.people import Right
from app.web import (
    activity,
    addresses,
    attention,
    connecting,
    findings,
    history,
    launching,
    overview,
    projects,
    record,
    settings_page,
    switching,
)
from app.web.counted import Counted
from app.web.guard import Endpoint, bare, page
from app.web.headers import SecurityHeaders
from app.web.last_resort import LastResort
from app.web.pages import message
from app.web.rates import Rates
from app.web.web import Web

STATIC: Final = Path(__file__).parent / "static"
GET: Final = ["GET"]
POST: Final = ["POST"]


def application(web: Web) -> ASGIApp:
    """Build the page over what one process has in hand."""
    app = Starlette(
        routes=_routes(web),
        exception_handlers={404: _missing, 405: _not_this_way},
        # Within the application, whose own last word on a fault would come before it.
        middleware=[Middleware(LastResort)],
    )
    # Its own way of adding or taking a slash leads to whatever host the request named.
    app.router.redirect_slashes = False
    app.state.web = web
    return Counted(SecurityHeaders(app, consent_sites=web.consent_sites))


def _routes(web: Web) -> list[BaseRoute]:
    rates = Rates()
    return [
        Route(addresses.HEALTH, _health, methods=GET),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/", lambda _: RedirectResponse(addresses.INTEGRATIONS, 303), methods=GET),
        _acting(addresses.LAUNCH, rates.limited(bare(launching.launch))),
        Route(addresses.LAUNCH_OTHER, bare(launching.ask_which), methods=GET),
        Route(addresses.LAUNCH_OTHER, bare(launching.choose), methods=POST),
        Route(addresses.SIGN_OUT, page(launching.sign_out), methods=POST),
        Route(addresses.INTEGRATIONS, page(overview.integrations), methods=GET),
        Route(addresses.QUICKBOOKS, page(overview.overview), methods=GET),
        *_setting_up(web, rates),
        *_looking_after(),
    ]


def _setting_up(web: Web, rates: Rates) -> list[BaseRoute]:
    set_up = Right.SET_UP
    return [
        Route(addresses.SETTINGS, page(settings_page.show), methods=GET),
        Route(addresses.SETTINGS, page(settings_page.save, set_up), methods=POST),
        Route(addresses.REFRESH_LISTS, page(settings_page.read_lists, set_up), methods=POST),
        Route(addresses.INCOME_ACCOUNT, page(settings_page.change_account, set_up), methods=POST),
        Route(addresses.CONNECT, page(connecting.connect, set_up), methods=POST),
        _acting(web.callback_path, rates.limited(page(connecting.back, set_up))),
        Route(addresses.CONFIRM, page(connecting.ask, set_up), methods=GET),
        Route(addresses.CONFIRM, page(connecting.confirm, set_up), methods=POST),
        Route(addresses.CANCEL, page(connecting.cancel, set_up), methods=POST),
        Route(addresses.DISCONNECT, page(connecting.ask_disconnect, set_up), methods=GET),
        Route(addresses.DISCONNECT, page(connecting.disconnect, set_up), methods=POST),
        _acting(
            addresses.DISCONNECTED, rates.limited(page(connecting.landed, stranger=connecting.GONE))
        ),
        Route(addresses.RECONNECT, page(connecting.reconnect), methods=GET),
        Route(addresses.ENABLE, page(switching.ask, set_up), methods=GET),
        Route(addresses.ENABLE, page(switching.enable, set_up), methods=POST),
        Route(addresses.DISABLE, page(switching.disable, set_up), methods=POST),
    ]


def _looking_after() -> list[BaseRoute]:
    act = Right.ACT
    return [
        Route(addresses.ATTENTION, page(attention.show), methods=GET),
        Route(addresses.RETRY, page(attention.retry, act), methods=POST),
        Route(addresses.SKIP, page(attention.skip, act), methods=POST),
        Route(addresses.DECIDE, page(attention.decide, act), methods=POST),
        Route(addresses.FINDINGS, page(findings.show), methods=GET),
        Route(addresses.RESOLVE, page(findings.resolve, act), methods=POST),
        Route(addresses.ACTIVITY, page(activity.show), methods=GET),
        Route(addresses.ACTIVITY_CSV, page(activity.as_csv), methods=GET),
        Route(addresses.RECORD, page(record.show), methods=GET),
        Route(addresses.PROJECTS, page(projects.show), methods=GET),
        Route(addresses.TRANSFER, page(projects.transfer, act), methods=POST),
        Route(addresses.HISTORY, page(history.show), methods=GET),
    ]


def _acting(path: str, endpoint: Endpoint) -> Route:
    """Route what acts as soon as it is opened: HEAD, by which programs look at links, does not."""
    route = Route(path, endpoint, methods=GET)
    route.methods = set(GET)
    return route


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _missing(request: Request, _error: Exception) -> Response:
    return message(request, 404, "Not found", "There is no such page.")


async def _not_this_way(request: Request, error: Exception) -> Response:
    page = message(request, 405, "Not this way", "This page is opened from the page before it.")
    page.headers.update(getattr(error, "headers", None) or {})  # which ways there are
    return page
