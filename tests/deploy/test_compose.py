"""docker-compose.yml without an engine: the published schema, and what it takes from elsewhere.

No test here starts a container. What a file can be held to without one is held: its form, its
settings, its commands, its images.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli.main import command_line
from app.settings import (
    CompanySettings,
    MigrateSettings,
    RelaySettings,
    Settings,
    SettingsInvalid,
    WebSettings,
    WorkerSettings,
    descriptions,
    load,
)
from tests.support import dockerfile
from tests.support.compose_file import (
    COMPOSE,
    ROOT,
    ComposeFile,
    VariableMissing,
    env_file,
    of_ours,
)
from workers.consuming import STOP_WITHIN_SECONDS

FILE = ComposeFile.read()
OURS = of_ours(FILE.services())
DEMO = env_file(ROOT / "deploy" / "demo.env")
EXAMPLE = env_file(ROOT / ".env.example")
DOCUMENTS = (COMPOSE, ROOT / "README.md")
NEEDS: dict[str, type[Settings]] = {
    "migrate": MigrateSettings,
    "relay": RelaySettings,
    "worker": WorkerSettings,
    "web": WebSettings,
    "demo-worker": WorkerSettings,
    "proline": CompanySettings,
}
COMPOSE_ALONE = {"COMPOSE_PROJECT_NAME"}
# To a major or minor version where the newest of it is wanted, and to one release elsewhere.
PINNED = re.compile(r"[a-z]+:\d+(\.\d+)?-alpine|[a-z]+/[a-z]+:v?\d+\.\d+\.\d+")


def judge(path: Path) -> subprocess.CompletedProcess[str]:
    """Hold a file against the schema of compose files, which the checker brings along."""
    command = [sys.executable, "-m", "check_jsonschema"]
    return subprocess.run(  # noqa: S603  # this Python, and a file of ours
        [*command, "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


def test_the_file_is_valid_by_the_published_schema() -> None:
    """What an engine would refuse to read is found where there is none."""
    judged = judge(COMPOSE)

    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("    command: [relay]\n", "    comand: [relay]\n", "comand"),
        ("    stop_grace_period: 60s\n", "    stop_grace_period: [60]\n", "stop_grace_period"),
        ("  rabbitmq:\n    image: ", "  rabbitmq:\n    picture: ", "picture"),
    ],
)
def test_the_schema_refuses_a_broken_file(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    """A judge who lets everything pass has judged nothing."""
    broken = tmp_path / "docker-compose.yml"
    text = COMPOSE.read_text()
    assert right in text
    broken.write_text(text.replace(right, wrong))

    judged = judge(broken)

    assert judged.returncode == 1
    assert told in judged.stdout


def test_every_variable_is_in_the_example() -> None:
    """Whoever copies .env.example has seen all that the file asks for."""
    assert FILE.variables() <= set(EXAMPLE)
    assert FILE.variables() <= set(DEMO)
    assert set(DEMO) <= set(EXAMPLE) | COMPOSE_ALONE


def test_every_setting_of_a_process_is_one_of_ours() -> None:
    """A misspelt name would be no setting, and its default would be used in silence."""
    given = {name for service in OURS.values() for name in service.get("environment", {})}

    assert given <= set(descriptions())


def test_nothing_starts_from_the_example_as_it_is() -> None:
    """It says which value is missing before any container is made."""
    with pytest.raises(VariableMissing, match="POSTGRES_PASSWORD"):
        FILE.services_with(EXAMPLE)


def test_no_secret_stands_in_the_file() -> None:
    """Whatever opens something comes from the environment."""
    secret = re.compile(r"(PASS\w*|SECRET|KEYS)$")
    given = {
        f"{service}: {name}": value
        for service, body in FILE.services().items()
        for name, value in body.get("environment", {}).items()
        if secret.search(name)
    }

    assert len(given) >= 4
    assert [name for name, value in given.items() if not str(value).startswith("${")] == []
    assert re.findall(r"://\w+:(?!\$\{\w+:\?)", FILE.text) == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_is_one_of_the_command_line(name: str) -> None:
    """The words of a service, options too, are understood as they stand."""
    command, *options = OURS[name]["command"]
    group: Any = typer.main.get_command(command_line())

    understood = group.commands[command].make_context(command, list(options))

    assert understood.command.name == command


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_image_has_its_recipe(name: str) -> None:
    """And it has a name for each recipe, so that one does not stand in for the other."""
    build = OURS[name]["build"]

    assert (ROOT / build["context"] / build["dockerfile"]) == dockerfile.DOCKERFILE
    assert build["target"] in dockerfile.stages()
    assert OURS[name]["image"] == f"proline-qbo:{build['target']}"
    assert OURS[name]["pull_policy"] == "build"


def test_only_the_demonstration_has_the_image_with_the_simulator() -> None:
    """What serves real books has no stand-in for them."""
    production = {name for name, each in OURS.items() if each["build"]["target"] == "production"}

    assert production == {"migrate", "relay", "worker", "web", "demo-worker"}
    assert {name for name, each in OURS.items() if each.get("profiles") == ["demo"]} == {
        "simulator",
        "demo-worker",
        "proline",
    }


def test_images_of_others_are_pinned_to_a_version() -> None:
    """`latest` is another server every time."""
    images = [each["image"] for each in FILE.services().values() if "build" not in each]

    assert len(images) == 4
    assert [image for image in images if not PINNED.fullmatch(image)] == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_stop_lets_the_calls_end(name: str) -> None:
    """An engine that kills before the orderly stop is over leaves claims to be taken back."""
    seconds = int(OURS[name]["stop_grace_period"].removesuffix("s"))

    assert seconds > STOP_WITHIN_SECONDS
    assert OURS[name]["init"] is True


@pytest.mark.parametrize("name", ["relay", "worker", "web", "demo-worker"])
def test_a_process_that_was_declared_gone_comes_back(name: str) -> None:
    """It ends by itself and counts on being started anew."""
    assert OURS[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(FILE.services()))
def test_no_port_is_open_to_the_network(name: str) -> None:
    """None is published at all; one that were would be the machine's own."""
    ports = FILE.services()[name].get("ports", [])

    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", sorted(FILE.services()))
