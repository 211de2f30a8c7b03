"""A name that nobody has is a fault, wherever one object speaks of another."""

import copy

import pytest

from k8s.checks.references import reference_faults
from k8s.checks.render import KUSTOMIZATIONS
from tests.support.manifests import rendered


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_what_is_named_is_there(name):
    assert reference_faults(rendered(name)) == []


def change(kind, path, value, title=None):
    """The gpu overlay with one value changed."""
    manifests = copy.deepcopy(rendered("gpu"))
    [place] = [each for each in manifests if each["kind"] == kind and title in {None, each["metadata"]["name"]}]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return manifests


HEAD = ("spec", "rayClusterConfig", "headGroupSpec", "template", "spec")
CONTAINER = (*HEAD, "containers", 0)
WORKER = ("spec", "rayClusterConfig", "workerGroupSpecs", 0, "template", "spec")
RULE = ("spec", "rules", 0)


@pytest.mark.parametrize(
    ("kind", "path", "value", "said"),
    [
        ("RayService", (*HEAD, "serviceAccountName"), "vitrine-hed", "ServiceAccount vitrine-hed"),
        ("RayService", (*WORKER, "priorityClassName"), "vitrine-wurker", "PriorityClass vitrine-wurker"),
        ("RayService", (*CONTAINER, "envFrom", 0, "configMapRef", "name"), "settings", "ConfigMap settings"),
        ("RayService", (*CONTAINER, "envFrom", 1, "secretRef", "name"), "vitrine-s4", "secret vitrine-s4"),
        ("RayService", (*CONTAINER, "env", 0, "name"), "VITRINE_DATABASE_URL", "VITRINE_DATABASE_URL"),
        ("RayService", (*CONTAINER, "env", 0, "valueFrom", "secretKeyRef", "key"), "uri", "no key uri"),
        ("RayService", (*CONTAINER, "volumeMounts", 0, "name"), "temp", "volume temp"),
        ("RayService", (*CONTAINER, "ports", 1, "name"), "dashbord", "no pod has a port dashboard"),
        ("RayService", (*WORKER, "volumes", 3, "secret", "secretName"), "signing", "secret signing"),
        ("HTTPRoute", (*RULE, "backendRefs", 0, "name"), "vitrine", "no service vitrine has"),
        ("HTTPRoute", ("spec", "hostnames", 0), "shop.example.com", "for shop.example.com"),
        ("GRPCRoute", (*RULE, "backendRefs", 0, "port"), 8001, "has a port 8001"),
        ("Gateway", ("spec", "listeners", 0, "tls", "certificateRefs", 0, "name"), "tls", "secret tls"),
        ("ServiceMonitor", ("spec", "endpoints", 0, "port"), "server", "no service has a port server"),
        ("ServiceMonitor", ("spec", "endpoints", 0, "authorization", "credentials", "key"), "token", "no key token"),
        ("StatefulSet", ("spec", "template", "spec", "serviceAccountName"), "redis", "ServiceAccount redis"),
    ],
)  # fmt: skip
def test_a_name_that_nobody_has_is_told(kind, path, value, said):
    assert said in "\n".join(reference_faults(change(kind, path, value)))
