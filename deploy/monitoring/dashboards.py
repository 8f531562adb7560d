"""The two dashboards: everything, for who runs it; one company, for support."""

from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Unit = Literal["short", "s", "reqps", "percentunit", "ops"]


@dataclass(frozen=True)
class Panel:
    """One panel: its title, what it asks, and how it is drawn.

    `queries` are pairs of PromQL and legend. `says` is what the reader sees when hovering over it.
    """

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: Unit = "short"
    kind: Literal["timeseries", "stat", "bargauge"] = "timeseries"
    says: str = ""
    red_from: float | None = None


def _one(title: str, query: str, unit: Unit = "short", *, red_from: float | None = None) -> Panel:
    return Panel(title, ((query, ""),), unit, "stat", red_from=red_from)


def _quantile(quantile: float, metric: str, by: str = "le") -> str:
    rate = f"rate(proline_qbo_{metric}_bucket[$__rate_interval])"
    return f"histogram_quantile({quantile}, sum by ({by}) ({rate}))"


def _rate(metric: str, by: str = "") -> str:
    return f"sum{by}(rate(proline_qbo_{metric}_total[$__rate_interval]))"


# Every relay shows the same, so the larger of two and never their sum.
_BY_REASON = "max by (state, reason) (sum by (instance, state, reason) (proline_qbo_records)) > 0"
OVERVIEW: dict[str, tuple[Panel, ...]] = {
    "Is all well?": (
        _one("Relays that lead", "sum(proline_qbo_leading)"),
        _one("Oldest in the outbox", "max(proline_qbo_outbox_oldest_seconds)", "s", red_from=60),
        _one(
            "Oldest that could be sent",
            'max(proline_qbo_records_oldest_seconds{state="pending",reason=""})',
            "s",
            red_from=300,
        ),
        _one(
            "Oldest with a worker",
            'max(proline_qbo_records_oldest_seconds{state="dispatched",reason=""})',
            "s",
            red_from=120,
        ),
        _one(
            "Failed",
            'sum(max by (reason, entity) (proline_qbo_records{state="failed"}))',
        ),
        _one(
            "Questions to offices",
            'sum(max by (entity) (proline_qbo_records{state="waiting",reason="decision"}))',
        ),
        _one("Companies reconnecting", 'max(proline_qbo_companies{wait="connection"})'),
        _one("Records done", "max(proline_qbo_records_done)"),
    ),
    "The way of a change": (
        Panel(
            "A second",
            (
                (_rate("events_taken_in"), "taken in"),
                (_rate("records_dispatched"), "handed out"),
                (_rate("messages_published"), "published"),
                (_rate("claims_run"), "run"),
                (_rate("releases", " by (state) "), "left {{state}}"),
            ),
            "ops",
            says="All five follow each other while work flows; where they part, it stands.",
        ),
        Panel(
            "Records that are not done",
            (
                (
                    _BY_REASON,
                    "{{state}} {{reason}}",
                ),
            ),
        ),
        Panel(
            "Age of the oldest",
            (
                (
                    "max by (state, reason) (proline_qbo_records_oldest_seconds) > 0",
                    "{{state}} {{reason}}",
                ),
            ),
            "s",
            says="Stage and unsent may grow for ever: they wait for ProLine's users.",
        ),
        Panel(
            "Companies by what they wait for",
            (("max by (wait) (proline_qbo_companies)", "{{wait}}"),),
        ),
    ),
    "QuickBooks": (
        Panel(
            "Calls by what came of them",
            ((_rate("calls", " by (outcome) "), "{{outcome}}"),),
            "reqps",
        ),
        Panel(
            "What a call takes",
            tuple(
                (_quantile(q, "call_seconds", "le, entity"), f"{{{{entity}}}} {name}")
                for q, name in ((0.5, "p50"), (0.95, "p95"))
            ),
            "s",
        ),
        Panel(
            "Limits",
            (
                ("max(proline_qbo_quota_share_most)", "fullest window"),
                ("max(proline_qbo_realms_lowered)", "lowered by others"),
            ),
            "percentunit",
        ),
        Panel(
            "Throttled, handed back",
            (
                (_rate("throttles", " by (whose) "), "429 {{whose}}"),
                (_rate("windows_full"), "window full"),
            ),
            "ops",
        ),
        Panel("Metered reads", ((_rate("reads", " by (purpose) "), "{{purpose}}"),), "reqps"),
        Panel(
            "Tokens",
            ((_rate("token_refreshes", " by (outcome) "), "refresh {{outcome}}"),),
            "ops",
        ),
        Panel(
            "Waiting for a slot, p95",
            (
                (
                    _quantile(0.95, "slot_wait_seconds"),
                    "p95",
                ),
            ),
            "s",
        ),
        Panel("Outcomes unknown", (("max(proline_qbo_outcomes_unknown)", "writes"),)),
    ),
    "Processes": (
        Panel(
            "Threads",
            (("sum(proline_qbo_threads_busy)", "busy"), ("sum(proline_qbo_threads_all)", "all")),
            says="Busy near all for long: start more workers.",
        ),
        Panel("Living processes", (("max by (kind) (proline_qbo_processes)", "{{kind}}"),)),
        Panel("Threads by queue", (("max by (queue) (proline_qbo_threads)", "{{queue}}"),)),
        Panel(
            "Messages that stand ready",
            (("max by (queue) (proline_qbo_queue_messages)", "{{queue}}"),),
            says="Short whatever waits: the backlog is in PostgreSQL. In .XQ is what was refused.",
        ),
        Panel(
            "Taken back, published again, found",
            (
                (_rate("taken_back", " by (what) "), "taken back: {{what}}"),
                (_rate("messages_published_again", " by (evidence) "), "again: {{evidence}}"),
                (_rate("resync_finds"), "wake-ups lost"),
                (_rate("leads_taken"), "lead taken"),
            ),
            "ops",
        ),
        Panel(
            "A tick that did work, p99",
            (
                (
                    _quantile(0.99, "tick_seconds"),
                    "p99",
                ),
            ),
            "s",
        ),
        Panel(
            "The page's answers", ((_rate("page_answers", " by (status) "), "{{status}}"),), "reqps"
        ),
        Panel(
            "Reading all this takes",
            (
                ("max(proline_qbo_census_seconds)", "census"),
                ("max(proline_qbo_census_age_seconds)", "age"),
            ),
            "s",
        ),
    ),
    "For people": (
        Panel(
            "Questions",
            (("max by (question) (proline_qbo_questions)", "{{question}}"),),
            kind="bargauge",
        ),
        Panel("Findings", (("max by (kind) (proline_qbo_findings)", "{{kind}}"),), kind="bargauge"),
        Panel(
            "Companies whose work is oldest",
            (("topk(10, max by (company) (proline_qbo_company_oldest_seconds))", "{{company}}"),),
            "s",
            "bargauge",
        ),
        Panel(
            "Failed, by company",
            (
                (
                    'topk(10, max by (company) (proline_qbo_company_records{state="failed"}))',
                    "{{company}}",
                ),
            ),
            kind="bargauge",
        ),
    ),
}
COMPANY: dict[str, tuple[Panel, ...]] = {
    "How does $company stand?": (
        _one(
            "Oldest under way",
            'max(proline_qbo_company_oldest_seconds{company="$company"})',
            "s",
            red_from=300,
        ),
        _one("Failed", 'max(proline_qbo_company_records{company="$company",state="failed"})'),
        _one(
            "Of its calls a minute",
            'max(proline_qbo_company_quota_share{company="$company"})',
            "percentunit",
        ),
        Panel(
            "It waits for",
            (('max by (wait) (proline_qbo_company_waits{company="$company"}) > 0', "{{wait}}"),),
            kind="bargauge",
            says="Nothing: what stands here has no name.",
        ),
        Panel(
            "Records that are not done",
            (('max by (state) (proline_qbo_company_records{company="$company"})', "{{state}}"),),
        ),
        Panel(
            "Oldest under way over time",
            (('max(proline_qbo_company_oldest_seconds{company="$company"})', "oldest"),),
            "s",
        ),
    ),
}


