"""The alert rules as promtool reads them, and the files as they are written from the one list."""

import json

from deploy.monitoring.__main__ import DASHBOARDS, ROOT, RULES, dashboards, rules
from deploy.monitoring.alerts import ALERTS
from tests.support.prometheus import promtool as run_promtool

UNIT_TESTS = ROOT / "deploy" / "prometheus" / "alerts_test.yml"


def test_the_files_are_what_the_lists_say() -> None:
    """Run `python -m deploy.monitoring` after changing one."""
    assert RULES.read_text(encoding="utf-8") == rules()
    written = {path.name: path.read_text(encoding="utf-8") for path in DASHBOARDS.glob("*.json")}
    assert written == dashboards()


def test_the_rules_are_valid(promtool: str) -> None:
    """By Prometheus' own check."""
    checked = run_promtool("check", "rules", str(RULES))

    assert checked.returncode == 0, checked.stderr
    assert f"{len(ALERTS)} rules found" in checked.stdout


def test_each_alert_fires_when_it_should_and_only_then(promtool: str) -> None:
    """By Prometheus' own unit tests: deploy/prometheus/alerts_test.yml."""
    tested = run_promtool("test", "rules", str(UNIT_TESTS))

    assert tested.returncode == 0, tested.stdout + tested.stderr
    text = UNIT_TESTS.read_text(encoding="utf-8")
    assert [alert.name for alert in ALERTS if f"alertname: {alert.name}\n" not in text] == []


def test_no_two_panels_of_a_dashboard_lie_on_each_other() -> None:
    """Grafana would move one of them somewhere."""
    for path in DASHBOARDS.glob("*.json"):
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(path.read_text())["panels"]:
            at = panel["gridPos"]
            cells = {
                (at["x"] + right, at["y"] + down)
                for right in range(at["w"])
                for down in range(at["h"])
            }
            assert not cells & taken, panel["title"]
            assert at["x"] + at["w"] <= 24
            taken |= cells


def test_every_alert_has_its_section_in_the_runbook() -> None:
    """Meaning, look, act; and no section is of an alert that is gone."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    part = text.partition("## Alerts")[2].partition("\n## ")[0]
    sections = dict(_section(each) for each in part.split("\n### ")[1:])

    assert list(sections) == [alert.name for alert in ALERTS]
    for name, section in sections.items():
        for word in ("**Meaning.**", "**Look.**", "**Act.**"):
            assert word in section, (name, word)


def _section(text: str) -> tuple[str, str]:
    name, _, rest = text.partition("\n")
    return name.strip(), rest
