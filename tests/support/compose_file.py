"""docker-compose.yml as an engine would read it: merged, and its variables put in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[2]
COMPOSE: Final = ROOT / "docker-compose.yml"
VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:[-?])(?P<what>[^}]*))?\}")

Service = Mapping[str, Any]


class VariableMissing(Exception):
    """A variable that the file insists on has no value; an engine says so and starts nothing."""


@dataclass(frozen=True)
class ComposeFile:
    """The text of a compose file, without its comments."""

    text: str

    @classmethod
    def read(cls) -> "ComposeFile":
        """Read ours."""
        lines = COMPOSE.read_text().splitlines()
        return cls("\n".join(line for line in lines if not line.lstrip().startswith("#")))

    def variables(self) -> set[str]:
        """Name every variable the file takes from its environment."""
        return {match["name"] for match in VARIABLE.finditer(self.text)}

    def services(self) -> Mapping[str, Service]:
        """Give the services as they are written, variables and all."""
        services: Mapping[str, Service] = parsed(self.text)["services"]
        return services

    def services_with(self, environment: Mapping[str, str]) -> Mapping[str, Service]:
        """Give the services with the variables put in.

        Raises:
            VariableMissing: one without which the file cannot be used is not there, or is empty.
        """
        return {name: _put_in(each, environment) for name, each in self.services().items()}


def env_file(path: Path) -> Mapping[str, str]:
    """Read a file of settings."""
    lines = path.read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def of_ours(services: Mapping[str, Service]) -> Mapping[str, Service]:
    """Leave out the servers that are not ours."""
    return {name: service for name, service in services.items() if "build" in service}


def parsed(text: str) -> Any:  # noqa: ANN401  # what YAML may hold; the schema's test judges it
    """Read YAML."""
    return YAML(typ="safe", pure=True).load(text)


def _put_in(read: Any, environment: Mapping[str, str]) -> Any:  # noqa: ANN401  # as `parsed`
    """Put the variables into values as they were read, so that no value is read as YAML."""
    match read:
        case str():
            return VARIABLE.sub(lambda match: _value(match, environment), read)
        case dict():
            return {name: _put_in(each, environment) for name, each in read.items()}
        case list():
            return [_put_in(each, environment) for each in read]
        case _:
            return read


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    given = environment.get(match["name"])
    if not given and match["how"] == ":?":
        raise VariableMissing(match["name"])
    return given or match["what"] or ""
