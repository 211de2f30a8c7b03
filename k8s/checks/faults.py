"""Everything that is wrong with what a kustomization comes to."""

from typing import Any

from k8s.checks.references import reference_faults
from k8s.checks.schemas import Schemas
from k8s.checks.serve_config import serve_config_faults


def faults_of(manifests: list[dict[str, Any]], schemas: Schemas) -> list[str]:
    """The faults of objects that belong together; custom kinds without a schema are left out.

    Args:
        manifests: What one kustomization comes to.
        schemas: What each of them may hold.
    """
    faults = []
    for manifest in manifests:
        if not schemas.missing(manifest):
            title = f"{manifest.get('kind')} {manifest.get('metadata', {}).get('name')}"
            faults += [f"{title}: {fault}" for fault in schemas.faults(manifest)]
        if manifest.get("kind") == "RayService":
            text = manifest.get("spec", {}).get("serveConfigV2", "")
            faults += [f"serveConfigV2: {fault}" for fault in serve_config_faults(text)]
    # Objects that are not what they should be can't be asked whom they speak of.
    return faults or reference_faults(manifests)
