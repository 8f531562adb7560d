"""An item for each ProLine service: chosen on a page that does not repeat all items for each."""

from collections.abc import Sequence

import pytest

from app.web import addresses
from connections.lists import LISTED_MOST
from tests.support.roofer import COMPANY
from tests.support.visitor import Visitor
from tests.web.world import Html, World

SERVICES = 40
BYTES_MOST = 500_000


@pytest.fixture
def laden(new_world: World) -> World:
    """Give a company with as many items as are listed, and an item chosen for each service."""
    new_world.office.enabled()
    new_world.database.execute("DELETE FROM proline_qbo.book_lists WHERE kind = 'item'")
    new_world.database.execute(
        "INSERT INTO proline_qbo.book_lists SELECT realm_id, 'item', 'i' || n, 'Item ' || n"
        " FROM proline_qbo.companies, generate_series(1, %s::int) AS n",
        [LISTED_MOST],
    )
    new_world.database.execute(
        "UPDATE proline_qbo.companies SET settings = jsonb_set(settings, '{items_by_service}',"
        " (SELECT jsonb_object_agg('Service ' || n, 'i' || n)"
        " FROM generate_series(1, %s::int) AS n))",
        [SERVICES],
    )
    return new_world


def chosen(world: World) -> dict[str, str]:
    """Give the items by service as they are stored."""
    stored = world.one("SELECT settings FROM proline_qbo.companies WHERE id = %s", COMPANY)
    return dict(stored["items_by_service"])


def save(visitor: Visitor, pairs: Sequence[tuple[str, str]]) -> None:
    """Send the form with these rows of service and item."""
    page = Html(visitor.get(addresses.SETTINGS).text)
    hidden = {
        str(each["name"]): each.get("value") or ""
        for tag, each in page.elements
        if tag == "input" and each.get("type") == "hidden" and each["name"] != "service"
    }
    rows = {"service": [each for each, _ in pairs], "service_item": [each for _, each in pairs]}
    answer = visitor.send(
        "POST", addresses.SETTINGS, data={**hidden, "stage": "Closed - Won", **rows}
    )
    assert answer.status_code == 303, answer.text


def test_the_page_stays_small_with_many_items_and_services(laden: World) -> None:
    """And it says that the list of items is cut."""
    answer = laden.visitor().get(addresses.SETTINGS)

    page = Html(answer.text)
    assert len(answer.content) < BYTES_MOST
    assert f"Only the first {LISTED_MOST:,} items" in page.text
    labelled = {each.get("for") for tag, each in page.elements if tag == "label"}
    selects = [each for tag, each in page.elements if tag == "select"]
    assert len(selects) > SERVICES
    assert {each["id"] for each in selects} <= labelled


def test_a_service_is_given_an_item_another_one_or_none(laden: World) -> None:
    """The rows that add come after those that stand, and win; what is left as it was stays."""
    standing = [(f"Service {n}", f"i{n}") for n in range(1, SERVICES + 1)]
    visitor = laden.visitor()

    save(visitor, [*standing[:-1], (standing[-1][0], ""), ("Service 1", "i7"), ("", "")])

    assert chosen(laden) == {**dict(standing[:-1]), "Service 1": "i7"}


def test_a_viewer_sees_the_chosen_items_alone(laden: World) -> None:
    """There is nothing to add for whoever may not change anything."""
    page = Html(laden.visitor("viewer").get(addresses.SETTINGS).text)

    names = [each.get("name") for tag, each in page.elements if tag == "select"]
    assert names.count("service_item") == SERVICES
    assert "service" not in names
    assert "Item 40" in page.text
