"""`web`: serves the Integrations page until it is told to stop."""

from typing import Annotated

import typer

from app.addresses import ListenAddress
from app.cli.failures import CannotBeDone
from app.cli.opening import reached
from app.logs import configure
from app.observing.health import health_of
from app.observing.listening import observed
from app.quickbooks import access_from
from app.settings import WebSettings, load
from app.standing import asked_to_stop, stand
from app.web.listening import NotServing
from app.web.serving import keep_what_is_there, serving


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
