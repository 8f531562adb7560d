"""What every row of this ProLine shares: its schema, opaque text ids, and when it last changed."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import DateTime, ForeignKey, MetaData, Numeric, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "proline"

Key = Annotated[str, mapped_column(primary_key=True)]
Time = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Cents = Annotated[Decimal, mapped_column(Numeric(12, 2))]
"""Dollars, exact to the cent."""
Amount = Annotated[Decimal, mapped_column(Numeric(12, 3))]
"""A quantity: squares, feet, hours."""
OfCompany = Annotated[str, mapped_column(ForeignKey("companies.id"), index=True)]


class Row(DeclarativeBase):
    """A row of ProLine's schema."""

    metadata = MetaData(schema=SCHEMA)


class Changed:
    """A row that says when it last changed, by a clock that moves within a transaction."""

    updated_at: Mapped[Time] = mapped_column(
        server_default=func.clock_timestamp(), onupdate=func.clock_timestamp()
    )


class Addressed:
    """A row with a postal address."""

    line1: Mapped[str | None]
    line2: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postal_code: Mapped[str | None]
    country: Mapped[str | None]
