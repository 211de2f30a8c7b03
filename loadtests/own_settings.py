"""Settings of a service that lives as long as a measurement."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.common.settings import Settings


def own_settings(folder: Path, port: int, sections: Mapping[str, Any] | None = None) -> Settings:
    """With its data in that folder, on three ports from the first one on.

    Args:
        folder: Gets a folder `data`.
        port: Of HTTP; gRPC has the next one, Ray's metrics the one after.
        sections: Of the tree, put over these.
    """
    tree: dict[str, Any] = {
        "data_dir": folder / "data",
        "http": {"port": port},
        "grpc": {"port": port + 1},
        "ray": {"metrics_port": port + 2},
    }
    for name, section in uncached(sections or {}).items():
        tree[name] = tree.get(name, {}) | section
    return Settings.model_validate(tree)


def uncached(sections: Mapping[str, Any]) -> dict[str, Any]:
    """The same sections; every photo is cut out, although measurements send the same one again and again."""
    return {**sections, "segment": {"cutouts_mb": 0} | sections.get("segment", {})}


def environment_of(sections: Mapping[str, Any], prefix: str = "VITRINE") -> dict[str, str]:
    """The same sections as variables of a service's environment."""
    found: dict[str, str] = {}
    for name, value in sections.items():
        variable = f"{prefix}_{name.upper()}"
        if isinstance(value, Mapping):
            found |= environment_of(value, f"{variable}_")
        else:
            found[variable] = value if isinstance(value, str) else json.dumps(value)
    return found
