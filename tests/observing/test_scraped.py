"""A real Prometheus looks at two relays, a worker and the page while a contractor works.

Every query of every panel and every alert is asked: a name that is misspelt, or a label that is not
there, brings no data, and nobody would notice before the night it is needed.
"""

import http.client
import json
import re
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from deploy.monitoring.__main__ import DASHBOARDS, RULES
from deploy.monitoring.alerts import ALERTS, Alert
from records.findings import find
from tests.support.ports import free_port
from tests.support.processes import Fleet, NewRoofer, Process
from tests.support.prometheus import Prometheus, scraping
from tests.support.roofer import COMPANY, Roofer, until

STAGES = """
CREATE SCHEMA IF NOT EXISTS proline_export;
CREATE VIEW proline_export.project_stages AS
SELECT 'acme'::text AS company_id, 'Closed - Won'::text AS stage, 1 AS position
"""
RATE = "30s"
SEEN_SECONDS = 30.0


@dataclass
class Watched:
    """A contractor, the processes before it, and the Prometheus that looks at them."""

    roofer: Roofer
    fleet: Fleet
    relays: list[Process]
    worker: Process
    ports: list[int]
    prometheus: Prometheus


@pytest.fixture
def watched(new_roofer: NewRoofer, promtool: str, tmp_path: Path) -> Generator[Watched]:
    """Give the system with something of everything in it."""
    roofer, fleet = new_roofer()
    with fleet.pool.connection() as connection:
        connection.execute(STAGES)
        find(connection, COMPANY, None, "moved", "p1", "ProLine moved it.")
    ports = [free_port() for _ in range(4)]
    page = free_port()
    jwk = ECKey.generate_key("P-256").as_dict(private=False)
    fleet.environment["PROLINE_LAUNCH_KEYS"] = json.dumps({"keys": [{**jwk, "kid": "one"}]})
    relays = [fleet.relay(metrics_port=port) for port in ports[:2]]
    worker = fleet.worker(metrics_port=ports[2])
    fleet.web(page, metrics_port=ports[3])
    with scraping(ports, tmp_path, rules=[RULES]) as prometheus:
        until(lambda: set(prometheus.targets().values()) == {"up"}, SEEN_SECONDS)
        ask(page, "/health")
        yield Watched(roofer, fleet, relays, worker, ports, prometheus)


def ask(port: int, path: str) -> tuple[int, str]:
    """Ask a process of this machine."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def work(roofer: Roofer) -> None:
    """Let something be done, something fail, and something be asked."""
    roofer.contact().project().invoice().invoice("i2").payment(amount="5.00", allocations=[])
    roofer.settle(30)
    roofer.fault({"entity": "invoice", "operation": "create"}, fault="6000")
    roofer.invoice("i3")
    roofer.settle(30)


def panels() -> Iterator[tuple[str, str]]:
    """Give each panel's title with each of its queries, as Grafana would send them."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"].replace("$__rate_interval", RATE)
                yield panel["title"], query.replace("$company", COMPANY)


def no_data(prometheus: Prometheus) -> list[str]:
    """Name the panels and alerts whose query brings no data."""
    asked = [*panels(), *((alert.name, alert.query) for alert in ALERTS)]
    return [name for name, query in asked if not prometheus.query(query)]


@pytest.mark.timeout(240)
def test_every_query_of_every_panel_and_alert_has_data(watched: Watched) -> None:
    """And none of the alerts that wake somebody is about to, while all is well."""
    work(watched.roofer)

    with suppress(AssertionError):
        until(lambda: not no_data(watched.prometheus), SEEN_SECONDS)
    missing = no_data(watched.prometheus)
    assert missing == [], missing

    assert len(list(panels())) > 40
    woken = {alert.name for alert in ALERTS if alert.severity == "page"}
    assert watched.prometheus.alerts() & woken == set()
    assert watched.prometheus.query("proline_qbo_no_such_figure") == []
    for name in ("python_info", "process_resident_memory_bytes", "proline_qbo_records_done"):
        assert watched.prometheus.query(name), name
    # Dramatiq has figures of its own, on a port of its own, which its workers would fight for.
    assert watched.prometheus.query('{__name__=~"dramatiq_.*"}') == []
    assert_nothing_of_customers_is_shown(watched)


def assert_nothing_of_customers_is_shown(watched: Watched) -> None:
    """Counts, ids of companies and words of ours; a time may hold any digits."""
    told = "".join(ask(port, f"/metrics?company={COMPANY}")[1] for port in watched.ports)
    shown = re.sub(r" [-+.\deE]+$", "", told, flags=re.MULTILINE)

    assert f'company="{COMPANY}"' in shown
    assert not re.search(r"Ada|example\.com|1001|access_token", shown)


@pytest.mark.timeout(240)
def test_five_breaks_are_seen_each_on_a_figure(watched: Watched) -> None:
    """A dead connection, closed books, a QuickBooks that hangs, no relay, then no worker."""
    roofer, prometheus = watched.roofer, watched.prometheus
    work(roofer)

    roofer.prefer(book_close_date="2030-01-01")
    roofer.invoice("i4")
    sees(prometheus, 'max(proline_qbo_records{state="waiting",reason="closed_books"})', 1)

    roofer.prefer(book_close_date=None)
    roofer.fault({"entity": "customer", "operation": "update"}, delay_ms=60_000)
    roofer.contact(phone="555-0100")
    sees(prometheus, "max(proline_qbo_calls_open)", 1)
    until(lambda: of("RecordsDispatched", prometheus) > 2, SEEN_SECONDS)

    for relay in watched.relays:
        relay.kill()
    until(lambda: breaks("NobodyLeads", prometheus), SEEN_SECONDS)
    until(lambda: breaks("DatabaseAway", prometheus), SEEN_SECONDS)
    relay = watched.fleet.relay(metrics_port=watched.ports[0])
    until(lambda: not breaks("NobodyLeads", prometheus), SEEN_SECONDS)
    until(lambda: breaks("NoStandby", prometheus), SEEN_SECONDS)

    watched.worker.kill()
    until(lambda: breaks("QueueWithoutWorker", prometheus), SEEN_SECONDS)
    assert relay.exit_code is None


def sees(prometheus: Prometheus, query: str, value: float) -> None:
    """Wait until a query has a value."""
    until(lambda: prometheus.value(query) == value, SEEN_SECONDS)


def of(name: str, prometheus: Prometheus) -> float:
    """Give what an alert's query says now."""
    (alert,) = [each for each in ALERTS if each.name == name]
    return prometheus.value(alert.query) or 0.0


def breaks(name: str, prometheus: Prometheus) -> bool:
    """Say whether an alert's query is beyond its limit, whatever time it then takes to be told."""
    (alert,) = [each for each in ALERTS if each.name == name]
    value = prometheus.value(alert.query)
    return value is not None and _beyond(alert, value)


def _beyond(alert: Alert, value: float) -> bool:
    return value > alert.limit if alert.op == ">" else value < alert.limit
