"""What dashboards ask Prometheus, in few words."""

from typing import Final

#: Rates over this: Grafana chooses it by the time range, at least four times as long as between two scrapes.
RATE: Final = "$__rate_interval"


def rate(metric: str, by: str = "", where: str = "") -> str:
    """How much more of a counter there is each second."""
    total = f"sum by ({by})" if by else "sum"
    return f"{total} (rate({metric}{f'{{{where}}}' if where else ''}[{RATE}]))"


def share(metric: str, where: str) -> str:
    """Of a counter, the part with those labels."""
    return f"{rate(metric, where=where)} / {rate(metric)}"


def quantile(below: float, histogram: str, by: str = "", where: str = "") -> str:
    """What that share of a histogram's values stays below."""
    labels = f"{by}, le" if by else "le"
    selected = f"{histogram}_bucket{f'{{{where}}}' if where else ''}"
    return f"histogram_quantile({below}, sum by ({labels}) (rate({selected}[{RATE}])))"


def mean(histogram: str, by: str) -> str:
    """Of a histogram's values."""
    return f"{rate(f'{histogram}_sum', by)} / {rate(f'{histogram}_count', by)}"
