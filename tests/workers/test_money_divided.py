"""How payments are divided among invoices and customers: no cent too much, no cent lost. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from records.allocation import Candidate, Resolution, resolve
from records.facts import Link, Parent
from records.states import State
from schemas import Entity, Payment, parse_snapshot
from tests.support.proline import payment as payment_snapshot
from tests.support.proline import project
from tests.workers.test_drafting import CLAIM
from tests.workers_mapping.examples import books
from workers.wanted import Naming, Wanted, wanted_of

BOOKS = books()
CUSTOMERS = ("1", "2", "3")
ZERO = Decimal(0)

cents = st.integers(1, 30_000).map(lambda whole: Decimal(whole) / 100)
some_cents = st.one_of(st.just(ZERO), cents)


@dataclass(frozen=True)
class Money:
    """A payment over invoices, with the amount allocated to each by its position."""

    amount: Decimal
    on: Mapping[int, Decimal]


invoices = st.lists(
    st.builds(
        lambda total, customer_id, elsewhere: Candidate(
            record_id="",
            state=State.DONE,
            customer_id=customer_id,
            total=total,
            elsewhere=elsewhere,
        ),
        some_cents,
        st.sampled_from(CUSTOMERS),
        some_cents,
    ),
    min_size=1,
    max_size=4,
).map(lambda drawn: [_numbered(each, pk) for pk, each in enumerate(drawn, start=1)])


def _numbered(candidate: Candidate, pk: int) -> Candidate:
    return replace(candidate, record_id=f"i{pk}", pk=pk, qbo_id=str(100 + pk))


@st.composite
def payments(draw: st.DrawFn, most: int) -> Money:
    """Draw a payment over some of the invoices; what is allocated may be more than it is."""
    positions = draw(st.lists(st.integers(0, most - 1), min_size=1, unique=True))
    return Money(draw(cents), {position: draw(cents) for position in positions})


def paid(money: Money) -> Payment:
    """Give the payment as ProLine says it."""
    said = payment_snapshot(amount=str(money.amount))
    return parse_snapshot(Entity.PAYMENT, said).snapshot


@given(st.data())
def test_payments_never_take_more_than_an_invoice_has(data: st.DataObject) -> None:
    """One after the other, under the locks of the invoices: the rest of each stays credit."""
    there = data.draw(invoices)
    held: dict[int, Decimal] = defaultdict(Decimal)
    for money in data.draw(st.lists(payments(len(there)), min_size=1, max_size=4)):
        seen = [replace(each, held_by_others=held[each.pk or 0]) for each in there]
        named = [(seen[position], amount) for position, amount in money.on.items()]

        resolution = resolve(paid(money), named, ())

        assert resolution == resolve(paid(money), named, ())
        assert not resolution.is_open
        assert sum((line.amount for line in resolution.lines), ZERO) <= money.amount
        for line in resolution.lines:
            assert ZERO < line.amount <= money.on[line.invoice_pk - 1]
            held[line.invoice_pk] += line.amount
    for each in there:
        assert held[each.pk or 0] <= max(each.total - each.elsewhere, ZERO)


@given(st.data())
def test_the_parts_of_a_payment_are_the_whole_of_it(data: st.DataObject) -> None:
    """Each customer has one part, with its lines and no more; what pays nothing is the first's."""
    there = data.draw(invoices)
    money = data.draw(payments(len(there)))
    named = [(there[position], amount) for position, amount in money.on.items()]
    before = data.draw(st.dictionaries(st.sampled_from(CUSTOMERS), cents))
    resolution = resolve(paid(money), named, ())

    parts = divided(money, resolution, before)

    alive = [each for each in parts if each.fields is not None]
    sums = [_sum(each) for each in alive]
    assert sum(sums, ZERO) == money.amount
    assert len({_customer(each) for each in alive}) == len(alive)
    assert len({each.part for each in parts}) == len(parts)
    for each, whole in zip(alive, sums, strict=True):
        assert ZERO < sum((line.amount for line in each.lines), ZERO) <= whole or not each.lines
        assert {line.customer_id for line in each.lines} <= {_customer(each)}
    written = [line for each in alive for line in each.lines]
    assert sorted(written, key=repr) == sorted(resolution.lines, key=repr)
    assert parts == divided(money, resolution, before)


@given(st.data())
def test_what_shrinks_is_written_before_what_grows(data: st.DataObject) -> None:
    """While its parts are written, QuickBooks never has more of a payment than ProLine had."""
    there = data.draw(invoices)
    money = data.draw(payments(len(there)))
    named = [(there[position], amount) for position, amount in money.on.items()]
    before = data.draw(st.dictionaries(st.sampled_from(CUSTOMERS), cents, min_size=1))
    most = max(sum(before.values(), ZERO), money.amount)
    booked = {name: before[link.customer_id or ""] for name, link in links(before).items()}

    for each in divided(money, resolve(paid(money), named, ()), before):
        booked[each.part] = ZERO if each.fields is None else _sum(each)

        assert sum(booked.values(), ZERO) <= most


def divided(
    money: Money, resolution: Resolution, before: Mapping[str, Decimal]
) -> tuple[Wanted, ...]:
    """Divide a payment that QuickBooks has already, by customer, as `before` says."""
    claim = replace(
        CLAIM,
        entity="payment",
        record_id="y1",
        snapshot=payment_snapshot(amount=str(money.amount)),
        project=Parent("p1", State.DONE, customer_mode="main", snapshot=project()),
        contact=Parent("c1", State.DONE, qbo_id="1"),
        parts=links(before),
        link=links(before).get(""),
    )
    return wanted_of(claim, BOOKS, Naming(), resolution)


def links(before: Mapping[str, Decimal]) -> dict[str, Link]:
    """Give the link of each part: the first is the empty one, others have their customer's name."""
    return {
        customer_id if position else "": Link(
            qbo_id=f"20{customer_id}",
            sync_token="0",
            customer_id=customer_id,
            total=total,
            owned={},
            adopted=False,
            voided=False,
        )
        for position, (customer_id, total) in enumerate(before.items())
    }


def _sum(wanted: Wanted) -> Decimal:
    return Decimal((wanted.fields or {})["TotalAmt"])


def _customer(wanted: Wanted) -> str:
    return str((wanted.fields or {})["CustomerRef"]["value"])
