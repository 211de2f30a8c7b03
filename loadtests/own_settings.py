"""Settings of a service that lives as long as a measurement."""

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
    for name, section in (sections or {}).items():
        tree[name] = tree.get(name, {}) | section
    return Settings.model_validate(tree)
