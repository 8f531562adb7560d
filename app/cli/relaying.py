"""`relay`: carries events to the workers until it is told to stop."""

from app.cli.brokers import rabbitmq_in
from app.cli.opening import reached
from app.logs import configure
from app.observing.census import Census
from app.observing.health import health_of
from app.observing.listening import observed
from app.relay import relaying
from app.settings import RelaySettings, load
from app.standing import asked_to_stop, stand
from coordination.database import open_pool
from outbox.limits import RelayLimits
from outbox.publisher import RabbitmqPublisher

RELAY_SESSIONS = 1
"""It does one thing after the other, and a session that does all is a warm one."""


def relay() -> None:
    """Carry events to the workers; of several relays one leads, the others stand by."""
    settings = load(RelaySettings)
    amqp_url = rabbitmq_in(settings)
    configure()
    url = reached(settings.database_url.get_secret_value())
    with (
        asked_to_stop() as asked,
        open_pool(url, max_size=RELAY_SESSIONS, application_name="proline-qbo relay") as pool,
        relaying(url, pool, RabbitmqPublisher(amqp_url), RelayLimits()) as me,
        observed(settings.metrics_port, health_of(me.life), Census(url, amqp_url)),
    ):
        stand("relay", me.life, asked)
