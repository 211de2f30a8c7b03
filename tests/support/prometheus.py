"""A real Prometheus that scrapes a service of the tests'."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import yaml

DEPLOY = Path("deploy").resolve()


def program():
    """Where Prometheus lies; None where it is not installed."""
    return shutil.which("prometheus")


class PrometheusServer:
    """Runs while the context is open, as deploy/prometheus.yml says, but for ports, and every second.

    Args:
        home: An empty directory of its own.
        port: To listen at.
        targets: Addresses, in the order of those in the file.
    """

    def __init__(self, home, port, targets):
        self._home = home
        self._address = f"127.0.0.1:{port}"
        config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
        [job] = config["scrape_configs"]
        for place, target in zip(job["static_configs"], targets, strict=True):
            place["targets"] = [target]
        rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
        for group in rules["groups"]:
            group.pop("interval", None)
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = ["alerts.yaml"]
        (home / "alerts.yaml").write_text(yaml.safe_dump(rules))
        (home / "prometheus.yml").write_text(yaml.safe_dump(config))

    def __enter__(self):
        command = [program(), "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
        self._log = (self._home / "log").open("w")
        self._process = subprocess.Popen(
            [*command, f"--web.listen-address={self._address}"], cwd=self._home, stderr=self._log
        )
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()

    def asked(self, path, **params):
        """The data of an answer of its API."""
        answer = httpx.get(f"http://{self._address}/api/v1/{path}", params=params, timeout=20).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def values(self, query):
        """The numbers that a query has now."""
        numbers = (float(sample["value"][1]) for sample in self.asked("query", query=query)["result"])
        return [number for number in numbers if number == number]  # noqa: PLR0124 - NaN is none

    def is_ready(self):
        """Whether it answers."""
        assert self._process.poll() is None, (self._home / "log").read_text()
        try:
            return httpx.get(f"http://{self._address}/-/ready").status_code == 200
        except httpx.ConnectError:
            return False


def with_data(expression):
    """An alert's expression as one that has data also while all is well: comparisons tell 0 or 1, not nothing."""
    present = re.sub(r"^absent\((.*)\)$", r"\1", expression.strip())
    return re.sub(r" (>=|<=|==|!=|>|<) ", r" \1 bool ", present)
