"""One request as a route sees it: who asks, for which company, and what was sent."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.people import Person
from access.sessions import Session
from app.web.addresses import with_query
from app.web.reading import Fields
from app.web.web import Web
from connections.audit import Actor


@dataclass(frozen=True)
class Asked:
    """A request of somebody who is signed in.

    The company is the session's, always: no address and no form can name another.
    """

    web: Web
    request: Request
    session: Session
    query: Fields
    form: Fields

    @property
    def person(self) -> Person:
        """Return who asks."""
        return self.session.person

    @property
    def company_id(self) -> str:
        """Return whose page it is."""
        return self.session.person.company_id

    @property
    def actor(self) -> Actor:
        """Return who asks, as the audit writes it down."""
        return actor_of(self.person)


def actor_of(person: Person) -> Actor:
    """Return somebody at the page as the audit writes them down."""
    return Actor(person.user_name, "page", person.user_id)


def go_to(path: str, **parameters: str | int | None) -> Response:
    """Send the browser on to a page of ours, after a form: reloading it repeats nothing."""
    return RedirectResponse(with_query(path, **parameters), status_code=303)
