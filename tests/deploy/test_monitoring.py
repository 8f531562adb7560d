"""Prometheus and Grafana beside the system on one machine: what they are told fits what is there.

No test here starts them. docker-compose.yml gives names, ports and folders, and the files of
deploy/prometheus and deploy/grafana take them up.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.addresses import ListenAddress
from tests.support.compose_file import COMPOSE, ROOT, ComposeFile, env_file, of_ours, parsed

SERVICES = ComposeFile.read().services()
PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
MONITORING = ("prometheus", "grafana")
SHOWN = {
    name: service["environment"]["METRICS_PORT"]
    for name, service in of_ours(SERVICES).items()
    if "METRICS_PORT" in service.get("environment", {})
}


def configuration(file: Path) -> dict[str, Any]:
    """Read a file of theirs."""
    read: dict[str, Any] = parsed(file.read_text())
    return read


def mounted(service: Mapping[str, Any]) -> dict[str, tuple[Path, str]]:
    """Give the folders of the repository a service sees: where it sees them, which, and how."""
    split = (volume.split(":") for volume in service["volumes"] if volume.startswith("./"))
    return {inside: (ROOT / here, how) for here, inside, how in split}


def password_check(password: str) -> "subprocess.CompletedProcess[str]":
    """Run what Grafana's container runs first, before a program that says that it was reached."""
    shell, option, script = SERVICES["grafana"]["entrypoint"]
    assert "exec /run.sh" in script
    return subprocess.run(  # noqa: S603  # the words of our own file
        [shell, option, script.replace("$$", "$").replace("exec /run.sh", "echo Grafana")],
        capture_output=True,
        check=False,
        env={"GF_SECURITY_ADMIN_PASSWORD": password},
        text=True,
        timeout=30,
    )


def test_every_process_of_ours_shows_its_figures() -> None:
    """On one port, to the other containers too; where two share a network, none of them does."""
    listens = {name: ListenAddress.parse(value) for name, value in SHOWN.items()}

    shared = {name for name, service in SERVICES.items() if "network_mode" in service}
    assert set(listens) == {"relay", "worker", "web"}
    assert set(listens.values()) == {ListenAddress("0.0.0.0", 9108)}  # noqa: S104  # of a container
    assert "demo-worker" in shared
    assert shared.isdisjoint(SHOWN)


@pytest.mark.parametrize("name", ["relay", "worker"])
def test_a_process_is_asked_whether_it_is_ready(name: str) -> None:
    """The page is asked at its own port, which is what its visitors come to."""
    (asked,) = [word for word in SERVICES[name]["healthcheck"]["test"] if "urlopen(" in word]

    assert f"http://127.0.0.1:{SHOWN[name].partition(':')[2]}/readyz" in asked
    assert SERVICES["demo-worker"]["healthcheck"] == {"disable": True}


def test_both_run_under_their_profile_alone() -> None:
    """Nobody who does not ask for them has them, and nothing waits for them."""
    profiles = {name: service.get("profiles") for name, service in SERVICES.items()}

    assert {name for name, asked in profiles.items() if asked == ["monitoring"]} == set(MONITORING)
    assert [
        name
        for name, service in SERVICES.items()
        if set(service.get("depends_on", ())) & set(MONITORING) and name not in MONITORING
    ] == []


@pytest.mark.parametrize("name", MONITORING)
def test_each_sees_our_files_and_changes_none(name: str) -> None:
    """A folder that is not there would be made, empty and root's, where it is looked for."""
    folders = mounted(SERVICES[name])

    assert folders
    assert [str(here) for here, _ in folders.values() if not here.is_dir()] == []
    assert {how for _, how in folders.values()} == {"ro"}
    assert SERVICES[name]["read_only"] is True


def test_prometheus_reads_the_file_it_is_given() -> None:
    """Its configuration, and beside it the rules of which it calls somebody."""
    (file,) = [
        word.partition("=")[2]
        for word in SERVICES["prometheus"]["command"]
        if word.startswith("--config.file=")
    ]
    folder, _ = mounted(SERVICES["prometheus"])[str(Path(file).parent)]

    rules = configuration(folder / Path(file).name)["rule_files"]
    assert folder == PROMETHEUS
    assert rules == ["alerts.yml"]
    assert [rule for rule in rules if not (folder / rule).is_file()] == []


def test_prometheus_looks_at_every_process() -> None:
    """By the names of their services, behind each of which are all of its containers."""
    jobs = configuration(PROMETHEUS / "prometheus.yml")["scrape_configs"]
    (found,) = [look for job in jobs for look in job.get("dns_sd_configs", [])]

    assert set(found["names"]) == set(SHOWN)
    assert found["type"] == "A"
    assert {f"0.0.0.0:{found['port']}"} == set(SHOWN.values())


def test_grafana_asks_prometheus() -> None:
    """At the address docker-compose.yml gives, which is a service and the port it answers at."""
    (source,) = configuration(GRAFANA / "provisioning" / "datasources" / "prometheus.yaml")[
        "datasources"
    ]
    name, _, port = SERVICES["grafana"]["environment"]["PROMETHEUS"].partition(":")

    looks = configuration(PROMETHEUS / "prometheus.yml")["global"]["scrape_interval"]
    assert source["url"] == "http://${PROMETHEUS}"
    assert name in SERVICES
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert source["isDefault"] is True
    assert source["jsonData"]["timeInterval"] == looks


def test_grafana_finds_the_dashboards() -> None:
    """The folder of dashboards is mounted where their provider looks, and it where Grafana does."""
    (provider,) = configuration(GRAFANA / "provisioning" / "dashboards" / "proline-qbo.yaml")[
        "providers"
    ]
    folders = mounted(SERVICES["grafana"])

    assert folders[provider["options"]["path"]][0] == GRAFANA / "dashboards"
    assert folders["/etc/grafana/provisioning"][0] == GRAFANA / "provisioning"


def test_grafana_does_not_start_without_a_password() -> None:
    """Its own would be `admin`; and who does not use it need not make one up."""
    refused, started = password_check(""), password_check("invented")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "GRAFANA_ADMIN_PASSWORD is not set: set it in .env\n"
    assert (started.returncode, started.stdout) == (0, "Grafana\n")
    assert env_file(ROOT / ".env.example")["GRAFANA_ADMIN_PASSWORD"] == ""
    assert "GRAFANA_ADMIN_PASSWORD:?" not in COMPOSE.read_text()
