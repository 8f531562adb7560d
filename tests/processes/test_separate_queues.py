"""Workers for some entities only: what nobody consumes waits in PostgreSQL and holds up nothing."""

from psycopg.types.json import Jsonb

from tests.support.processes import NewRoofer
from tests.support.roofer import COMPANY, Roofer, until

INVOICES = 1_000
FLOW_SECONDS = 15.0


def say_invoices(roofer: Roofer) -> None:
    """Let ProLine commit a thousand sent invoices of one won project."""
    roofer.invoice("i0")
    first = roofer.latest["invoice", "i0"]
    said = [first | {"id": f"i{n}", "number": f"50{n}"} for n in range(1, INVOICES)]
    roofer.proline.cursor().executemany(
        "SELECT proline_outbox.append(%s, 'invoice', %s, %s, 'sent')",
        [[COMPANY, each["id"], Jsonb(each)] for each in said],
    )


def count(roofer: Roofer, entity: str, state: str) -> int:
    """Count records."""
    where = "SELECT count(*) FROM proline_qbo.records WHERE (entity, state) = (%s, %s)"
    return int(roofer.rows(where, entity, state)[0].count)


def test_invoices_without_a_worker_hold_up_no_contact_and_go_on_when_one_comes(
    new_roofer: NewRoofer,
) -> None:
    """Nothing of them stands in a queue, and `explain` would say that no worker runs."""
    roofer, fleet = new_roofer()
    fleet.relay()
    fleet.worker("--queues", "qbo.contacts")
    roofer.contact().project()
    say_invoices(roofer)
    until(lambda: count(roofer, "invoice", "pending") == INVOICES, FLOW_SECONDS)

    for n in range(2, 12):
        roofer.contact(f"c{n}", number=f"10{n}", display_name=f"Contact {n}")
        roofer.project(f"p{n}", contact_id=f"c{n}", number=f"20{n}")
    until(lambda: count(roofer, "contact", "done") == 11, FLOW_SECONDS)
    assert count(roofer, "invoice", "dispatched") == 0
    assert roofer.held("Invoice") == []

    fleet.worker("--queues", "qbo.invoices,qbo.payments")

    until(lambda: len(roofer.held("Invoice")) >= 20, FLOW_SECONDS)
    assert count(roofer, "invoice", "failed") == 0
