"""`relay`, `worker` and `web`: the processes that serve until they are told to stop."""

from typing import Annotated

import typer

from app.addresses import ListenAddress
from app.cli.failures import CannotBeDone
from app.cli.opening import reached
from app.logs import configure
from app.observing.census import Census
from app.observing.health import Health, health_of
from app.observing.listening import observed
from app.quickbooks import access_from, open_quickbooks
from app.relay import relaying
from app.settings import (
    Broker,
    BrokerSettings,
    RelaySettings,
    WebSettings,
    WorkerSettings,
    load,
)
from app.standing import asked_to_stop, stand
from app.tuning import THREADS, Tuning
from app.web.listening import NotServing
from app.web.serving import keep_what_is_there, serving
from app.worker import ALL_QUEUES, SESSIONS_BESIDE_THREADS, Worker, working
from broker.routing import QUEUES
from coordination.database import open_pool
from outbox.limits import RelayLimits
from outbox.publisher import RabbitmqPublisher
from workers.metrics import threads_all
from workers.rabbitmq import ConsumingBroker, rabbitmq_broker
from workers.waits import Waits

RELAY_SESSIONS = 1
"""It does one thing after the other, and a session that does all is a warm one."""
THREADS_MOST = 64


def relay() -> None:
    """Carry events to the workers; of several relays one leads, the others stand by."""
    settings = load(RelaySettings)
    amqp_url = _rabbitmq(settings)
    configure()
    url = reached(settings.database_url.get_secret_value())
    with (
        asked_to_stop() as asked,
        open_pool(url, max_size=RELAY_SESSIONS, application_name="proline-qbo relay") as pool,
        relaying(url, pool, RabbitmqPublisher(amqp_url), RelayLimits()) as me,
        observed(settings.metrics_port, health_of(me.life), Census(url, amqp_url)),
    ):
        stand("relay", me.life, asked)


def worker(
    queues: Annotated[
        list[str] | None,
        typer.Option(help=f"What to consume, of {', '.join(QUEUES.values())}; unset: all."),
    ] = None,
    threads: Annotated[
        int, typer.Option(min=1, max=THREADS_MOST, help="How many records at once.")
    ] = THREADS,
) -> None:
    """Write records to QuickBooks; start as many as the work asks for."""
    consumed = _known(queues or list(ALL_QUEUES))
    settings = load(WorkerSettings)
    amqp_url = _rabbitmq(settings)
    configure()
    url = reached(settings.database_url.get_secret_value())
    waits = Waits(requestid_proved=settings.qbo_requestid_proved)
    tuning = Tuning(threads=threads, waits=waits)
    broker = rabbitmq_broker(amqp_url)
    with (
        asked_to_stop() as asked,
        open_pool(
            url,
            max_size=threads + SESSIONS_BESIDE_THREADS,
            application_name="proline-qbo worker",
            by_key=True,
        ) as pool,
        open_quickbooks(access_from(settings, settings.token_keys), pool) as quickbooks,
        working(url, pool, quickbooks, broker, queues=consumed, tuning=tuning) as at_work,
        observed(settings.metrics_port, _health_of_worker(at_work, broker)),
    ):
        threads_all.set(threads)
        stand("worker", at_work.me.life, asked, at_work.stuck)


def _health_of_worker(at_work: Worker, broker: ConsumingBroker) -> Health:
    def takes_its_queues() -> str | None:
        missing = broker.unsubscribed()
        return f"Not subscribed to {', '.join(missing)}: RabbitMQ is away." if missing else None

    return health_of(at_work.me.life, queues=takes_its_queues)


def web(
    listen: Annotated[
        str, typer.Option(help="Where: a port on this machine, or host:port.")
    ] = "8650",
    trusted_proxies: Annotated[
        str, typer.Option(help="Addresses, by comma, that may say who asks; * for all.")
    ] = "",
) -> None:
    """Serve the Integrations page; its own address is that of QBO_REDIRECT_URI."""
    settings = load(WebSettings)
    configure()
    url = reached(settings.database_url.get_secret_value())
    address = _address(listen)
    if settings.metrics_port is not None and settings.metrics_port.port == address.port:
        raise CannotBeDone(
            f"METRICS_PORT is {address.port}, the page's own port: the figures are not for those"
            " who open the page. Give it another."
        )
    access = access_from(settings, settings.token_keys)
    with asked_to_stop() as asked:
        try:
            with serving(
                url,
                access,
                settings.proline_launch_keys.jwks,
                host=address.host,
                port=address.port,
                trusted_proxies=trusted_proxies,
            ) as served:
                keep_what_is_there()
                health = health_of(served.me.life, needs_database=False)
                with observed(settings.metrics_port, health):
                    stand("web", served.me.life, asked)
        except NotServing as error:
            raise CannotBeDone(str(error)) from error


def _address(listen: str) -> ListenAddress:
    try:
        address = ListenAddress.parse(listen)
    except ValueError as error:
        raise CannotBeDone(f"--listen {error}.") from error
    if address is None:
        raise CannotBeDone("--listen must be a port or host:port, such as 8650 or 0.0.0.0:8650.")
    return address


def _rabbitmq(settings: BrokerSettings) -> str:
    if settings.broker is Broker.EMBEDDED or settings.amqp_url is None:
        raise CannotBeDone(
            "BROKER is embedded, which carries work within one process only, as proline-qbo demo"
            " does: set BROKER=rabbitmq and AMQP_URL."
        )
    return settings.amqp_url.get_secret_value()


def _known(queues: list[str]) -> list[str]:
    """Take names apart by commas too, and refuse one that no actor consumes."""
    named = [name.strip() for each in queues for name in each.split(",")]
    unknown = sorted(set(named) - set(ALL_QUEUES))
    if unknown:
        raise CannotBeDone(
            f"There is no queue {', '.join(unknown)}: name any of {', '.join(ALL_QUEUES)}."
        )
    return list(dict.fromkeys(named))
