"""Connect and Disconnect: to QuickBooks' own page and back, a person's word, and the way out.

What is asked of QuickBooks is asked within a deadline, and only by so many pages at once.
"""

from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from app import connecting as flow
from app import disconnecting, probing
from app.revoking import revoke_left_over
from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.failing import Refused, told
from app.web.pages import message, render
from app.web.situation import stands
from app.web.state_line import Button, State, StateLine
from app.web.web import Busy
from connections import companies, consents
from connections.errors import NothingToConfirm, OtherRealm, RealmTaken
from coordination.database import Connection

# What RFC 6749 and Intuit may send back instead of a code; only the first is a person's choice.
# https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
DECLINED: Final = "access_denied"
# Whoever disconnects in QuickBooks lands here signed in or not; only a session knows the company.
GONE: Final = (
    200,
    "If you disconnected ProLine in QuickBooks",
    (
        "Nothing is lost: ProLine notices it by itself, and holds what changes from then on. To"
        " connect again, open ProLine and choose Integrations, then QuickBooks."
    ),
)


def connect(asked: Asked) -> Response:
    """Send the person to QuickBooks' consent page; while connected, only who asked for it again.

    A second consent for the same books takes the place of the first; for others it is asked about
    as ever.
    """
    with asked.web.pool.connection() as connection:
        connected = stands(connection, asked.company_id).company.connection == "connected"
    if connected and asked.form.get("again") != "yes":
        raise Refused("QuickBooks is connected already: disconnect it first.")
    with asked.web.asking_quickbooks():
        address = flow.begin(
            asked.web.pool,
            asked.web.quickbooks,
            company_id=asked.company_id,
            session_hash=asked.session.token_hash,
        )
    return RedirectResponse(address, 303)


def back(asked: Asked) -> Response:
    """Take what QuickBooks' page sent the person back with, and ask for the last word."""
    query, web = asked.query, asked.web
    if query.get("error") == DECLINED:
        return message(
            asked.request,
            200,
            "Nothing was connected",
            "You declined in QuickBooks. Nothing was changed; you can connect at any time.",
            session=asked.session,
        )
    if query.get("error"):
        raise Refused(
            "QuickBooks could not let us in, and nothing was connected: try again, and ask support"
            " if it stays so."
        )
    with web.asking_quickbooks() as slots:
        flow.receive(
            web.pool,
            web.quickbooks,
            slots,
            session_hash=asked.session.token_hash,
            state=query.get("state"),
            realm_id=query.get("realmId"),
            code=query.get("code"),
        )
    return go_to(addresses.CONFIRM)


def ask(asked: Asked) -> Response:
    """Ask whether these are the books that were meant, before anything of them is stored."""
    return _ask(asked) or go_to(addresses.QUICKBOOKS)


@dataclass(frozen=True)
class Problem:
    """Why the last Confirm tied nothing, above the same question."""

    headline: str
    sentence: str


def _ask(asked: Asked, problem: Problem | None = None, status: int = 200) -> Response | None:
    """Ask which books are meant; None: nothing waits to be confirmed."""
    with asked.web.pool.connection() as connection:
        pending = consents.pending(connection, asked.session.token_hash)
        if pending is None or pending.company_id != asked.company_id:
            return None
        situation = stands(connection, asked.company_id)
        wrong = _wrong(connection, pending)
    former = companies.other_books_than(situation.company, pending.realm_id)
    return render(
        asked,
        "confirm.html",
        status=status,
        problem=problem,
        situation=situation,
        pending=pending,
        wrong=wrong,
        other_books=former is not None,
    )


@dataclass(frozen=True)
class Wrong:
    """A company that cannot be meant, or only by who says so once more."""

    line: StateLine
    may_confirm: bool


def _wrong(connection: Connection, pending: consents.Pending) -> Wrong | None:
    """Say that the company picked in QuickBooks cannot be meant, or is not the one from before."""
    try:
        companies.check_realm(connection, pending.company_id, pending.realm_id)
    except RealmTaken:
        detail = "Another ProLine company writes into it, and each has books of its own."
        return Wrong(_wrong_line(detail), may_confirm=False)
    except OtherRealm:
        detail = "Until now ProLine wrote into another one: perhaps you did not mean to change it."
        return Wrong(_wrong_line(detail), may_confirm=True)
    return None


