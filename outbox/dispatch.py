"""Dispatch: who gets a place now.

One record a turn, in the order of the ring, while its entity's queue has room: a queue holds at
most twice the living threads that consume it, and all queues together one and a quarter times the
living threads, so that whose turn it is waits for two calls or less. The choice is pure; the rows
are changed by records/.

Weakness: a frozen worker holds as many messages of each queue as it has threads, until it is found
gone. Where it is one of two, half of the room of its fellow is left; where most are frozen, none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain

from coordination.database import Connection
from outbox.ring import Ring
from outbox.roster import Roster
from records.places import Place, take_places
from records.turns import Turn, read_turns

QUEUE_PER_THREAD = 2
ALL_PER_THREAD = 1.25
"""Of what stands in all queues together. With two, a single record waited for up to four calls
where one worker's memory held more of it than the other's; with one, threads of a QuickBooks that
answers at once, which no real one does, were idle for an eighth of their time."""
LOOKS_MOST = 1_000
"""At companies whose turn it is, in one tick: those that rest or leave must not take it all, nor
hold everything else up."""


@dataclass(frozen=True)
class Choice:
    """What becomes of the companies whose turn it is: records to dispatch, and the ring's moves."""

    pks: tuple[int, ...] = ()
    took: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    rest: tuple[tuple[str, float], ...] = ()

    @property
    def dealt_with(self) -> set[str]:
        """Whose turn is decided; those after them keep theirs for the next look."""
        resting = (company_id for company_id, _ in self.rest)
        return {*chain(self.took, self.passed, self.leave, resting)}


@dataclass(frozen=True)
class Threads:
    """The living threads of workers.

    Attributes:
        by_entity: those that consume its queue; an entity without one is not dispatched.
        all: each counted once.
    """

    by_entity: Mapping[str, int] = field(default_factory=dict)
    all: int = 0

    @property
    def served(self) -> set[str]:
        """The entities that somebody consumes."""
        return {entity for entity, threads in self.by_entity.items() if threads}


def dispatch(
    connection: Connection,
    roster: Roster,
    threads: Threads,
    *,
    pace: timedelta,
    full_pause: timedelta,
    most: int,
) -> list[Place]:
    """Hand out places in the leader's open transaction; the caller commits, then publishes.

    Where no queue has room nothing is read or written, however many companies wait for it.

    Args:
        connection: the leading relay's transaction.
        roster: the leader's, refreshed; where this transaction fails it has to be built anew.
        threads: who works.
        pace: the least time between two turns of one company.
        full_pause: for how long a company is passed over whose work is all of full entities.
        most: the most places to hand out.
    """
    places: list[Place] = []
    unclaimed = roster.in_flight.unclaimed_by_entity.copy()
    room = _room(threads.by_entity, unclaimed)
    most = min(most, math.ceil(ALL_PER_THREAD * threads.all) - unclaimed.total())
    looks = 0
    while looks < LOOKS_MOST:
        open_entities = [entity for entity, free in room.items() if free > 0]
        asked_for = most - len(places)
        company_ids = roster.ring.take(asked_for) if open_entities else []
        if not company_ids:
            break
        looks += len(company_ids)
        turns = _read(connection, roster, company_ids, open_entities)
        all_served = len(open_entities) == len(threads.served)
        choice = choose(turns, room, all_served=all_served, most=asked_for)
        due_again = _move(roster.ring, choice, turns, pace, full_pause)
        taken = take_places(connection, choice.pks) if choice.pks else []
        roster.in_flight.hand_out(taken)
        places += taken
        # All whose turn it was have had it, and nobody's next has come meanwhile.
        if len(company_ids) < asked_for and not due_again:
            break
        for place in taken:
            room[place.entity] -= 1
    return places


def _read(
    connection: Connection, roster: Roster, company_ids: Sequence[str], served: Sequence[str]
) -> list[Turn]:
    """Read the turns of these companies, each from its oldest record on.

    Where that finds nothing it is read again from the beginning before anybody believes it.
    """
    turns = _read_from(connection, roster, company_ids, served)
    unsure = [each.company_id for each in turns if each.pk is None]
    unsure = [each for each in unsure if each in roster.oldest]
    if unsure:
        roster.oldest.forget(unsure)
        sure = {each.company_id: each for each in _read_from(connection, roster, unsure, served)}
        turns = [sure.get(each.company_id, each) for each in turns]
    if len(served) == len(ENTITIES):
        for turn in turns:
            roster.oldest.saw(
                turn.company_id, roster.ring.now if turn.since is None else turn.since
            )
    roster.ring.leave(set(company_ids).difference(turn.company_id for turn in turns))
    return turns


def _read_from(
    connection: Connection, roster: Roster, company_ids: Sequence[str], served: Sequence[str]
) -> list[Turn]:
    held = roster.in_flight.by_company
    return read_turns(
        connection,
        company_ids,
        held=[held[each] for each in company_ids],
        since=roster.oldest.of(company_ids),
        served=served,
    )


def _move(
    ring: Ring, choice: Choice, turns: Sequence[Turn], pace: timedelta, full_pause: timedelta
) -> bool:
    """Tell the ring what becomes of each; say whether any of them has a turn now."""
    ring.leave(choice.leave)
    ring.wait(choice.passed, ring.now + full_pause.total_seconds())
    for company_id, until in choice.rest:
        ring.rest(company_id, until)
    dealt_with = choice.dealt_with
    not_reached = [turn.company_id for turn in turns if turn.company_id not in dealt_with]
    ring.keep(not_reached)
    return ring.pass_turn(choice.took, pace.total_seconds()) or bool(not_reached)


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
    took: list[str] = []
    passed: list[str] = []
    leave: list[str] = []
    rest: list[tuple[str, float]] = []
    for turn in turns:
        if not any(left.values()) or len(pks) >= most:
            break
        if not turn.open or turn.places <= 0 or (turn.pk is None and all_served):
            leave.append(turn.company_id)
        elif turn.paused_until is not None:
            rest.append((turn.company_id, turn.paused_until))
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
