"""Said: each write says what ProLine said at the revision that it carries.

An invoice or payment comes to the same sum, to the cent; a customer is called as the contact was.
An update that leaves the revision alone says it of the one that its object shows: each change of a
record raises it, so a sum that is new comes with a revision that is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Revision
from chaos.checker.writes import Thing, Understood, Write
from demo.comparer.wording import customer_name

ZERO = Decimal("0.00")


def misquotations(seen: Understood) -> Iterator[Breach]:
    """Say which writes say something else than their revision did."""
    yield from _sums(seen)
    yield from _names(seen)


def _names(seen: Understood) -> Iterator[Breach]:
    contacts = {each.id: each for each in seen.realm.ledger.contacts}
    for write in seen.asked:
        revision = write.revision
        if revision is None or revision.name is None or "DisplayName" not in write.call.body:
            continue
        contact = contacts.get(revision.record_id)
        if contact is None:
            continue
        name = customer_name(replace(contact, display_name=revision.name))
        called = write.call.body["DisplayName"]
        if called != name:
            yield seen.breach(Kind.LOST, f"{write.name} says {called!r} instead of {name!r}")


def _sums(seen: Understood) -> Iterator[Breach]:
    shows: dict[Thing | None, Revision] = {}
    for write, done in seen.in_turn():
        shows |= {each.thing: each.revision for each in done if each.revision is not None}
        revision = _meant(write, shows)
        asks = _sum_in(write)
        if asks is None or revision is None or revision.total is None:
            continue
        if asks != revision.total:
            yield seen.breach(
                Kind.CENTS_OFF, f"{write.name} comes to {asks} instead of {revision.total}"
            )


def _meant(write: Write, shows: Mapping[Thing | None, Revision]) -> Revision | None:
    return shows.get(write.thing) if write.number is None else write.revision


def _sum_in(write: Write) -> Decimal | None:
    """Read the sum that a body says; None: it says none."""
    body = write.call.body
    match write.call.entity:
        case "Invoice" if "Line" in body:
            return _total_of(body)
        case "Payment" if "TotalAmt" in body:
            return Decimal(body["TotalAmt"])
    return None


def _total_of(invoice: Mapping[str, Any]) -> Decimal:
    """Add up what an invoice's body asks for."""
    total = ZERO
    for line in invoice["Line"]:
        match line.get("DetailType"):
            case "SalesItemLineDetail":
                total += Decimal(line.get("Amount") or 0)
            case "DiscountLineDetail":
                total -= Decimal(line.get("Amount") or 0)
    return total
