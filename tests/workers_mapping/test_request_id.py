"""The request id of a write."""

from uuid import UUID

import pytest

from workers.mapping import request_id

WRITE = ("9130", "company-1", "invoice", "invoice-1", "", "create", 0, 0, b"{}")


def test_the_same_write_has_the_same_id_for_ever() -> None:
    """A retry after a restart must be recognised by QuickBooks, so the id is spelt out here."""
    assert request_id(*WRITE) == request_id(*WRITE)
    assert str(UUID(request_id(*WRITE))) == request_id(*WRITE)
    assert len(request_id(*WRITE)) == 36
    assert request_id(*WRITE) == "4ec32da2-5130-532a-8fc6-f3699cf2e122"


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (0, "9131"),
        (1, "company-2"),
        (2, "payment"),
        (3, "invoice-2"),
        (4, "58"),
        (5, "update"),
        (6, 1),
        (7, 1),
        (8, b"{ }"),
    ],
)
def test_every_part_makes_another_id(place: int, other: object) -> None:
    """Leave one part out and QuickBooks answers one write with the result of another."""
    changed = [*WRITE]
    changed[place] = other

    assert request_id(*changed) != request_id(*WRITE)  # type: ignore[arg-type]  # the same


def test_parts_do_not_run_into_each_other() -> None:
    """Two ids that join to the same text are two records."""
    one = request_id("1", "ab", "invoice", "c", "", "create", 0, 0, b"")
    other = request_id("1", "a", "invoice", "bc", "", "create", 0, 0, b"")

    assert one != other
