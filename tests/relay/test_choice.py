"""The choice of who is handed out, pure: what becomes of each whose turn it is."""

from outbox.dispatch import choose
from records.turns import Turn


def turn(company_id: str, pk: int | None = 1, **changes: object) -> Turn:
    """Give a turn of an open company with a contact to hand out."""
    facts = {
        "open": True,
        "paused_until": None,
        "places": 1,
        "pk": pk,
        "entity": "contact",
    } | changes
    return Turn(company_id=company_id, **facts)  # type: ignore[arg-type]  # a test's own values


ROOM = {"contact": 1, "project": 0, "invoice": 0, "payment": 0}


def test_a_company_without_work_leaves_only_when_every_entity_was_looked_at() -> None:
    """Otherwise its work may be of an entity whose queue is full now."""
    idle = turn("idle", None)

    assert choose([idle], ROOM, all_served=True, most=100).leave == ("idle",)
    assert choose([idle], ROOM, all_served=False, most=100).leave == ()


def test_off_full_and_paused_companies_take_no_place() -> None:
    """Off and full ones leave until something changes; a paused one only rests."""
    turns = [turn("off", open=False), turn("full", places=0), turn("paused", paused_until=7.0)]

    choice = choose(turns, ROOM, all_served=True, most=100)

    assert (choice.pks, choice.leave) == ((), ("off", "full"))
    assert choice.rest == (("paused", 7.0),)


def test_room_is_never_given_twice() -> None:
    """The second company finds the queue full and keeps its turn: it may have something else."""
    both = [turn("a", 1), turn("b", 2)]

    for room in (ROOM, ROOM | {"project": 1}):
        choice = choose(both, room, all_served=False, most=100)
        assert (choice.pks, choice.took, choice.passed) == ((1,), ("a",), ())


def test_no_more_is_chosen_than_all_queues_together_may_hold() -> None:
    """Each queue has room of its own, but the threads that consume them are the same."""
    both = [turn("a", 1), turn("b", 2, entity="invoice")]

    choice = choose(both, {**ROOM, "contact": 2, "invoice": 2}, all_served=True, most=1)

    assert (choice.pks, choice.took, choice.passed) == ((1,), ("a",), ())
