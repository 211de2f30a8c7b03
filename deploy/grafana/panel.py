"""Dashboards as Grafana reads them: panels under headings, three in a row."""

from dataclasses import dataclass, field
from typing import Any, Final

WIDTH: Final = 24  # Grafana's columns
PANEL_WIDTH: Final = 8
PANEL_HEIGHT: Final = 7


@dataclass(frozen=True)
class Panel:
    """A graph.

    Args:
        title: What is seen.
        queries: PromQL by legend; `{{label}}` in a legend stands for the label's value.
        unit: Grafana's name of it.
        tells: How to read it, where the title does not say.
    """

    title: str
    queries: dict[str, str]
    unit: str = "short"
    tells: str = ""


@dataclass(frozen=True)
class Dashboard:
    """Panels under headings, three in a row."""

    uid: str
    title: str
    rows: dict[str, list[Panel]] = field(default_factory=dict)


def document(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    panels: list[dict[str, Any]] = []
    y = 0
    for heading, row in dashboard.rows.items():
        panels.append(_placed({"type": "row", "title": heading, "collapsed": False, "panels": []}, 0, y, WIDTH, 1))
        y += 1
        for number, panel in enumerate(row):
            column, line = number % (WIDTH // PANEL_WIDTH), number // (WIDTH // PANEL_WIDTH)
            place = (column * PANEL_WIDTH, y + line * PANEL_HEIGHT, PANEL_WIDTH, PANEL_HEIGHT)
            panels.append(_placed(_graph(panel), *place))
        y += PANEL_HEIGHT * -(-len(row) // (WIDTH // PANEL_WIDTH))
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["vitrine"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, start=1)],
    }


def _graph(panel: Panel) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.tells,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": source, "expr": expr, "legendFormat": legend}
            for number, (legend, expr) in enumerate(panel.queries.items())
        ],
    }


def _placed(panel: dict[str, Any], x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {**panel, "gridPos": {"x": x, "y": y, "w": width, "h": height}}
