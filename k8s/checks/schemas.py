"""What an object in a cluster may hold: Kubernetes' schemas and those of custom kinds, both without unknown fields."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from k8s.checks.names import FREE_MAPS

#: The version of Kubernetes whose schemas are asked; the package has older and newer ones.
KUBERNETES: Final = "1.33.0"

#: Groups of custom kinds, and where their schemas are to be had.
CUSTOM: Final = {
    "ray.io": "KubeRay v1.7: ray-operator/config/crd/bases of github.com/ray-project/kuberay",
    "gateway.networking.k8s.io": "Gateway API: config/crd/standard of github.com/kubernetes-sigs/gateway-api",
    "monitoring.coreos.com": "Prometheus operator: example/prometheus-operator-crd of "
    "github.com/prometheus-operator/prometheus-operator",
}

_BASE: Final = "https://kubernetes.io/api/_definitions.json"  # the $id that kubernetes-validate gives it
_OBJECT_META: Final = {"$ref": f"{_BASE}#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}

#: Below these a CRD repeats parts of a schema only to restrict it: what they leave out is not forbidden.
_RESTRICTIONS: Final = ("allOf", "anyOf", "oneOf", "not")


class Schemas:
    """The schema of every kind that is known.

    Args:
        crds: A folder with CustomResourceDefinitions, searched with all folders in it; None: no custom kinds.
    """

    def __init__(self, crds: Path | None) -> None:
        definitions = closed(_kubernetes())
        registry = Registry().with_resource(_BASE, Resource.from_contents(definitions, DRAFT202012))
        self._validators: dict[tuple[str, str], jsonschema.Draft202012Validator] = {}
        for name, definition in definitions["$defs"].items():
            for kind in definition.get("x-kubernetes-group-version-kind", ()):
                version = f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]
                schema = {"$ref": f"{_BASE}#/$defs/{name}", "required": ["apiVersion", "kind", "metadata"]}
                self._add(version, kind["kind"], schema, registry)
        for version, kind, schema in _custom(crds) if crds else ():
            self._add(version, kind, schema, registry)

    def _add(self, version: str, kind: str, schema: dict[str, Any], registry: Registry[Any]) -> None:
        self._validators[version, kind] = jsonschema.Draft202012Validator(schema, registry=registry)

    def missing(self, manifest: dict[str, Any]) -> str | None:
        """Where to get the schema of a custom kind that is not here; None if it is, or should be."""
        version, kind = manifest.get("apiVersion", ""), manifest.get("kind", "")
        return None if (version, kind) in self._validators else CUSTOM.get(version.partition("/")[0])

    def faults(self, manifest: dict[str, Any]) -> list[str]:
        """What is wrong with an object: unknown fields, wrong types, what is required and not there."""
        validator = self._validators.get((manifest.get("apiVersion", ""), manifest.get("kind", "")))
        if validator is None:
            return [f"no schema for the kind {manifest.get('kind')!r} of {manifest.get('apiVersion')!r}"]
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(manifest)]


def closed(schema: Any, field: str = "") -> Any:
    """A copy that allows no field but those it names, and in free maps no key but those of `names.py`.

    Args:
        schema: A JSON schema, or a part of one.
        field: The field that it describes.
    """
    if not isinstance(schema, dict):
        return schema
    copy = {key: value for key, value in schema.items() if key != "description"}
    if "properties" in copy:
        copy["properties"] = {name: closed(part, name) for name, part in copy["properties"].items()}
        copy.setdefault("additionalProperties", False)
    elif isinstance(copy.get("additionalProperties"), dict):
        copy["additionalProperties"] = closed(copy["additionalProperties"])
        copy["propertyNames"] = {"enum": sorted(FREE_MAPS.get(field, ()))}
    if "items" in copy:
        copy["items"] = closed(copy["items"], field)
    if "$defs" in copy:
        copy["$defs"] = {name: closed(part) for name, part in copy["$defs"].items()}
    return copy


def _kubernetes() -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{KUBERNETES}-local-strict"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_text("utf-8"))
    return definitions


def _custom(crds: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in sorted(crds.rglob("*.yaml")):
        # These are megabytes; PyYAML has libyaml's loader in most builds.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for crd in yaml.load_all(path.read_text("utf-8"), Loader=loader):
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = closed(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = _OBJECT_META
                schema["required"] = [*schema.get("required", ()), "apiVersion", "kind", "metadata"]
                yield f"{spec['group']}/{version['name']}", spec["names"]["kind"], schema
