"""Relay and worker log in as a role that may change rows and nothing else: it is enough."""

from tests.support.processes import NewRoofer
from tests.support.roles import login_in

SERVICE = "proline_qbo_service"


def test_the_whole_way_as_the_service(new_roofer: NewRoofer, database_url: str) -> None:
    """From the outbox to a payment in the books, a void included; and no statement was refused."""
    roofer, fleet = new_roofer()
    with login_in(database_url, SERVICE) as url:
        fleet.environment["DATABASE_URL"] = url
        fleet.relay()
        fleet.worker()
        roofer.contact().project().invoice().payment(amount="100.00").settle(30)
        roofer.void("payment", "y1").settle(30)
        fleet.stop()

    assert {row.state for row in roofer.rows("SELECT state FROM proline_qbo.records")} == {"done"}
    assert len(roofer.held("Invoice")) == 1
    assert "permission denied" not in fleet.said()
    assert "InsufficientPrivilege" not in fleet.said()
