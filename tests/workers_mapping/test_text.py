"""Text as QuickBooks takes it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.mapping.text import clean_body, clean_line, clean_name, cut, valid_email


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("Smith: Roof", "Smith Roof"),
        ("  Ann\tSmith\r\n", "Ann Smith"),
        ("Ann\x00\x07Smith", "Ann Smith"),
        ("Ann 🏠 Smith 👩‍🔧", "Ann Smith"),
        ("O\u2019Neil & Søn <b>", "O\u2019Neil & Søn <b>"),
        ("Jose\u0301", "José"),
        ("Ann\u200b\u202eSmith\ufe0f", "AnnSmith"),
        ("\ud800", ""),
        ("Jose\u200b\u0301", "José"),
        ("\ufa6c", ""),
        (None, ""),
    ],
)
def test_a_name_loses_what_quickbooks_refuses_and_nothing_else(
    typed: str | None, cleaned: str
) -> None:
    """Colon, tab, newline, control characters and emoji go; quotes, accents and HTML stay."""
    assert clean_name(typed) == cleaned


def test_a_line_keeps_its_colons() -> None:
    """Only names are forbidden a colon."""
    assert clean_line("Attn: Ann\nSmith") == "Attn: Ann Smith"


def test_a_body_keeps_its_lines_and_quotes() -> None:
    """Line breaks of every kind become line feeds; curly quotes are kept as typed."""
    assert (
        clean_body("\nIt\u2019s “done”:\r\n\tall  of it\u2028yes\n")
        == "It\u2019s “done”:\nall of it\nyes"
    )


def test_the_name_is_cut_never_the_suffix() -> None:
    """Characters are counted, and no blank is left before the suffix."""
    assert cut("Ann Marie", " - C#1", 10) == "Ann - C#1"


def test_a_suffix_over_the_limit_is_an_error() -> None:
    """Cutting a negative number of characters would silently lose the wrong end."""
    with pytest.raises(ValueError, match="over the limit"):
        cut("Ann", " - C#1001", 5)


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """A name read back and cleaned again stays equal, so nothing is rewritten for ever."""
    cleaned = clean_name(text)

    assert clean_name(cleaned) == cleaned
    assert clean_body(clean_body(text)) == clean_body(text)


@given(st.text(st.characters(), max_size=200))
def test_no_forbidden_character_survives(text: str) -> None:
    """No colon, control, invisible or four-byte character is left, nor two blanks in a row."""
    cleaned = clean_name(text)

    assert not {unicodedata.category(each) for each in cleaned} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert all(each <= "\uffff" for each in cleaned)
    assert ":" not in cleaned
    assert cleaned == " ".join(cleaned.split())


@pytest.mark.parametrize(
    "address", ["ann@example.com", " a.b+c@mail.example.com ", "o'x@example.co"]
)
def test_a_sound_address_is_kept_trimmed(address: str) -> None:
    """What has an `@` and a dotted domain goes to QuickBooks."""
    assert valid_email(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "ann",
        "ann@",
        "ann@example",
        "ann@example..com",
        "a@b@example.com",
        "ann smith@example.com",
        "a@example.com, b@example.com",
        "änn@example.com",
        "a" * 90 + "@example.com",
        "ann@example.com\nbcc: x@example.com",
    ],
)
def test_a_malformed_address_is_none(address: str | None) -> None:
    """QuickBooks would refuse the whole customer (2210) for it."""
    assert valid_email(address) is None
