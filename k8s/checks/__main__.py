"""Render every overlay and check every object in it.

python -m k8s.checks    exit 1 and name every fault; CRD_DIR names a folder with the schemas of custom kinds
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from k8s.checks.derived import files, out_of_step
from k8s.checks.faults import faults_of
from k8s.checks.render import KUSTOMIZATIONS, render
from k8s.checks.schemas import Schemas

_NO_KUBECTL: Final = (
    "kubectl is not installed: https://kubernetes.io/docs/tasks/tools tells how to get it; 1.27 or newer "
    "(Debian 12's kubernetes-client is 1.20, whose kustomize knows no components)"
)


def main() -> int:
    """Check everything; 0 if nothing is wrong."""
    if not shutil.which("kubectl"):
        return _fail(_NO_KUBECTL)
    crds = Path(os.environ["CRD_DIR"]) if os.environ.get("CRD_DIR") else None
    if crds and not crds.is_dir():
        return _fail(f"CRD_DIR is {crds}, which is no folder")
    schemas = Schemas(crds)
    faults = [f"{path} is out of step with deploy/: run 'make k8s-files'" for path in out_of_step(files())]
    skipped: dict[str, list[str]] = {}
    for name, folder in KUSTOMIZATIONS.items():
        try:
            manifests = render(folder)
        except ValueError as error:
            faults.append(f"{name}: {error}")
            continue
        faults += [f"{name}: {fault}" for fault in faults_of(manifests, schemas)]
        unknown = [manifest for manifest in manifests if schemas.missing(manifest)]
        for manifest in unknown:
            skipped.setdefault(schemas.missing(manifest) or "", []).append(f"{name} {manifest['kind']}")
        _say(f"{name}: {len(manifests)} objects, {len(manifests) - len(unknown)} checked against their schema")
    for source, kinds in skipped.items():
        _say(f"skipped, as CRD_DIR has no schema of it: {', '.join(sorted(set(kinds)))}. To be had from {source}.")
    return _fail("\n".join(faults)) if faults else 0


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


def _say(text: str) -> None:
    print(text)


if __name__ == "__main__":
    sys.exit(main())
