"""What a folder of kustomize files comes to."""

import subprocess
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent

#: Everything that is applied as it is, by its name.
KUSTOMIZATIONS: Final = {
    folder.name: folder for folder in [*sorted(ROOT.glob("overlays/*")), ROOT / "migration"] if folder.is_dir()
}


def render(folder: Path) -> list[dict[str, Any]]:
    """The objects that `kubectl apply -k FOLDER` would hand to a cluster.

    Raises:
        FileNotFoundError: kubectl is not installed.
        ValueError: kustomize refuses the folder; the message is its own.
    """
    done = subprocess.run(  # noqa: S603 - no shell, and the folder is ours
        ["kubectl", "kustomize", str(folder)],  # noqa: S607 - where the user has it
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or done.stderr:  # what is deprecated is said on standard error alone
        raise ValueError(done.stderr.strip())
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]
