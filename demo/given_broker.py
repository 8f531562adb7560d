"""A RabbitMQ that AMQP_URL names: looked at before it is used, and left as it was found."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from amqp import NotFound

from broker.connecting import BROKER_ERRORS, unopened
from broker.routing import QUEUES
from broker.topology import EXCHANGE, dead_letter_queue
from demo.failures import DemonstrationFailed


@contextmanager
def given_rabbitmq(url: str) -> Iterator[str]:
    """Give the address back while the demonstration may use it, then remove what is ours there.

    Raises:
        DemonstrationFailed: nobody answers there, or somebody works there: the demonstration's
            workers would take messages that are not theirs.
    """
    try:
        stands = [name for name in QUEUES.values() if _stands(url, name)]
    except BROKER_ERRORS as error:
        raise DemonstrationFailed(
            f"The RabbitMQ of AMQP_URL cannot be used ({type(error).__name__}): start it, or unset"
            " AMQP_URL for a private one."
        ) from error
    if stands:
        raise DemonstrationFailed(
            f"The RabbitMQ of AMQP_URL has the queue {stands[0]} already: give a virtual host that"
            " nobody uses, or unset AMQP_URL for a private one."
        )
    try:
        yield url
    finally:
        _remove(url)


def _stands(url: str, queue_name: str) -> bool:
    with unopened(url) as connection:
        try:
            connection.default_channel.queue_declare(queue_name, passive=True)
        except NotFound:
            return False
        return True


def _remove(url: str) -> None:
    with suppress(*BROKER_ERRORS), unopened(url) as connection:
        channel = connection.default_channel
        for name in QUEUES.values():
            channel.queue_delete(name)
            channel.queue_delete(dead_letter_queue(name))
        channel.exchange_delete(EXCHANGE)
