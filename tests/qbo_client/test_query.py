"""Select statements: no name, however typed, gets out of its literal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qbo_client import query


def test_a_statement_names_conditions_and_page() -> None:
    """Conditions are joined by AND; the page is always said."""
    statement = query.select(
        "Customer",
        [query.equal("DisplayName", "Pat O'Hara"), query.ACTIVE_OR_NOT],
        start=11,
        limit=10,
    )

    assert statement == (
        r"SELECT * FROM Customer WHERE DisplayName = 'Pat O\'Hara'"
        " AND Active IN (true, false) STARTPOSITION 11 MAXRESULTS 10"
    )


def test_values_are_listed_with_in() -> None:
    """IN is the only way to ask for several: the language has no OR."""
    assert query.one_of("DocNumber", ["1", "2's"]) == r"DocNumber IN ('1', '2\'s')"


def test_a_list_of_nothing_is_refused() -> None:
    """An empty IN would be refused by the parser."""
    with pytest.raises(ValueError, match="IN needs a value"):
        query.one_of("DocNumber", [])


@settings(deadline=None)
@given(st.text())
def test_a_literal_ends_where_it_should(text: str) -> None:
    """Read by the backslash rule, a quoted text is one literal and the same text."""
    literal = query.quote(text)

    assert re.fullmatch(r"'(?:[^'\\]|\\.)*'", literal, re.DOTALL)
    assert re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL) == text


@pytest.mark.parametrize(("start", "limit"), [(0, 1), (1, 0), (1, 1001)])
def test_a_page_quickbooks_would_refuse_is_not_written(start: int, limit: int) -> None:
    """Positions start at 1 and a page has at most 1000 rows."""
    with pytest.raises(ValueError, match="1000"):
        query.select("Customer", start=start, limit=limit)


@pytest.mark.parametrize("word", ["", "a b", "x;y", "1a", "a'"])
def test_a_field_is_a_word(word: str) -> None:
    """Only values are escaped, so nothing else may come from outside."""
    with pytest.raises(ValueError, match="plain word"):
        query.equal(word, "1")


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("John O\u2019Hara - C#1001", "DisplayName LIKE 'John O%'"),
        ("Roof \u2013 north", "DisplayName LIKE 'Roof%'"),
        ("100% Roofing", "DisplayName LIKE '100%'"),
        ("Plain Name", "DisplayName LIKE 'Plain Name%'"),
        ("Éva", "DisplayName LIKE '%va%'"),
        ("\u2019Ada\u2013Example\u2019", "DisplayName LIKE '%Example%'"),
        ("Éé", None),
        ("", None),
    ],
)
def test_the_fallback_asks_in_plain_ascii(name: str, condition: str | None) -> None:
    """On code 4000 a superset is asked for that no phone's quote can break."""
    assert query.ascii_part_like(name) == condition


@settings(deadline=None)
@given(st.text())
def test_the_fallback_always_finds_the_name_itself(name: str) -> None:
    """What is asked for is a part of the name, holds no wildcard of its own, and is ASCII."""
    condition = query.ascii_part_like(name)

    if condition is not None:
        pattern = condition.removeprefix("DisplayName LIKE '").removesuffix("%'")
        part = pattern.removeprefix("%")
        assert part in name
        assert pattern.startswith("%") or name.startswith(part)
        assert part.isascii()
        assert not set(part) & set("%_'\\")
