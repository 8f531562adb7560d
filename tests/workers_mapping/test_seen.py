"""What a reading shows of a write whose answer was lost: ours, theirs, done or not."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.workers_mapping.examples import line
from tests.workers_mapping.quickbooks import echo, through_json
from tests.workers_mapping.test_changes import CODE, THEIR_LINE, after, bill, customer, paid
from workers.mapping import (
    OTHER_LINES,
    AppliedLine,
    changed_fields,
    seen_of_create,
    seen_of_update,
)
from workers.mapping.values import stored

BILLS: dict[str, dict[str, object]] = {
    "memo": {"memo": "Thanks again"},
    "due date": {"due_on": "2026-05-01"},
    "no memo": {"memo": None},
    "dearer": {"lines": [line(amount="250", unit_price="62.50")], "total": "250"},
    "a line more": {"lines": [line(), line(id="line-2")], "total": "200"},
    "other lines": {"lines": [line(id="line-3", name="Tiles")], "total": "100"},
}


def some_of(*names: str) -> st.SearchStrategy[dict[str, object]]:
    """Give some of these changes at once; of two that change the lines, the later one."""
    return st.sets(st.sampled_from(names), min_size=1, max_size=3).map(
        lambda drawn: {key: value for each in sorted(drawn) for key, value in BILLS[each].items()}
    )


CHANGES = some_of(*BILLS)
EDITS = some_of("memo", "due date", "no memo", "dearer", "other lines")
"""What changes fields of ours; a line more would be a person's own."""


def sent(base: dict[str, Any], wanted: dict[str, Any]) -> set[str]:
    """Name what an update from one to the other carries."""
    return set(changed_fields(base, wanted))


@given(changes=CHANGES, code=st.sampled_from([{}, CODE]))
def test_an_update_that_was_done_is_seen_as_its_answer_would_have_been(
    changes: dict[str, object], code: dict[str, Any]
) -> None:
    """All of it is there and nothing else was touched."""
    base, wanted = after("Invoice", bill(**code)), bill(changes, **code)
    theirs = echo("Invoice", wanted) | {"SyncToken": "5"}

    seen = seen_of_update("Invoice", base, theirs, stored_fields(wanted), sent(base, wanted))

    assert (seen.whole, seen.untouched) == (True, True)
    assert through_json(seen.owned) == after("Invoice", wanted)


@given(changes=CHANGES, theirs_too=CHANGES)
def test_an_update_that_was_not_done_is_never_seen_whole_unless_all_of_it_is_there(
    changes: dict[str, object], theirs_too: dict[str, object]
) -> None:
    """A person may have entered some of its values; what is still to be sent is sent."""
    base, wanted = after("Invoice", bill()), bill(changes)
    there = bill(theirs_too)

    seen = seen_of_update(
        "Invoice", base, echo("Invoice", there), stored_fields(wanted), sent(base, wanted)
    )

    done = not changed_fields(after("Invoice", there), wanted).keys() & sent(base, wanted)
    assert seen.whole == done
    if not seen.whole:
        assert changed_fields(seen.owned, wanted).keys() & sent(base, wanted)


def test_nothing_is_seen_of_one_that_was_not_done() -> None:
    """What is known stays as it was."""
    base, wanted = after("Invoice", bill()), bill(BILLS["dearer"])

    seen = seen_of_update(
        "Invoice", base, echo("Invoice", bill()), stored_fields(wanted), sent(base, wanted)
    )

    assert (seen.owned, seen.whole, seen.untouched) == (base, False, False)


def test_somebody_elses_line_is_no_line_of_ours() -> None:
    """It stands behind our two, and goes back with them."""
    wanted = bill(BILLS["a line more"])
    base = after("Invoice", bill())
    answer = echo("Invoice", wanted)
    theirs = answer | {"Line": [*answer["Line"], THEIR_LINE]}

    seen = seen_of_update("Invoice", base, theirs, stored_fields(wanted), sent(base, wanted))

    assert seen.whole
    assert len(seen.owned["Line"]) == 2
    assert len(seen.owned[OTHER_LINES]) == 1


def test_emptied_lines_are_seen_where_none_is_left() -> None:
    """Another line that was moved there by hand shows nothing."""
    line_of = AppliedLine("300", Decimal(40))
    base, wanted = after("Payment", paid(line_of)), paid()
    moved = echo("Payment", paid(AppliedLine("301", Decimal(40))))

    gone = seen_of_update(
        "Payment", base, echo("Payment", paid()), stored_fields(wanted), sent(base, wanted)
    )
    other = seen_of_update("Payment", base, moved, stored_fields(wanted), sent(base, wanted))

    assert (gone.whole, other.whole) == (True, False)


def test_a_value_that_a_person_changed_after_ours_is_not_known_as_theirs() -> None:
    """The old one is not either: what we had written is what theirs is compared with."""
    base = after("Customer", customer())
    wanted = customer(phone="(555) 555-0101", email="bea@example.com")
    theirs = echo("Customer", wanted) | {"GivenName": "Johnny"}

    seen = seen_of_update("Customer", base, theirs, stored_fields(wanted), sent(base, wanted))

    assert (seen.whole, seen.untouched) == (True, False)
    assert seen.owned == after("Customer", wanted)


@given(changes=EDITS)
def test_what_somebody_edited_of_our_create_is_known_as_we_made_it(
    changes: dict[str, object],
) -> None:
    """So it is found changed by whoever writes next."""
    made = bill()

    seen = seen_of_create("Invoice", echo("Invoice", bill(changes)), stored_fields(made))

    assert not seen.untouched
    assert changed_fields(through_json(seen.owned), made) == {}


def test_a_create_that_nobody_edited_is_known_as_it_is() -> None:
    """QuickBooks has added its own to it."""
    seen = seen_of_create("Invoice", echo("Invoice", bill()), stored_fields(bill()))

    assert seen.untouched
    assert through_json(seen.owned) == after("Invoice", bill())


def stored_fields(wanted: dict[str, Any]) -> dict[str, Any]:
    """Give the wanted state as an attempt keeps it."""
    kept = stored(wanted)
    assert isinstance(kept, dict)
    return kept
