"""Which broker a process of ours uses: RabbitMQ, and nothing within one process."""

from app.cli.failures import CannotBeDone
from app.settings import Broker, BrokerSettings


def rabbitmq_in(settings: BrokerSettings) -> str:
    """Return RabbitMQ's address.

    Raises:
        CannotBeDone: the settings name the embedded broker.
    """
    if settings.broker is Broker.EMBEDDED or settings.amqp_url is None:
        raise CannotBeDone(
            "BROKER is embedded, which carries work within one process only, as proline-qbo demo"
            " does: set BROKER=rabbitmq and AMQP_URL."
        )
    return settings.amqp_url.get_secret_value()
