"""Holdings: once all has settled, the books hold exactly what ProLine says, to the cent."""

from collections.abc import Iterator
from typing import Final

from chaos.checker.breaches import Breach, Kind
from chaos.checker.facts import Realm
from demo.comparer import Difference, compare, expected_books

MONEY: Final = frozenset({"total", "balance", "amount", "credit", "paid", "discount"})


def holdings(realm: Realm) -> Iterator[Breach]:
    """Say where the books part from what they must hold."""
    for each in compare(expected_books(realm.office, realm.ledger), realm.books):
        sentence = f"{each.what}: {each.field} is {each.actual} instead of {each.expected}"
        yield Breach(_kind(each), realm.company_id, sentence)


def _kind(difference: Difference) -> Kind:
    if difference.field == "copies" or difference.actual == "is there":
        return Kind.DUPLICATES
    amount = difference.field.startswith(("amount of line", "applied to"))
    if amount or difference.field in MONEY:
        return Kind.CENTS_OFF
    return Kind.LOST
