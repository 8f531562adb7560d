"""Which broker a process of ours uses: RabbitMQ, and nothing within one process."""

from app.cli.failures import CannotBeDone
from app.settings import BrokerSettings


def rabbitmq_in(settings: BrokerSettings) -> str:
    """Return RabbitMQ's address.

    Raises:
        CannotBeDone: the settings name the embedded broker.
    """
    url = settings.rabbitmq_url
    if url is None:
        raise CannotBeDone(
            "BROKER is embedded, which carries work within one process only, as proline-qbo demo"
            " does: set BROKER=rabbitmq and AMQP_URL."
        )
    return url
