"""RabbitMQ: does it answer, does it have our exchange, queues and bindings as we declare them."""

from collections.abc import Iterator

from amqp.exceptions import AccessRefused, PreconditionFailed

from app.doctor.verdict import Verdict, ok, problem, warning
from broker.connecting import BROKER_ERRORS, unopened
from broker.depths import depths
from broker.topology import declare_at


def examine_broker(amqp_url: str) -> Iterator[Verdict]:
    """Look at the broker; it is declared as every process of ours declares it at its start."""
    try:
        with unopened(amqp_url) as connection:
            version = connection.default_channel.connection.server_properties.get("version", "?")
    except AccessRefused:
        yield problem("broker", "RabbitMQ refuses the user of AMQP_URL, or its virtual host.")
        return
    except BROKER_ERRORS as error:
        yield problem(
            "broker",
            f"RabbitMQ does not answer at AMQP_URL ({type(error).__name__}): nothing is sent to"
            " workers until it does, and nothing is lost.",
        )
        return
    yield ok("broker", f"RabbitMQ {version} answers.")
    yield _declared(amqp_url)
    yield from _dead(amqp_url)


def _declared(amqp_url: str) -> Verdict:
    try:
        declare_at(amqp_url)
    except PreconditionFailed as error:
        return problem(
            "queues",
            f"A queue of ours stands there with other arguments: {error.reply_text}. Stop the"
            " relays, delete it, start them: PostgreSQL has all that was in it.",
        )
    except AccessRefused:
        return problem(
            "queues",
            "The user of AMQP_URL may not declare: give it configure, write and read on proline.qbo"
            " and qbo.*.",
        )
    except BROKER_ERRORS as error:
        return problem("queues", f"They cannot be declared ({type(error).__name__}).")
    return ok("queues", "Exchange, queues and bindings stand as they are declared.")


def _dead(amqp_url: str) -> Iterator[Verdict]:
    try:
        dead = {
            name: depth
            for name, depth in depths(amqp_url).items()
            if name.endswith(".XQ") and depth
        }
    except BROKER_ERRORS:
        return
    if dead:
        found = ", ".join(f"{name} {depth}" for name, depth in dead.items())
        yield warning(
            "dead letters",
            f"Messages were refused: {found}. Nothing is lost by it; docs/runbook.md says how to"
            " look at them.",
        )
