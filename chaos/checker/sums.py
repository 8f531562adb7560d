"""Sums: each invoice that was written came to what ProLine said at that revision, to the cent."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from chaos.checker.breaches import Breach, Kind
from chaos.checker.writes import Understood

ZERO = Decimal("0.00")


def sums(seen: Understood) -> Iterator[Breach]:
    """Say which invoices were written with another sum than their revision's."""
    for write in seen.asked:
        revision = write.revision
        if write.call.entity != "Invoice" or revision is None or revision.total is None:
            continue
        if "Line" not in write.call.body:
            continue
        asks = total_of(write.call.body)
        if asks != revision.total:
            yield seen.breach(
                Kind.CENTS_OFF, f"{write.name} asks for {asks} instead of {revision.total}"
            )


def total_of(invoice: Mapping[str, Any]) -> Decimal:
    """Add up what an invoice's body asks for."""
    total = ZERO
    for line in invoice["Line"]:
        match line.get("DetailType"):
            case "SalesItemLineDetail":
                total += Decimal(line.get("Amount") or 0)
            case "DiscountLineDetail":
                total -= Decimal(line.get("Amount") or 0)
    return total
