"""Alerts and dashboards speak of metrics that exist, each alert has a runbook entry, and each fires and clears."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.grafana.dashboards import files
from services.common import metrics
from tests.support.operations import ALERTS, PROMETHEUS, RULES, shown

TESTED = yaml.safe_load((PROMETHEUS / "alerts_test.yaml").read_text())["tests"]


def queries():
    return [*shown(), *(rule["expr"] for rule in RULES)]


def known():
    """Every name that a query may have."""
    ours = {f"ray_{metric.name}" for metric in metrics.ALL if metric.kind != "histogram"}
    ours |= {f"ray_{metric.name}_{part}" for metric in metrics.ALL if metric.kind == "histogram"
             for part in ("bucket", "sum", "count")}  # fmt: skip
    recorded = {rule["record"] for rule in RULES if "record" in rule}
    return ours | recorded | {metric.name for metric in metrics.STORED} | set(metrics.OF_RAY)


@pytest.mark.parametrize("query", sorted(set(queries())))
def test_query_names_only_metrics_that_exist(query):
    named = set(re.findall(r"\b(?:ray_)?vitrine[a-z_:0-9]*|\bray_\w+", re.sub(r'"[^"]*"', "", query)))
    assert named <= known()


def test_every_metric_is_seen_on_a_dashboard():
    told = " ".join(queries())
    assert [metric.name for metric in (*metrics.ALL, *metrics.STORED) if metric.name not in told] == []
    assert [name for name in metrics.OF_RAY if name not in told] == []


def test_dashboards_are_in_step_with_their_script():
    made = files()
    assert {path.name: path.read_text() for path in Path("deploy/grafana").glob("*.json")} == {
        path.name: text for path, text in made.items()
    }


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_says_what_is_wrong_how_bad_and_where_to_read_on(alert):
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert anchor == alert["alert"].lower()
    headings = re.findall(r"^### (\w+)$", Path(page).read_text(), re.MULTILINE)
    assert headings.count(alert["alert"]) == 1
    assert alert["annotations"]["summary"].endswith(".")
    assert alert["annotations"]["description"].endswith(".")


def test_runbook_has_no_entry_for_an_alert_that_is_gone():
    entries = re.findall(r"^### (Vitrine\w+)$", Path("docs/operations.md").read_text(), re.MULTILINE)
    assert entries == [alert["alert"] for alert in ALERTS]


def test_every_alert_is_seen_to_fire_and_to_clear():
    seen = {}
    for test in TESTED:
        for step in test["promql_expr_test"]:
            name = re.search(r'alertname="(\w+)"', step["expr"])[1]
            seen.setdefault(name, []).append(step["exp_samples"][0]["value"])
    assert seen == {alert["alert"]: [1, 0] for alert in ALERTS}


def test_rules_do_what_their_tests_say():
    if shutil.which("promtool") is None:
        missing = "promtool is not installed (on Debian: apt install prometheus)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    for command in (("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")):
        done = subprocess.run(["promtool", *command], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
