"""`demo --page` on the command line: what it refuses, before anything is started."""

import socket

import pytest

from demo.looking.ports import free_port
from tests.support.command_line import CommandLine


def test_a_port_that_was_asked_for_and_is_taken_is_told(command_line: CommandLine) -> None:
    """Whoever names a port wants that one; without a name a free one is found."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = command_line("demo", "--page", "--port", str(port))

        assert (answer.code, answer.out) == (1, "")
        assert answer.err == f"Nobody can listen at 127.0.0.1:{port}: is the port taken?\n"
        assert free_port(port) != port


@pytest.mark.parametrize(
    "words",
    [
        ("--page", "--json"),
        ("--page", "--running"),
        ("--page", "--broker", "rabbitmq"),
        ("--port", "8650"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_together_is_refused(
    command_line: CommandLine, words: tuple[str, ...]
) -> None:
    """The page plays nothing, and a port is the page's."""
    answer = command_line("demo", *words)

    assert (answer.code, answer.out) == (2, "")
    assert "--page" in answer.err