def dashboard(uid: str, title: str, rows: dict[str, tuple[Panel, ...]], *, company: bool) -> Json:
    """Write a dashboard as Grafana imports it."""
    panels: list[Json] = []
    y = 0
    for row, of_row in rows.items():
        panels.append(_row(len(panels) + 1, row, y))
        y += 1
        small = all(panel.kind == "stat" for panel in of_row)
        width, height = (3, 4) if small else (6, 8)
        for place, panel in enumerate(of_row):
            x = place * width % 24
            at = {"h": height, "w": width, "x": x, "y": y + place * width // 24 * height}
            panels.append(_panel(len(panels) + 1, panel, at))
        y += height * -(-len(of_row) * width // 24)
    return {
        "uid": uid,
        "title": title,
        "tags": ["proline-qbo"],
        "timezone": "utc",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_source(), *([_companies()] if company else [])]},
        "panels": panels,
    }


def _row(number: int, title: str, y: int) -> Json:
    at = {"h": 1, "w": 24, "x": 0, "y": y}
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": at,
        "panels": [],
    }


def _panel(number: int, panel: Panel, at: Json) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.red_from is not None:
        steps.append({"color": "red", "value": panel.red_from})
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "gridPos": at,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "expr": query,
                "legendFormat": legend,
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
            }
            for place, (query, legend) in enumerate(panel.queries)
        ],
    }


def _source() -> Json:
    return {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}


def _companies() -> Json:
    query = "label_values(proline_qbo_company_records, company)"
    return {
        "name": "company",
        "label": "Company",
        "type": "query",
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "definition": query,
        "query": {"query": query, "refId": "companies"},
        "refresh": 2,
        "sort": 1,
    }
