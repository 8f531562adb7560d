"""The page of rows says what the table of rows says."""

from collections import Counter

from tests.behaviour.page import PAGE, page
from tests.behaviour.table import ROWS


def test_the_page_is_the_table() -> None:
    """Write it anew with `python -m tests.behaviour.page`."""
    assert PAGE.read_text() == page()


def test_each_row_has_a_test_of_its_own() -> None:
    """Two rows shown by one play would be one row."""
    assert [name for name, times in Counter(row.name for row in ROWS).items() if times > 1] == []