def test_every_service_has_a_bound(name: str) -> None:
    """One that grows without end must not take the machine with it."""
    assert FILE.services()[name]["deploy"]["resources"]["limits"]["memory"]


def test_two_relays_and_two_workers() -> None:
    """One relay leads and one stands by, in the demonstration too, which has workers of its own."""
    here, demo = FILE.services_with({**DEMO, "WORKERS": ""}), FILE.services_with(DEMO)

    names = ("relay", "worker", "demo-worker")
    assert [int(here[name]["deploy"]["replicas"]) for name in names] == [2, 2, 2]
    assert [int(demo[name]["deploy"]["replicas"]) for name in names] == [2, 0, 2]


def test_who_calls_the_simulator_shares_its_network() -> None:
    """Plain http is allowed on the machine itself only, and the simulator listens nowhere else."""
    assert "--expose" not in OURS["simulator"]["command"]
    assert {OURS[name]["network_mode"] for name in ("demo-worker", "proline")} == {
        "service:simulator"
    }
    assert DEMO["QBO_BASE_URL"] == DEMO["QBO_OAUTH_URL"] == "http://localhost:8640"


def test_the_demonstration_is_a_project_of_its_own() -> None:
    """Its events must not meet the database of a system that works."""
    assert DEMO["COMPOSE_PROJECT_NAME"] != re.findall(r"^name: (\S+)$", FILE.text, re.MULTILINE)[0]


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_the_demonstration_needs_no_other_settings(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """deploy/demo.env is enough for each process, without any .env."""
    environment = FILE.services_with(DEMO)[name]["environment"]
    for setting in descriptions():
        monkeypatch.delenv(setting, raising=False)
    for setting, value in environment.items():
        monkeypatch.setenv(setting, str(value))

    assert load(NEEDS[name]).model_fields_set


def test_the_settings_of_the_demonstration_are_of_no_use_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are public: with them, no process of ours goes to a real QuickBooks."""
    for setting, value in FILE.services_with(DEMO)["worker"]["environment"].items():
        monkeypatch.setenv(setting, str(value))
    monkeypatch.setenv("QBO_ENVIRONMENT", "sandbox")

    with pytest.raises(SettingsInvalid) as raised:
        load(WorkerSettings)

    assert {problem.split()[0] for problem in raised.value.problems} >= {
        "QBO_CLIENT_ID",
        "QBO_CLIENT_SECRET",
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_documents_run_services_that_are_there(document: Path) -> None:
    """`docker compose run --rm worker status`, and the like."""
    named = re.findall(r"docker compose\b.*? run --rm (\S+)", document.read_text())

    assert named
    assert set(named) <= set(OURS)
