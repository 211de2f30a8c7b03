"""What operators are given in deploy/: dashboards, recording rules, alerts, as tests read them."""

from pathlib import Path

import yaml

from deploy.grafana.dashboards import DASHBOARDS

PROMETHEUS = Path("deploy/prometheus")
RULES = [
    rule for group in yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]


def shown():
    """Every query of every dashboard."""
    return [expr for each in DASHBOARDS for row in each.rows.values() for panel in row
            for expr in panel.queries.values()]  # fmt: skip
