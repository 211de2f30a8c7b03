"""Files in k8s/ that are made from those in deploy/, so that nothing is said twice.

    python -m k8s.checks.derived          write
    python -m k8s.checks.derived --check  exit 1 and name the files that are out of step

Kustomize can neither change a part of a text nor put a file's text into a custom object, so this does.
"""

import sys
from pathlib import Path
from typing import Any, Final

import yaml

from k8s.checks.render import ROOT

DEPLOY: Final = ROOT.parent / "deploy"
RULES: Final = DEPLOY / "prometheus" / "alerts.yaml"


class _Text(str):
    """Written as a block of lines."""

    __slots__ = ()


yaml.SafeDumper.add_representer(
    _Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
)


def serve_config(name: str) -> dict[str, Any]:
    """The Serve config `deploy/NAME.yaml` for pods, whose HTTP has to be reached from outside of them."""
    config: dict[str, Any] = yaml.safe_load((DEPLOY / f"{name}.yaml").read_text("utf-8"))
    config["http_options"]["host"] = "0.0.0.0"  # noqa: S104 - a pod's interfaces, behind NetworkPolicies
    config["applications"][0]["args"]["http"]["host"] = "0.0.0.0"  # noqa: S104 - the same
    return config


def _serve_patch(name: str) -> str:
    text = _Text(yaml.safe_dump(serve_config(name), sort_keys=False, width=110))
    return _file(
        f"deploy/{name}.yaml",
        {
            "apiVersion": "ray.io/v1",
            "kind": "RayService",
            "metadata": {"name": "vitrine"},
            "spec": {"serveConfigV2": text},
        },
    )


def _rules() -> str:
    return _file(
        "deploy/prometheus/alerts.yaml",
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "vitrine"},
            "spec": yaml.safe_load(RULES.read_text("utf-8")),
        },
    )


def _file(source: str, manifest: dict[str, Any]) -> str:
    said = f"# Made from {source} by `make k8s-files`: change that one.\n"
    return said + yaml.safe_dump(manifest, sort_keys=False, width=110)


def files() -> dict[Path, str]:
    """Every file that is made, and what has to be in it."""
    overlays = {ROOT / "overlays" / name / "serve.yaml": _serve_patch(name) for name in ("cpu", "gpu")}
    return overlays | {ROOT / "components" / "monitoring" / "rules.yaml": _rules()}


def out_of_step(made: dict[Path, str]) -> list[Path]:
    """Those of the files that do not hold what they should.

    Args:
        made: Files with what has to be in them.
    """
    return [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` name those that are out of step."""
    if arguments != ["--check"]:
        for path, text in files().items():
            path.write_text(text, "utf-8")
        return 0
    for path in (late := out_of_step(files())):
        print(f"{path} is out of step with deploy/: run 'make k8s-files'", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
