"""What needs a person, on the command line: questions, findings, and what is left out or sent."""

import pytest

from coordination.database import Pool
from records.findings import find
from tests.support.command_line import CommandLine
from tests.support.hand_worker import HandWorker
from tests.support.proline import contact, enable_company, invoice, payment, project
from tests.support.relay_in_hand import Office


@pytest.fixture
def office(pool: Pool) -> Office:
    """Give a company that is on, with a relay and a worker in hand."""
    with pool.connection() as connection:
        enable_company(connection)
    return Office(pool, HandWorker(pool))


@pytest.fixture
def asked(office: Office) -> Office:
    """Give one that is asked which of two invoices a payment pays."""
    office.say("contact", contact())
    office.say("project", project())
    office.say("invoice", invoice("i1"), invoice("i2"))
    office.say("payment", payment(amount="5.00"))
    office.finish()
    return office


def test_what_is_asked_is_shown_and_answered(asked: Office, on_database: CommandLine) -> None:
    """The question comes with its choices and what was shown; the answer carries that back."""
    told = on_database.done("decide", "y1").out
    (shown,) = on_database.done("decide", "y1", "--json").json()
    assert shown["question"] == "which_invoice"
    assert f"--shown {shown['shown']} --by WHO" in told
    assert "invoice ID (ProLine invoice id)  It pays this invoice." in told
    assert "which_invoice" in on_database.done("decide").out

    answered = ("decide", "y1", "invoice", "i2", "--shown", shown["shown"], "--by", "Kim")
    on_database.done(*answered)
    asked.finish()

    assert asked.state("payment", "y1") == "done"
    assert on_database("decide", "y1").code == 1


def test_an_answer_that_does_not_count_is_refused_with_a_sentence(
    asked: Office, on_database: CommandLine
) -> None:
    """No such answer, no id, another invoice, nobody's name, or shown another question."""
    (shown,) = on_database.done("decide", "y1", "--json").json()
    token = ("--shown", shown["shown"], "--by", "Kim")

    refusals = {
        ("decide", "y1", "perhaps", *token): '"perhaps" is no answer to this question',
        ("decide", "y1", "invoice", *token): 'The answer "invoice" needs an id',
        ("decide", "y1", "invoice", "i9", *token): '"i9" is no ProLine invoice id',
        ("decide", "y1", "credit", "i1", *token): 'The answer "credit" takes no id',
        ("decide", "y1", "credit"): "An answer needs --shown",
        ("decide", "y1", "credit", "--shown", "0", "--by", "Kim"): "is another by now",
        ("decide", "y7", "credit", *token): "Nothing is asked about record y7.",
    }
    for words, sentence in refusals.items():
        refused = on_database(*words)
        assert (refused.code, sentence in refused.err) == (2, True), refused
    assert asked.rows("SELECT FROM proline_qbo.decisions WHERE answer IS NOT NULL") == []


def test_a_record_is_left_out_and_sent_again(asked: Office, on_database: CommandLine) -> None:
    """Both are orders: they take effect in the relay, and say who gave them, and why."""
    on_database.done("failed", "skip", "y1", "--by", "Kim", "--why", "Booked by hand.")
    asked.finish()
    assert asked.state("payment", "y1") == "skipped"
    assert "Booked by hand." in on_database.done("explain", "y1").out

    on_database.done("failed", "requeue", "y1", "--by", "Kim")
    asked.finish()

    assert asked.state("payment", "y1") == "waiting: decision"
    orders = asked.rows("SELECT kind, ordered_by, why FROM proline_qbo.orders ORDER BY id")
    assert [tuple(each) for each in orders] == [
        ("skip", "Kim", "Booked by hand."),
        ("send", "Kim", ""),
    ]
    assert on_database("failed", "skip", "y7", "--by", "Kim", "--why", "x").code == 2


def test_findings_are_listed_and_resolved(office: Office, on_database: CommandLine) -> None:
    """Once resolved a finding is shown only when all are asked for."""
    with office.pool.connection() as connection:
        find(connection, "acme", None, "moved", "c2", "ProLine moved it.")
    (found,) = on_database.done("findings", "list", "--json").json()
    assert (found["kind"], found["sentence"]) == ("moved", "ProLine moved it.")

    on_database.done("findings", "resolve", str(found["id"]), "--by", "Kim")

    assert on_database.done("findings", "list").out == "Nothing was found.\n"
    (resolved,) = on_database.done("findings", "list", "--resolved", "--json").json()
    assert resolved["resolved_by"] == "Kim"
    assert on_database("findings", "resolve", str(found["id"]), "--by", "Kim").code == 1
