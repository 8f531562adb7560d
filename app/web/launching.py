"""From ProLine to the page: the signed link becomes a session, once, and leaves the address.

A link for another company than the one whose page is open asks first: whoever follows a link that
somebody else made must not go on in that company without seeing it.
"""

from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from access.launch import read_launch
from access.sessions import Session, confirm_session, end_session, find_session, open_session, sweep
from app.onboarding import make_known
from app.web import addresses, cookies
from app.web.asked import Asked, actor_of, go_to
from app.web.guard import from_our_page, signed_in
from app.web.pages import ENVIRONMENT, message
from app.web.reading import Fields, read_query
from app.web.web import Web
from connections import companies

# With each that begins, some that are over go: nothing else has to look after them.
SWEPT_MOST: Final = 100


def launch(request: Request, _sent: Fields) -> Response:
    """Take a launch token for a session, and send the browser on to an address without it."""
    web: Web = request.app.state.web
    token = read_query(request).get("token")
    launched = read_launch(token, web.launch_jwks, now=datetime.now(UTC))
    present = signed_in(web, request)
    present_token = cookies.token_in(request, cookies.SIGNED_IN)
    asks_first = present is not None and present.person.company_id != launched.person.company_id
    with web.pool.connection() as connection:
        who = launched.person
        make_known(connection, who.company_id, launched.company_name, by=actor_of(who))
        opened = open_session(connection, launched, confirmed=not asks_first)
        sweep(connection, SWEPT_MOST)
        if present_token is not None and not asks_first:
            end_session(connection, present_token)
    response = go_to(addresses.LAUNCH_OTHER if asks_first else addresses.QUICKBOOKS)
    cookies.keep(response, cookies.LAUNCHED if asks_first else cookies.SIGNED_IN, opened)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def ask_which(request: Request, _sent: Fields) -> Response:
    """Ask whether the person means the other company."""
    web: Web = request.app.state.web
    waiting = _waiting(web, request)
    if waiting is None:
        return go_to(addresses.QUICKBOOKS)
    present = signed_in(web, request)
    with web.pool.connection() as connection:
        names = {
            each.id: each.name or each.id
            for each in companies.get_many(
                connection,
                [one.person.company_id for one in (waiting, present) if one is not None],
            ).values()
        }
    page = ENVIRONMENT.get_template("launch_other.html").render(
        session=None,
        person=None,
        path=request.url.path,
        told=None,
        situation=None,
        csrf=waiting.csrf,
        waiting=waiting.person,
        other=names[waiting.person.company_id],
        present=names[present.person.company_id] if present else None,
    )
    return HTMLResponse(page)


def choose(request: Request, sent: Fields) -> Response:
    """Go over to the other company, or stay."""
    web: Web = request.app.state.web
    waiting = _waiting(web, request)
    if waiting is None or not from_our_page(web, request, waiting, sent):
        return message(
            request, 403, "Nothing was changed", "That page was too old: open it from ProLine."
        )
    token = cookies.token_in(request, cookies.LAUNCHED) or ""
    present = cookies.token_in(request, cookies.SIGNED_IN) or ""
    goes = sent.get("go") == "yes"
    with web.pool.connection() as connection:
        if goes:
            confirm_session(connection, token)
        end_session(connection, present if goes else token)
    response = go_to(addresses.QUICKBOOKS, **({} if goes else {"done": "stayed"}))
    cookies.drop(response, cookies.LAUNCHED)
    if goes:
        cookies.keep(response, cookies.SIGNED_IN, token)
    return response


def sign_out(asked: Asked) -> Response:
    """End the session."""
    with asked.web.pool.connection() as connection:
        end_session(connection, cookies.token_in(asked.request, cookies.SIGNED_IN) or "")
    response = message(
        asked.request, 200, "Signed out", "To come back, open the page from ProLine."
    )
    cookies.drop(response, cookies.SIGNED_IN)
    return response


def _waiting(web: Web, request: Request) -> Session | None:
    token = cookies.token_in(request, cookies.LAUNCHED)
    if token is None:
        return None
    with web.pool.connection() as connection:
        found = find_session(connection, token)
    return None if found is None or found.confirmed else found
