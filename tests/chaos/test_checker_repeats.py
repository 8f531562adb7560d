"""The checker sees what is made twice, and what is sent again before it was looked for."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from chaos.checker import Kind
from chaos.checker.repeats import LOOKED_FOR_AFTER
from records.claims import OpenAttempt
from tests.chaos.calls import BEGAN, Written, at, kinds, running, sound
from workers.lookups import query_for
from workers.waits import Waits


def test_a_record_made_twice_is_seen() -> None:
    """One record, one object."""
    written = sound()
    written.customer(7, 1, object_id="2")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_running_balance_invoices_booked_one_by_one_are_seen() -> None:
    """Each repeats the whole sum of its project: two objects book the revenue twice."""
    written = sound()
    for invoice_id, number in (("i2", "2"), ("i3", "3")):
        written.invoices.append(running(invoice_id, number))
    written.revision(4, "invoice", "i2", total="100.00")
    written.revision(5, "invoice", "i3", total="100.00")
    written.invoice(7, 4, object_id="6")
    written.invoice(8, 5, object_id="7")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


@pytest.mark.parametrize(
    ("proved", "status", "looked", "breaches"),
    [
        (False, None, False, {Kind.DUPLICATES: 1}),
        (False, 503, False, {Kind.DUPLICATES: 1}),
        (False, 408, False, {Kind.DUPLICATES: 1}),
        (False, 200, False, {Kind.DUPLICATES: 1}),
        (False, None, True, {}),
        (False, 401, False, {}),
        (True, None, False, {}),
    ],
    ids=[
        "nobody looked",
        "nobody looked after a 503",
        "nobody looked after a 408",
        "nobody looked after an answer that nobody had",
        "looked",
        "refused",
        "proved",
    ],
)
def test_a_payment_is_not_sent_again_before_it_was_looked_for(
    *, proved: bool, status: int | None, looked: bool, breaches: dict[Kind, int]
) -> None:
    """Whether the first was done nobody knows; only a proved requestid makes it safe."""
    written = sent_once(status)
    written.proved = proved
    if looked:
        written.look(136)
    written.payment(140, 3, requestid="again")

    assert kinds(written.judged()) == breaches


LOOKS: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    "for another customer": (136, {"customer": "2"}),
    "for another day": (136, {"day": "2026-11-19"}),
    "for invoices": (136, {"entity": "Invoice"}),
    "for anything": (136, {"query": "SELECT * FROM Payment STARTPOSITION 1 MAXRESULTS 100"}),
    "failed": (136, {"status": 503}),
    "brought nothing": (136, {"status": None}),
    "came too early": (127.9, {}),
    "is not answered yet": (136, {"ended_at": at(140.1)}),
}


@pytest.mark.parametrize(("second", "changes"), LOOKS.values(), ids=LOOKS)
def test_a_look_that_cannot_tell_is_none(second: float, changes: Mapping[str, Any]) -> None:
    """It asks for this payment, has an answer, and asks once QuickBooks must have one too."""
    written = sent_once(None)
    written.look(second, **changes)
    written.payment(140, 3, requestid="again")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 1}


def test_a_call_may_have_left_a_while_before_it_arrived() -> None:
    """A worker is frozen before its first byte: the time to the look counts from its slot."""
    written = sent_once(None)
    written.look(128.1)
    written.payment(140, 3, requestid="again")

    assert written.judged().is_clean


@pytest.mark.parametrize(
    ("status", "breaches"),
    [(None, {Kind.DUPLICATES: 1}), (401, {})],
    ids=["open again", "turned away"],
)
def test_each_send_that_is_left_open_wants_a_look_of_its_own(
    status: int | None, breaches: dict[Kind, int]
) -> None:
    """One that was turned away was not done: the look of before it still holds."""
    written = sent_once(None)
    written.look(136)
    written.payment(137, 3, requestid="again", status=status, applied_at=None)
    written.look(200)
    written.payment(210, 3, requestid="again")

    assert kinds(written.judged()) == breaches


def test_a_send_that_was_turned_away_excuses_nobody() -> None:
    """The one before it is as open as it was."""
    written = sent_once(None)
    written.payment(137, 3, requestid="again", status=401, applied_at=None)
    written.payment(140, 3, requestid="again")

    assert kinds(written.judged()) == {Kind.DUPLICATES: 2}


@pytest.mark.parametrize("entity", ["Invoice", "Payment"])
def test_an_invoice_without_a_number_is_looked_for_too(entity: str) -> None:
    """QuickBooks numbers it: it would take a second one."""
    written = sound()
    written.proved = False
    (_, first, _) = written.calls
    del written.calls[1:]
    written.calls.append(replace(first, requestid="again", status=None, applied_at=None))
    written.look(136, entity)
    written.invoice(140, 2, requestid="again")
    written.payment(141, 3)

    assert kinds(written.judged()) == ({} if entity == "Invoice" else {Kind.DUPLICATES: 1})


def test_what_the_workers_ask_is_a_look() -> None:
    """The checker states both question and time again, and must not ask for others."""
    written = sent_once(None)
    sent = written.calls[-1].body
    attempt = OpenAttempt(
        id=1,
        part="",
        operation="create",
        kind="Payment",
        path="payment",
        params=[],
        body=json.dumps(sent, default=str).encode(),
        request_id="again",
        version=1,
        basis="",
        wanted={},
        started_at=BEGAN,
        sends=1,
    )
    written.look(136, query=dict(query_for(attempt).params)["query"])
    written.payment(140, 3, requestid="again")

    assert written.judged().is_clean
    assert Waits().look_up_after == LOOKED_FOR_AFTER


def sent_once(status: int | None) -> Written:
    """Give a run whose payment was sent at second 6, if nobody counts on its requestid."""
    written = sound()
    written.proved = False
    written.calls.pop()
    written.payment(6, 3, requestid="again", status=status, applied_at=None)
    return written


def test_what_quickbooks_refuses_twice_may_be_sent_again() -> None:
    """A name, a number and a version are looked after by QuickBooks itself."""
    written = sound()
    written.proved = False
    body = {**written.calls[1].body, "DocNumber": "1001"}
    written.calls[:2] = [
        replace(written.calls[0], seq=1, requestid="c", status=None, applied_at=None),
        replace(written.calls[0], seq=2, requestid="c"),
        replace(written.calls[1], seq=3, requestid="i", status=None, applied_at=None, body=body),
        replace(written.calls[1], seq=4, requestid="i", body=body),
    ]

    assert kinds(written.judged()) == {}
