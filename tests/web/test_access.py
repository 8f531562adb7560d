"""Who may do what: every route, every role, by one table; and looking changes nothing."""

import pytest

from access.people import Person, Right, Role
from app.web import addresses
from tests.web.routes import GETS, POSTS, STATIC, WAYS, Way, mounted, routes_of
from tests.web.world import ROLES, Html, World, furnish, record_of

MAY = {
    "stranger": frozenset[Right](),
    "viewer": frozenset({Right.LOOK}),
    "office": frozenset({Right.LOOK, Right.ACT}),
    "admin": frozenset({Right.LOOK, Right.ACT, Right.SET_UP}),
}
# Of these a row is written by whoever comes; everything else stands as it stood.
BY_COMING = frozenset({"sessions", "launches"})
BY_PROBING = frozenset({"calls", "limiters", "tokens"})


@pytest.fixture(scope="module")
def looked_at(furnished: World) -> World:
    """Give the module's company with a second one beside it, quiet."""
    furnish(furnished.roofer.another("other"))
    return furnished


def test_the_table_has_every_route(world: World) -> None:
    """A route that is not in the table has no right that anybody decided."""
    assert sorted(routes_of(world.office.page.web)) == sorted(WAYS)
    assert mounted(world) == ["/static"]


def test_what_each_role_may_is_what_the_office_was_told() -> None:
    """Admin: set up. Office: retry, skip, decide, resolve, transfer. Viewer: look."""
    for role in Role:
        person = Person("acme", "u-1", "Jane Example", role)
        assert {right for right in Right if person.may(right)} == MAY[role]
    assert {way.path for way in POSTS if way.right is Right.ACT} == {
        addresses.RETRY,
        addresses.SKIP,
        addresses.DECIDE,
        addresses.RESOLVE,
        addresses.TRANSFER,
    }


def expected(way: Way, role: str) -> frozenset[int]:
    """Say what a route answers a role."""
    if way.right is None or way.right in MAY[role]:
        return way.fits
    return frozenset({way.stranger if role == "stranger" else 403})


@pytest.mark.parametrize("role", ROLES)
def test_looking_is_answered_by_the_table_and_changes_nothing(looked_at: World, role: str) -> None:
    """GET and HEAD, every route: the table's status, and every row of every table as before."""
    visitor = looked_at.visitor(role)
    looked_at.roofer.settle()

    for way in GETS:
        but = BY_COMING | BY_PROBING if way.acts else frozenset[str]()
        for method in ("GET", "HEAD"):
            before = looked_at.photograph(but=but)
            answer = visitor.send(method, way.path)
            status = {405} if way.acts and method == "HEAD" else expected(way, role)
            assert answer.status_code in status, (way.name, role, method)
            assert looked_at.photograph(but=but) == before, (way.name, role, method)


@pytest.mark.parametrize("role", ROLES)
def test_acting_is_answered_by_the_table(looked_at: World, role: str) -> None:
    """POST with a true token: who may not is refused, and nothing is changed."""
    visitor = looked_at.visitor(role)
    looked_at.roofer.settle()
    token = visitor.csrf()

    for way in POSTS:
        if role != "stranger" and (way.right is None or way.right in MAY[role]):
            continue
        before = looked_at.photograph()
        answer = visitor.send("POST", way.path, data={"csrf": token})
        assert answer.status_code in expected(way, role), (way.name, role)
        assert looked_at.photograph() == before, (way.name, role)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (role, way.path)
        for role in ("viewer", "office", "admin")
        for way in POSTS
        if way.right in MAY[role] and way.path not in {addresses.DISCONNECT, addresses.SIGN_OUT}
    ],
)
def test_who_may_act_comes_as_far_as_the_route(disturbed: World, role: str, path: str) -> None:
    """An empty form is refused by the route, or does what needs no more than the button."""
    visitor = disturbed.visitor(role)

    answer = visitor.send("POST", path, data={"csrf": visitor.csrf()})

    assert answer.status_code in WAYS[path, "POST"].fits, answer.text


@pytest.mark.parametrize("role", ["viewer", "office", "admin"])
def test_a_page_offers_only_what_the_role_may(looked_at: World, role: str) -> None:
    """No form, and no link to a page of rights, that would only be refused."""
    visitor = looked_at.visitor(role)
    refused = {way.path for way in WAYS.values() if way.right and way.right not in MAY[role]}
    record = f"{addresses.RECORD}?entity=payment&id=y2"

    for path in (*(way.path for way in GETS if 200 in way.fits), record):
        if WAYS.get((path, "GET")) and WAYS[path, "GET"].right not in {None, *MAY[role]}:
            continue
        page = Html(visitor.get(path).text)
        forms = {form.action for form in page.forms if form.method == "post"}
        if path != addresses.SETTINGS or role == "admin":
            assert not forms & refused, (path, role)
        links = {given.get("href") for tag, given in page.elements if tag == "a"}
        looking = {each for each in refused if (each, "GET") in WAYS} - {addresses.SETTINGS}
        assert not links & looking, (path, role)


def test_the_settings_of_a_viewer_cannot_be_typed_into(looked_at: World) -> None:
    """Everything is there to be read, and nothing to be changed or sent."""
    page = Html(looked_at.visitor("viewer").get(addresses.SETTINGS).text)

    main = [
        given
        for tag, given in page.elements
        if tag in {"input", "select", "textarea"}
        and given.get("type") != "hidden"
        and "data-sample" not in given
    ]
    assert main
    assert all("disabled" in given for given in main)
    assert "Save settings" not in page.text


def test_a_role_is_that_of_the_launch_until_the_next(looked_at: World) -> None:
    """A form that says another role, or another company, changes neither."""
    viewer = looked_at.visitor("viewer")

    answer = viewer.send(
        "POST",
        f"{addresses.SKIP}?role=admin",
        data={"csrf": viewer.csrf(), "role": "admin", "entity": "invoice", "id": "i3", "why": "x"},
        headers={"X-Role": "admin"},
    )

    assert answer.status_code == 403
    assert record_of(looked_at, "invoice", "i3")["state"] == "failed"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_refused_with_a_page(looked_at: World, method: str) -> None:
    """405 for every path, with what it can be asked for by, and nothing changed."""
    admin = looked_at.visitor()
    looked_at.roofer.settle()
    before = looked_at.photograph()

    for path in sorted({path for path, _ in WAYS}):
        answer = admin.send(method, path)
        assert answer.status_code == 405, path
        assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST"}
        assert "opened from the page before it" in answer.text

    assert looked_at.photograph() == before


@pytest.mark.parametrize("way", [each for each in POSTS if (each.path, "GET") not in WAYS])
def test_what_only_a_form_does_is_no_page(looked_at: World, way: Way) -> None:
    """Typing its address does nothing and says so."""
    assert looked_at.visitor().get(way.path).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        f"{STATIC}/../../web.py",
        "/static/%2e%2e/application.py",
        "/static/..%2f..%2fapplication.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/",
        "/static",
        "/integrations/quickbooks/../../static/../application.py",
        "/INTEGRATIONS",
        "/integrations/",
        "/.env",
        "/docs",
        "/openapi.json",
    ],
)
def test_there_is_nothing_beside_the_routes(looked_at: World, path: str) -> None:
    """No file but the static ones, no list of them, no way around a route's name."""
    assert looked_at.visitor().send("GET", path).status_code in {400, 404}
