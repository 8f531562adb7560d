"""What RabbitMQ gets to see: claim checks, few at a time, and nothing of a customer."""

import json
from decimal import Decimal
from math import ceil
from typing import Any
from uuid import UUID

from kombu.utils.url import parse_url

from app.living import living
from broker.claim_checks import Message, decode
from broker.connecting import unopened
from broker.routing import ACTORS, QUEUES
from broker.topology import EXCHANGE, declare
from coordination.database import Pool
from outbox.dispatch import ALL_PER_THREAD
from records.claims import ClaimCheck, claim
from tests.support.hand_worker import settle_applied
from tests.support.processes import NewRoofer
from tests.support.proline import enable_company
from tests.support.recording_proxy import RecordingProxy
from tests.support.roofer import until

SETTLE_SECONDS = 20.0
WAITING = 100_000
COMPANIES = 200
THREADS = 8
TAKEN = 300
PERSON: dict[str, Any] = {
    "display_name": "Zebulon Quixote",
    "email": "zebulon@quixote.example",
    "phone": "555-010-7788",
    "company_name": "Quixotic Shingles",
    "address": {"line1": "17 Windmill Lane", "city": "Manchaville", "postal_code": "80299"},
}
MARKS = [
    b"Zebulon", b"Quixot", b"555-010-7788", b"Windmill", b"Manchaville", b"80299", b"4711.17",
    b"1234.56", b"Fell off a horse", b"Cheque-778899", b"Castle roof",
]  # fmt: skip


def queue_of_everything(channel: Any) -> str:  # noqa: ANN401  # kombu's channel has no types
    """Bind a queue that gets a copy of whatever is published."""
    name = "copies"
    channel.queue_declare(name, durable=True, auto_delete=False)
    channel.queue_bind(name, EXCHANGE, routing_key="#")
    return name


def test_no_customer_data_passes_the_broker(new_roofer: NewRoofer, amqp_url: str) -> None:
    """Every byte between our processes and RabbitMQ is looked at, and every message read."""
    broker = parse_url(amqp_url)
    with RecordingProxy(broker["hostname"], broker["port"]) as proxy, unopened(amqp_url) as direct:
        channel = direct.default_channel
        declare(channel)
        copies = queue_of_everything(channel)
        roofer, fleet = new_roofer()
        fleet.environment["AMQP_URL"] = amqp_url.replace(str(broker["port"]), str(proxy.port))
        fleet.relay()
        fleet.worker()
        roofer.contact(**PERSON).project(name="Castle roof")
        roofer.invoice(total="4711.17", memo="Fell off a horse")
        roofer.payment("1234.56", on={"i1": "1234.56"}, reference="Cheque-778899")
        roofer.settle(SETTLE_SECONDS)
        bodies = []
        while message := channel.basic_get(copies, no_ack=True):
            bodies.append(message.body)

    assert roofer.the("Payment")["TotalAmt"] == Decimal("1234.56")
    assert len(bodies) >= 3
    entities = {actor: entity for entity, actor in ACTORS.items()}
    for body in bodies:
        envelope = json.loads(body)
        assert isinstance(decode(body.encode(), entities[envelope["actor_name"]]), Message)
        assert envelope.keys() == {
            "queue_name", "actor_name", "args", "kwargs", "options", "message_id",
            "message_timestamp",
        }  # fmt: skip
        assert (envelope["kwargs"], envelope["options"]) == ({}, {})
    assert b"contact.sync" in proxy.recorded
    assert [mark for mark in MARKS if mark in proxy.recorded] == []


FILL = """
WITH made AS (
    INSERT INTO proline_qbo.records
        (company_id, entity, record_id, version, judged_version, state)
    SELECT 'many-' || mod(n, %(companies)s), 'contact', 'c' || n, n, n, 'pending'
    FROM generate_series(1, %(waiting)s) AS n
    RETURNING pk, company_id, record_id, version
)
INSERT INTO proline_qbo.snapshots (record_pk, company_id, version, snapshot)
SELECT pk, company_id, version, jsonb_build_object('id', record_id, 'number', record_id,
                                                   'display_name', 'Ada Example',
                                                   'updated_at', '2026-03-01T09:30:00-05:00')
FROM made
"""


def test_queues_stay_short_with_a_hundred_thousand_records_waiting(
    new_roofer: NewRoofer, pool: Pool, database_url: str, amqp_url: str
) -> None:
    """A quarter more than there are threads, whether they take messages fast or not at all."""
    _, fleet = new_roofer()
    with pool.connection() as connection:
        for n in range(COMPANIES):
            enable_company(connection, f"many-{n}")
        connection.execute("SET statement_timeout = 0")
        connection.execute(FILL, {"companies": COMPANIES, "waiting": WAITING})
    bound = ceil(ALL_PER_THREAD * THREADS)
    with (
        living(
            database_url, pool, "worker", queues=tuple(QUEUES.values()), threads=THREADS
        ) as worker,
        unopened(amqp_url) as connection_to_broker,
    ):
        channel = connection_to_broker.default_channel
        declare(channel)
        fleet.relay()
        until(lambda: standing(channel) == bound)
        longest, taken = bound, 0
        while taken < TAKEN:
            message = channel.basic_get(QUEUES["contact"], no_ack=True)
            if message is not None:
                settle(pool, message.body, worker.process_id)
                taken += 1
            longest = max(longest, standing(channel))

    assert longest == bound


def standing(channel: Any) -> int:  # noqa: ANN401  # kombu's channel has no types
    """Count the messages that stand in the contacts' queue."""
    return int(channel.queue_declare(QUEUES["contact"], passive=True).message_count)


def settle(pool: Pool, body: str, process_id: UUID) -> None:
    """Claim what a message names and settle it, as a worker does whose QuickBooks says yes."""
    message = decode(body.encode(), "contact")
    check = ClaimCheck(message.record_pk, message.company_id, message.epoch, message.token)
    with pool.connection() as connection:
        claimed = claim(connection, check, process_id)
        assert claimed is not None
    with pool.connection() as connection:
        assert settle_applied(connection, claimed)
