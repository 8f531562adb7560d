"""Dispatch: who gets a place now.

One record a turn, in the order of the ring, while its entity's queue has room: a queue holds at
most twice the living threads that consume it, and all queues together twice the living threads, so
that whose turn it is waits for no more than two calls. The choice is pure; the rows are changed by
records/.

Weakness: a frozen worker holds as many messages of each queue as it has threads, until it is found
gone. Where it is one of two, half of the room of its fellow is left; where most are frozen, none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from coordination.database import Connection
from records.places import Place, count_unclaimed, take_places
from records.ring import Turn, due_turns, leave_ring, pass_turn, rest_until_resumed, wait_for_room

QUEUE_PER_THREAD = 2
ROUNDS_MOST = 10
"""Turns one company may take in one tick when nothing paces it: as many as it has places."""


@dataclass(frozen=True)
class Choice:
    """What becomes of the companies whose turn it is: records to dispatch, and the ring's moves."""

    pks: tuple[int, ...] = ()
    took: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


def dispatch(
    connection: Connection,
    threads: Mapping[str, int],
    *,
    all_threads: int,
    pace: timedelta,
    full_pause: timedelta,
    most: int,
) -> list[Place]:
    """Hand out places in the leader's open transaction; the caller commits, then publishes.

    Where no queue has room nothing is written, however many companies wait for it.

    Args:
        connection: the leading relay's transaction.
        threads: living threads by entity; an entity without one is not dispatched.
        all_threads: living threads, each counted once.
        pace: the least time between two turns of one company.
        full_pause: for how long a company is passed over whose work is all of full entities.
        most: the most places to hand out.
    """
    places: list[Place] = []
    unclaimed = count_unclaimed(connection)
    room = _room(threads, unclaimed)
    most = min(most, QUEUE_PER_THREAD * all_threads - sum(unclaimed.values()))
    served = [entity for entity in ENTITIES if threads.get(entity)]
    for _ in range(ROUNDS_MOST):
        open_entities = [entity for entity, free in room.items() if free > 0]
        if not open_entities or len(places) >= most:
            break
        turns = due_turns(connection, open_entities, most=most - len(places))
        all_served = len(open_entities) == len(served)
        choice = choose(turns, room, all_served=all_served, most=most - len(places))
        taken = take_places(connection, choice.pks) if choice.pks else []
        wait_for_room(connection, choice.passed, full_pause)
        pass_turn(connection, choice.took, pace)
        leave_ring(connection, choice.leave)
        rest_until_resumed(connection, choice.rest)
        places += taken
        if not taken:
            break
        for place in taken:
            room[place.entity] -= 1
    return places


ENTITIES = ("contact", "project", "invoice", "payment")


def choose(
    turns: Sequence[Turn], room: Mapping[str, int], *, all_served: bool, most: int
) -> Choice:
    """Decide each company's turn.

    Args:
        turns: companies in the order of the ring, each with its first eligible record.
        room: free places in each entity's queue; not changed.
        all_served: every entity that has a consumer has room, so a company without a record has
            none that could be handed out before it joins again.
        most: the most to hand out.

    Companies that come when all room is given keep their places at the head of the ring.
    """
    left = dict(room)
    pks: list[int] = []
    took, passed, leave, rest = [], [], [], []
    for turn in turns:
        if not any(left.values()) or len(pks) >= most:
            break
        if not turn.open or turn.places <= 0 or (turn.pk is None and all_served):
            leave.append(turn.company_id)
        elif turn.paused:
            rest.append(turn.company_id)
        elif turn.pk is None or turn.entity is None:
            # It keeps its turn, but must not stand in the way of those whose work finds room.
            passed.append(turn.company_id)
        elif left[turn.entity] <= 0:
            # Its turn is not over: the next look is for what else it has, and nobody comes before.
            break
        else:
            left[turn.entity] -= 1
            pks.append(turn.pk)
            took.append(turn.company_id)
    return Choice(tuple(pks), tuple(took), tuple(passed), tuple(leave), tuple(rest))


def _room(threads: Mapping[str, int], unclaimed: Mapping[str, int]) -> dict[str, int]:
    return {
        entity: max(QUEUE_PER_THREAD * threads.get(entity, 0) - unclaimed.get(entity, 0), 0)
        for entity in ENTITIES
    }
