"""`demo` and `simulator`, which production has not; what they start is imported when they do."""

from typing import Annotated, Literal

import typer
from rich.console import Console

from app.cli.failures import CannotBeDone
from app.cli.printing import Json

EVERYWHERE = "0.0.0.0"  # noqa: S104  # only where --expose asks for it
LOOPBACK = "127.0.0.1"


def demo(
    *,
    as_json: Json = False,
    seed: Annotated[int, typer.Option(help="Of the invented people and events.")] = 1001,
    broker: Annotated[
        Literal["embedded", "rabbitmq"],
        typer.Option(help="embedded: one process. rabbitmq: a process each, two are killed."),
    ] = "embedded",
    running: Annotated[
        bool,
        typer.Option("--running", help="Start nothing: play before what DATABASE_URL holds."),
    ] = False,
    page: Annotated[
        bool,
        typer.Option("--page", help="Play nothing: put the Integrations page here to look at."),
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Of the page; unset: 8650, or a free one."),
    ] = None,
) -> None:
    """Play three companies through the whole way on this machine, then compare to the cent."""
    if page and (as_json or running or broker != "embedded"):
        raise CannotBeDone("--page plays nothing: it takes --port alone.")
    if port is not None and not page:
        raise CannotBeDone("--port is where the page shall be: say --page too.")
    if page:
        from demo.page import show_page  # noqa: PLC0415  # production has no demo

        raise typer.Exit(show_page(Console(), port=port))
    from demo.compose import Shape, demonstrate  # noqa: PLC0415  # production has no demo

    shape = Shape.RUNNING if running else Shape(broker)
    raise typer.Exit(demonstrate(Console(), as_json=as_json, seed=seed, shape=shape))


def simulator(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8640,
    *,
    expose: Annotated[bool, typer.Option("--expose", help="Listen on every address.")] = False,
) -> None:
    """Serve the stand-in for QuickBooks Online until interrupted."""
    from qbo_simulator.http_server import run  # noqa: PLC0415  # production has no simulator

    try:
        run(port, EVERYWHERE if expose else LOOPBACK)
    except OSError as error:
        raise CannotBeDone(f"The simulator cannot listen on port {port}: {error}.") from error
