"""People: each role may do what its row says, and no more."""

import pytest

from access.people import Person, Right, Role


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMIN, {Right.LOOK, Right.ACT, Right.SET_UP}),
        (Role.OFFICE, {Right.LOOK, Right.ACT}),
        (Role.VIEWER, {Right.LOOK}),
    ],
)
def test_a_role_may_do_what_its_row_says(role: Role, rights: set[Right]) -> None:
    """Only an admin sets up; the office works; a viewer looks."""
    person = Person("company-1", "user-1", "Jane Example", role)

    assert {right for right in Right if person.may(right)} == rights


def test_every_role_has_a_row() -> None:
    """A new role without one would break the page for whoever has it."""
    for role in Role:
        assert Person("company-1", "user-1", "Jane Example", role).may(Right.LOOK)
