"""`worker`: writes records to QuickBooks until it is told to stop."""

from typing import Annotated

import typer

from app.cli.brokers import rabbitmq_in
from app.cli.failures import CannotBeDone
from app.cli.opening import reached
from app.logs import configure
from app.observing.health import Health, health_of
from app.observing.listening import observed
from app.quickbooks import access_from, open_quickbooks
from app.settings import WorkerSettings, load
from app.standing import asked_to_stop, stand
from app.tuning import THREADS, Tuning
from app.worker import ALL_QUEUES, SESSIONS_BESIDE_THREADS, Worker, working
from broker.routing import QUEUES
from coordination.database import open_pool
from workers.metrics import threads_all
from workers.rabbitmq import ConsumingBroker, rabbitmq_broker
from workers.waits import Waits

THREADS_MOST = 64


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
    amqp_url = rabbitmq_in(settings)
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
        threads_all.labels(",".join(sorted(consumed))).set(threads)
        stand("worker", at_work.me.life, asked, at_work.stuck)


def _health_of_worker(at_work: Worker, broker: ConsumingBroker) -> Health:
    def takes_its_queues() -> str | None:
        missing = broker.unsubscribed()
        return f"Not subscribed to {', '.join(missing)}: RabbitMQ is away." if missing else None

    return health_of(at_work.me.life, queues=takes_its_queues)


def _known(queues: list[str]) -> list[str]:
    """Take names apart by commas too, and refuse one that no actor consumes."""
    named = [name.strip() for each in queues for name in each.split(",")]
    unknown = sorted(set(named) - set(ALL_QUEUES))
    if unknown:
        raise CannotBeDone(
            f"There is no queue {', '.join(unknown)}: name any of {', '.join(ALL_QUEUES)}."
        )
    return list(dict.fromkeys(named))
