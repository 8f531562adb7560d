"""An answer of 300, 400 or so is not always a refusal: some say nothing of what was done.

What one call was told and what the calls of an attempt prove are two judgements, made in two
places; here they are held to agree.
"""

from collections.abc import Callable

import pytest

from tests.support.roofer import Roofer

NewRoofer = Callable[..., Roofer]
FORGETFUL = {"requestid": "ignored"}

TOO_LATE = {"status": 408, "empty": True, "applied": True}
ELSEWHERE = {"status": 302, "empty": True, "applied": True}
SEEN_BEFORE = {"status": 400, "fault": "600", "applied": True}
BROKEN_INSIDE = {"status": 400, "fault": "10000", "applied": True}


@pytest.mark.parametrize("how", [TOO_LATE, ELSEWHERE, SEEN_BEFORE, BROKEN_INSIDE], ids=str)
def test_a_payment_is_made_once_whatever_the_answer_leaves_open(
    new_roofer: NewRoofer, how: dict[str, object]
) -> None:
    """A redirect, a gateway's timeout, a repeated request id: the payment is looked up first."""
    roofer = new_roofer(books=FORGETFUL)
    roofer.fault({"entity": "payment", "operation": "create"}, **how)

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    assert len(roofer.held("Payment")) == 1
    assert len(roofer.writes("payment")) == 1
    assert roofer.reads() == ["existing_customer", "look_up"]
    assert roofer.record("payment", "y1").state == "done"
