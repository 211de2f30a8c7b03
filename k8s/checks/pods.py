"""The pods that manifests make, also through KubeRay."""

from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Pods:
    """A template of pods and the labels that they come to have.

    Args:
        owner: What makes them, for messages.
        labels: Those of the template, and what is added to them.
        spec: Of a pod.
    """

    owner: str
    labels: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        """Those that run before the others, then these."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


def pods_of(manifests: list[Manifest]) -> list[Pods]:
    """Every template of pods in them; Ray's get the label that KubeRay adds (`labelPod` in its common/pod.go)."""
    pods = []
    for manifest in manifests:
        spec, name = manifest.get("spec", {}), manifest["metadata"]["name"]
        if manifest["kind"] == "RayService":
            cluster = spec["rayClusterConfig"]
            groups = {"headgroup": cluster["headGroupSpec"]}
            groups |= {group["groupName"]: group for group in cluster["workerGroupSpecs"]}
            for group, each in groups.items():
                labels = each["template"]["metadata"]["labels"] | {"ray.io/group": group}
                pods.append(Pods(f"{name} {group}", labels, each["template"]["spec"]))
        elif manifest["kind"] in {"Job", "StatefulSet", "Deployment"}:
            template = spec["template"]
            pods.append(Pods(f"{manifest['kind']} {name}", template["metadata"]["labels"], template["spec"]))
    return pods
