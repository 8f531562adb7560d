"""On and off: and, coming back on, what becomes of the records that changed meanwhile."""

from typing import Any

from starlette.responses import Response

from app.onboarding import disable_company, enable_company
from app.web import addresses
from app.web.asked import Asked, go_to
from app.web.pages import render
from app.web.situation import stands
from connections.errors import ChangedWhileOff, NotTakenIn


def enable(asked: Asked) -> Response:
    """Turn the integration on, or ask first what becomes of what changed while it was off."""
    said = asked.form.get("changed")
    try:
        enabled = enable_company(
            asked.web.pool,
            asked.company_id,
            changed="send" if said == "send" else "skip" if said == "skip" else None,
            shown=asked.form.get("shown"),
            by=asked.actor,
        )
    except ChangedWhileOff as error:
        anew = said == "skip"
        return _question(asked, records=error.records, shown=error.shown, anew=anew)
    except NotTakenIn as error:
        return _question(asked, changes=error.changes)
    if enabled.left_out:
        return go_to(addresses.QUICKBOOKS, done="left_out", n=enabled.left_out)
    return go_to(addresses.QUICKBOOKS, done="enabled")


def ask(asked: Asked) -> Response:
    """Receive who reloads the question: the page has the button that asks it."""
    del asked
    return go_to(addresses.QUICKBOOKS)


def _question(asked: Asked, **asked_about: Any) -> Response:  # noqa: ANN401  # facts, by their name
    with asked.web.pool.connection() as connection:
        situation = stands(connection, asked.company_id)
    return render(
        asked,
        "changed_while_off.html",
        situation=situation,
        **{"records": 0, "changes": 0, "shown": "", "anew": False, **asked_about},
    )


def disable(asked: Asked) -> Response:
    """Turn the integration off: changes are held from now on."""
    disable_company(asked.web.pool, asked.company_id, by=asked.actor)
    return go_to(addresses.QUICKBOOKS, done="disabled")
