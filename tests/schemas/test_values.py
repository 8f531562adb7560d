"""The values of the contract: what each reads, refuses and writes."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.values import Currency, Flag, Id, IsoDate, Money, Quantity, Text, UtcTime

MONEY: TypeAdapter[Decimal] = TypeAdapter(Money)
TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)
DATE: TypeAdapter[date] = TypeAdapter(IsoDate)
TEXT: TypeAdapter[str | None] = TypeAdapter(Text)
FLAG: TypeAdapter[bool] = TypeAdapter(Flag)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.50", Decimal("12.50")),
        ("-0.00001", Decimal("-0.00001")),
        ("999999999999999.99999", Decimal("999999999999999.99999")),
        ("10.0000000000", Decimal(10)),
        (7, Decimal(7)),
        (Decimal("1E+3"), Decimal(1000)),
    ],
)
def test_money_is_read_exactly(value: object, expected: Decimal) -> None:
    """A decimal string, an int and a Decimal keep every digit."""
    assert MONEY.validate_python(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        10.0,
        True,
        None,
        "",
        "abc",
        "1e5",
        "+1",
        " 1",
        "1\n",
        "1,000.00",
        "NaN",
        "Infinity",
        "\u0661",
        "1.000001",
        "1000000000000000",
        10**15,
        pytest.param(10**5000, id="an int too long to print"),
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+15"),
        Decimal("1E+999999999999999999"),
        Decimal("1E-999999999999999999"),
        [],
    ],
)
def test_what_is_no_exact_bounded_decimal_is_refused(value: object) -> None:
    """Floats have lost cents already; exponents, words and longer numbers have no place."""
    with pytest.raises(ValidationError):
        MONEY.validate_python(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**15) + 1))
def test_no_decimal_is_ever_rounded(value: Decimal) -> None:
    """What is read is equal to what was said, or it is refused."""
    try:
        read = MONEY.validate_python(value)
    except ValidationError:
        assert abs(value) >= 10**15
    else:
        assert read == value


@given(st.decimals(places=5, min_value=-(10**15) + 1, max_value=10**15 - 1))
def test_money_survives_being_written_and_read(value: Decimal) -> None:
    """The written form is a plain decimal string that reads as the same number."""
    written = MONEY.dump_python(value, mode="json")

    assert set(written) <= set("-0123456789.")
    assert MONEY.validate_python(written) == value


def test_a_large_quantity_is_written_without_an_exponent() -> None:
    """An exponent is refused on the way in, so none is written."""
    quantity: TypeAdapter[Decimal] = TypeAdapter(Quantity)

    assert quantity.dump_python(Decimal("1E+3"), mode="json") == "1000"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01T09:30:00-05:00", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("2026-03-01T14:30:00Z", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("2026-03-01T14:30:00.25+00:00", datetime(2026, 3, 1, 14, 30, 0, 250_000, tzinfo=UTC)),
        (
            datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=-5))),
            datetime(2026, 3, 1, 14, 30, tzinfo=UTC),
        ),
    ],
)
def test_a_time_with_offset_becomes_utc(value: object, expected: datetime) -> None:
    """Whatever offset ProLine wrote, we compute in UTC."""
    time = TIME.validate_python(value)

    assert time == expected
    assert time.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T14:30:00",
        datetime(2026, 3, 1, 14, 30),  # noqa: DTZ001 - a naive time is what must be refused
        "2026-03-01",
        "2026-13-01T14:30:00Z",
        "2026-03-01T14:30:00Z\n",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "1772375400",
        1772375400,
        True,
        None,
        date(2026, 3, 1),
    ],
)
def test_a_time_that_could_mean_two_moments_is_refused(value: object) -> None:
    """No offset, no calendar, or a bare number: nobody may guess."""
    with pytest.raises(ValidationError):
        TIME.validate_python(value)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_being_written_and_read(value: datetime) -> None:
    """The written form carries its offset and reads as the same moment."""
    written = TIME.dump_python(value, mode="json")

    assert TIME.validate_python(written) == value


@pytest.mark.parametrize("value", ["2026-03-01", date(2026, 3, 1)])
def test_a_calendar_date_is_read(value: object) -> None:
    """Both the wire form and a date are dates."""
    assert DATE.validate_python(value) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "20260301",
        "2026-03-01\n",
        "2026-03-01T00:00:00Z",
        datetime(2026, 3, 1, tzinfo=UTC),
        20260301,
        None,
    ],
)
def test_what_is_no_calendar_date_is_refused(value: object) -> None:
    """A time is no date: which day it is depends on where one stands."""
    with pytest.raises(ValidationError):
        DATE.validate_python(value)


@pytest.mark.parametrize(("value", "expected"), [("a", "a"), ("", None), (" \t", None)])
def test_blank_text_is_no_text(value: str, expected: str | None) -> None:
    """An empty name must not refuse a snapshot, and nobody downstream asks twice."""
    assert TEXT.validate_python(value) == expected


def test_a_number_is_no_text() -> None:
    """A number where text belongs is a mistake of the sender's, not a name."""
    with pytest.raises(ValidationError):
        TEXT.validate_python(5)


@pytest.mark.parametrize(("value", "expected"), [(None, False), (True, True), (False, False)])
def test_a_null_flag_is_false(value: object, expected: object) -> None:
    """Optional values may be null; not archived is the ordinary case."""
    assert FLAG.validate_python(value) is expected


@pytest.mark.parametrize("value", [1, "true", "no"])
def test_only_true_and_false_are_flags(value: object) -> None:
    """Words and numbers that look like flags differ between languages."""
    with pytest.raises(ValidationError):
        FLAG.validate_python(value)


@pytest.mark.parametrize("value", ["", "x" * 65, 5, None])
def test_an_id_is_text_of_one_to_64_characters(value: object) -> None:
    """Anything else could not be addressed."""
    with pytest.raises(ValidationError):
        TypeAdapter[str](Id).validate_python(value)


@pytest.mark.parametrize("value", ["usd", "US", "USDX", "USD\n"])
def test_a_currency_is_three_capital_letters(value: str) -> None:
    """ISO 4217 codes compare exactly with QuickBooks' own."""
    with pytest.raises(ValidationError):
        TypeAdapter[str](Currency).validate_python(value)