def _wrong_line(detail: str) -> StateLine:
    return StateLine(
        State.WRONG_COMPANY,
        "You picked another QuickBooks company.",
        f"{detail} Nothing was changed.",
        Button.CHOOSE_AGAIN,
    )


def confirm(asked: Asked) -> Response:
    """Tie the company to the books that were confirmed; or ask again, with what went wrong."""
    outcome = told(asked.request, lambda: _confirm(asked))
    if isinstance(outcome, Response):
        return outcome
    status, headline, sentence = outcome
    again = _ask(asked, Problem(headline, sentence), status)
    return again or message(asked.request, *outcome, session=asked.session)


def _confirm(asked: Asked) -> Response:
    web = asked.web
    with web.pool.connection() as connection:
        pending = consents.pending(connection, asked.session.token_hash)
    # What is confirmed is what was shown: another window may have brought another consent since.
    if pending is None:
        raise NothingToConfirm
    if asked.form.get("realm") != pending.realm_id:
        raise Refused("This consent is not the one you were shown any more: look again.")
    with web.asking_quickbooks() as slots:
        flow.confirm(
            web.pool,
            web.quickbooks,
            slots,
            session_hash=asked.session.token_hash,
            shown=pending.realm_id,
            other_books=_typed(asked, pending),
            by=asked.actor,
        )
    return go_to(addresses.QUICKBOOKS, done="connected")


def _typed(asked: Asked, pending: consents.Pending) -> str | None:
    """Return the realm where the person has typed the name of the other books."""
    typed = " ".join(asked.form.get("other_books").split()).casefold()
    if not typed:
        return None
    if typed not in {" ".join(pending.company_name.split()).casefold(), pending.realm_id}:
        raise Refused(
            f"To write into other books than before, type their name as shown:"
            f" {pending.company_name}."
        )
    return pending.realm_id


def cancel(asked: Asked) -> Response:
    """Give the consent up; what it allowed is revoked. Perhaps begin again."""
    with asked.web.asking_quickbooks():
        flow.cancel(asked.web.pool, asked.web.quickbooks, session_hash=asked.session.token_hash)
    if asked.form.get("again") == "yes":
        return connect(asked)
    return go_to(addresses.QUICKBOOKS, done="cancelled")


def ask_disconnect(asked: Asked) -> Response:
    """Say what disconnecting means, before it is done."""
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
    if situation.company.connection == "none":
        return go_to(addresses.QUICKBOOKS)
    return render(
        asked,
        "disconnect.html",
        situation=situation,
    )


def disconnect(asked: Asked) -> Response:
    """Give the books up, and end our access there.

    However many pages wait for QuickBooks: nothing more is written from here on, and what cannot be
    told now is told by itself within minutes.
    """
    disconnecting.give_up_books(asked.web.pool, company_id=asked.company_id, by=asked.actor)
    done = "disconnected" if _access_ended(asked) else "disconnected_here"
    return go_to(addresses.QUICKBOOKS, done=done)


def _access_ended(asked: Asked) -> bool:
    web = asked.web
    try:
        with web.asking_quickbooks():
            return revoke_left_over(
                web.pool, web.quickbooks, company_id=asked.company_id, by=asked.actor
            )
    except Busy:
        return False


def landed(asked: Asked) -> Response:
    """Receive who disconnected ProLine in QuickBooks itself: ask QuickBooks whether that is so.

    The address proves nothing, so it changes nothing; what QuickBooks answers does.
    """
    with asked.web.asking_quickbooks():
        probing.probe(asked.web.pool, asked.web.quickbooks, company_id=asked.company_id)
    return go_to(addresses.QUICKBOOKS)


def reconnect(asked: Asked) -> Response:
    """Receive who comes from QuickBooks to reconnect: the page has the button, whatever stands."""
    del asked
    return go_to(addresses.QUICKBOOKS, reconnect="yes")
