"""Dramatiq's in-process broker: the embedded shape, safe because PostgreSQL holds the truth.

A message lives in this process's memory; one that is lost with it is published again by the next
leader. Production uses RabbitMQ in its place; the actors are the same.
"""

from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Retries, ShutdownNotifications


def embedded_broker() -> StubBroker:
    """Make a broker for one process.

    Retries is there with none allowed: without it a raising actor's message would be acknowledged
    unseen. There is no TimeLimit: its exception could strike inside a settle.
    """
    return StubBroker(middleware=[Retries(max_retries=0), ShutdownNotifications()])
