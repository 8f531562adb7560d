"""Writes the alert rules and the dashboards: `python -m deploy.monitoring`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from deploy.monitoring.alerts import GROUPS, Alert
from deploy.monitoring.dashboards import COMPANY, OVERVIEW, dashboard

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RUNBOOK = "docs/runbook.md"
HEAD = "# Written by `python -m deploy.monitoring` from deploy/monitoring/alerts.py: change that.\n"


def rules() -> str:
    """Write the rules as Prometheus reads them."""
    groups = [
        {"name": f"proline-qbo {name}", "rules": [_rule(each) for each in group]}
        for name, group in GROUPS.items()
    ]
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    yaml.dump({"groups": groups}, text)
    return HEAD + text.getvalue()


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": f"({alert.query}) {alert.op} {alert.limit:g}",
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": alert.summary,
            "runbook": f"{RUNBOOK}#{alert.name.lower()}",
        },
    }


def dashboards() -> dict[str, str]:
    """Write the dashboards, by file name."""
    every = {
        "overview.json": dashboard(
            "proline-qbo-overview", "ProLine to QuickBooks", OVERVIEW, company=False
        ),
        "company.json": dashboard(
            "proline-qbo-company", "ProLine to QuickBooks: one company", COMPANY, company=True
        ),
    }
    return {name: json.dumps(each, indent=2) + "\n" for name, each in every.items()}


def main() -> None:
    """Write all of them."""
    RULES.write_text(rules(), encoding="utf-8")
    for name, text in dashboards().items():
        (DASHBOARDS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
