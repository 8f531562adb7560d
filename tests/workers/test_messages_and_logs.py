"""What leaves the tables: claim checks and log lines, and neither says who the customer is."""

import io
import logging
from collections.abc import Callable, Generator
from typing import Any

import dramatiq
import pytest
import structlog
from dramatiq.brokers.stub import StubBroker

from app import embedded, logs
from tests.support.roofer import COMPANY, Roofer
from workers.embedded import embedded_broker
from workers.session import Session

NewRoofer = Callable[..., Roofer]
CUSTOMER_DATA = ("Ada", "Example", "ada@", "555-0100", "Gate code", "Tear-off")


class Listener(dramatiq.Middleware):
    """Keeps every message that a worker begins."""

    def __init__(self) -> None:
        """Begin with none."""
        self.messages: list[Any] = []
        self.repeat = False

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:  # noqa: ANN401  # as inherited
        """Keep it, and deliver it once more if asked to."""
        again = message in self.messages
        self.messages.append(message)
        if self.repeat and not again:
            broker.enqueue(message)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    """Listen at the broker of the next contractor."""
    ear = Listener()

    def overheard() -> StubBroker:
        broker = embedded_broker()
        broker.add_middleware(ear)
        return broker

    monkeypatch.setattr(embedded, "embedded_broker", overheard)
    return ear


@pytest.fixture
def written() -> Generator[io.StringIO]:
    """Give what production's logging writes at INFO, and put logging back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(level="INFO", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def play(roofer: Roofer) -> None:
    """Go through creates, an update, a refusal, a lost answer and a refresh."""
    roofer.fault({"entity": "invoice", "operation": "create"}, answer="lost")
    roofer.fault({"entity": "payment", "operation": "create"}, status=400, fault="5030")
    roofer.contact(phone="555-0100").project().invoice(memo="Gate code 0000").settle()
    roofer.operator("expire")
    roofer.payment("100.00", {"i1": "100.00"}).contact(given_name="Ada").settle()


def test_a_bug_is_told_without_its_own_words(
    new_roofer: NewRoofer, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may quote the value it stumbled over; where it struck is enough to find it."""
    roofer = new_roofer()
    monkeypatch.setattr("workers.run.write", stumble)

    roofer.contact(display_name="Ada Example").project().settle()

    assert roofer.record("contact", "c1").code == "internal_error"
    said = written.getvalue()
    assert "record.broke" in said
    assert "stumble" in said
    assert "Ada" not in said


def stumble(session: Session) -> bool:
    """Break, quoting what was at hand."""
    raise ValueError(f"bad name {session.claim.snapshot['display_name']!r}")


def test_a_message_is_a_claim_check_without_customer_data(
    listener: Listener, new_roofer: NewRoofer
) -> None:
    """Record, company, epoch and token: what the broker holds tells nobody anything."""
    roofer = new_roofer()

    play(roofer)

    assert len(listener.messages) >= 4
    for message in listener.messages:
        pk, company_id, epoch, token = message.args
        assert (type(pk), company_id, type(epoch), len(token)) == (int, COMPANY, int, 36)
        assert message.kwargs == {}
        assert not any(word in message.encode().decode() for word in CUSTOMER_DATA)


def test_a_message_delivered_twice_makes_no_second_call(
    listener: Listener, written: io.StringIO, new_roofer: NewRoofer
) -> None:
    """The dispatch token fences: the first claim wins, the copy is acknowledged without a call."""
    listener.repeat = True
    roofer = new_roofer(books={"latency_ms": [150, 150]})  # the copy comes during the call

    roofer.contact().project().invoice().payment("100.00", {"i1": "100.00"}).settle()

    assert len(listener.messages) > 3
    assert len(roofer.writes()) == 3
    assert [word for word in ("record.broke", "settle.fenced") if word in written.getvalue()] == []
    assert {each.state for each in roofer.rows("SELECT state FROM proline_qbo.records")} == {"done"}


def test_no_log_line_of_a_whole_run_holds_a_token_or_a_customer(
    written: io.StringIO, new_roofer: NewRoofer
) -> None:
    """At INFO and above a log says ids, codes and times; never what opens books or names people."""
    roofer = new_roofer()
    tokens = roofer.system.quickbooks.tokens
    realm_id = roofer.realm.settings.realm_id
    secrets = [tokens.access_token(COMPANY, realm_id)]

    play(roofer)

    secrets += [
        tokens.access_token(COMPANY, realm_id),
        str(tokens.refresh_token(COMPANY, realm_id)),
    ]
    said = written.getvalue()
    assert "record.synced" in said
    assert "record.not_synced" in said
    assert "attempt.outcome_unknown" in said
    assert [each for each in (*secrets, *CUSTOMER_DATA) if each in said] == []
