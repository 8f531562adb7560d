"""The command line in this process: arguments in, exit code and both streams out."""

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from app.cli import main


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401  # whatever the command tells
        """Read the one JSON value of standard output."""
        return json.loads(self.out)


class CommandLine:
    """Runs `proline-qbo` as a shell would, without the shell and without another process."""

    def __init__(self, patch: pytest.MonkeyPatch, streams: pytest.CaptureFixture[str]) -> None:
        """Take its arguments and streams from the test."""
        self._patch, self._streams = patch, streams

    def __call__(self, *arguments: str) -> Answer:
        """Run one command."""
        self._streams.readouterr()
        self._patch.setattr(sys, "argv", ["proline-qbo", *arguments])
        code = _code_of_main()
        out, err = self._streams.readouterr()
        return Answer(code, out, err)

    def done(self, *arguments: str) -> Answer:
        """Run one command that succeeds, or fail the test with what it said."""
        answer = self(*arguments)
        assert answer.code == 0, answer
        return answer


def _code_of_main() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
