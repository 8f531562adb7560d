"""What a roofing contractor sells, and seeded invoice lines made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from demo.scenario.changes import LineSheet

CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Ware:
    group: str
    service: str
    name: str
    description: str | None
    unit: str
    price_low: int
    price_high: int
    quantity_digits: int


_WARES: Final = (
    _Ware("Roof", "Roofing", "Tear-off", "Remove two layers, haul away", "SQ", 60, 140, 2),
    _Ware("Roof", "Roofing", "Shingles", "30-year, “Weathered Wood”", "SQ", 210, 420, 2),
    _Ware("Roof", "Roofing", "Ice & water shield", None, "LF", 2, 6, 0),
    _Ware("Roof", "Roofing", 'Drip edge 2" x 2"', "Aluminium, white", "LF", 1, 4, 3),
    _Ware("Gutters", "Gutters", '6" seamless gutter', "Café brown", "LF", 8, 17, 3),
    _Ware("Gutters", "Gutters", "Downspout 3x4", None, "EA", 65, 140, 0),
    _Ware("Siding", "Siding", "Hardie plank", "Primed; painting by others", "SF", 7, 14, 2),
    _Ware("Other", "Repairs", "Replace rotten decking", "Per sheet, 4x8", "EA", 75, 120, 0),
    _Ware("Other", "Repairs", "Emergency call-out", "O'Brien & sons, at night", "HR", 90, 190, 2),
)
_TEXTS: Final = (
    "All work carries our ten-year workmanship warranty.",
    "Colors to be confirmed before delivery — ask for Zoë.",
)


def lines(rng: Random, new_id: Callable[[], str], count: int) -> tuple[LineSheet, ...]:
    """Draw invoice lines in the order of their groups; one in three invoices ends with a text line.

    Args:
        rng: The scenario's own source of chance.
        new_id: Gives an id nobody has.
        count: How many lines sell something.
    """
    drawn = sorted(rng.sample(_WARES, count), key=_WARES.index)
    sold = tuple(item_line(rng, new_id(), ware) for ware in drawn)
    if rng.random() < 1 / 3:
        return (*sold, LineSheet(new_id(), "text", rng.choice(_TEXTS)))
    return sold


def extra_line(rng: Random, new_id: Callable[[], str]) -> LineSheet:
    """Draw one more line, as a change order adds it."""
    return item_line(rng, new_id(), _WARES[7])


def item_line(rng: Random, line_id: str, ware: _Ware) -> LineSheet:
    """Price a ware: quantity times price, rounded to the cent as ProLine rounds it."""
    step = Decimal(1).scaleb(-ware.quantity_digits)
    quantity = (Decimal(rng.randint(200, 4800)) / 100).quantize(step) + step
    unit_price = Decimal(rng.randint(ware.price_low * 100, ware.price_high * 100)) / 100
    amount = (quantity * unit_price).quantize(CENT, ROUND_HALF_UP)
    return LineSheet(
        id=line_id,
        kind="item",
        name=ware.name,
        group=ware.group,
        description=ware.description,
        service=ware.service,
        quantity=quantity,
        unit=ware.unit,
        unit_price=unit_price,
        amount=amount,
        cost=(amount * Decimal("0.61")).quantize(CENT, ROUND_HALF_UP),
    )


def total(sheets: tuple[LineSheet, ...]) -> Decimal:
    """Add up what lines ask for."""
    return sum((sheet.amount for sheet in sheets if sheet.amount is not None), Decimal("0.00"))
