"""Unknown fields are faults, in Kubernetes' kinds and in custom ones."""

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8s.checks.render import KUSTOMIZATIONS
from k8s.checks.schemas import CUSTOM, Schemas, closed
from tests.support.manifests import CRDS, keys, rendered, schemas, with_key

CRD = """
spec:
  group: ray.io
  names: {kind: Boat}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {type: object}
            spec:
              type: object
              properties: {sails: {type: integer}}
              required: [sails]
"""
BOAT = {"apiVersion": "ray.io/v1", "kind": "Boat", "metadata": {"name": "may"}, "spec": {"sails": 2}}
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "may"}}


@pytest.fixture
def with_boats(tmp_path):
    (tmp_path / "boats.yaml").write_text(CRD)
    return Schemas(tmp_path)


def test_a_custom_object_as_its_schema_says_has_no_fault(with_boats):
    assert with_boats.faults(BOAT) == []


@pytest.mark.parametrize(
    "wrong",
    [
        BOAT | {"specs": {}},
        BOAT | {"spec": {"sails": 2, "oars": 4}},
        BOAT | {"spec": {"sails": "two"}},
        BOAT | {"spec": {}},
        BOAT | {"metadata": {"nmae": "may"}},
        BOAT | {"metadata": {"name": "may", "labels": {"app.kubernetes.io/componnent": "boat"}}},
        BOAT | {"kind": "Boot"},
    ],
    ids=["field", "nested field", "type", "missing", "metadata", "label", "kind"],
)
def test_a_mistake_in_a_custom_object_is_a_fault(wrong, with_boats):
    assert with_boats.faults(wrong)


def test_a_custom_kind_without_a_schema_says_where_to_get_it():
    assert Schemas(None).missing(BOAT) == CUSTOM["ray.io"]


def test_a_kind_of_kubernetes_is_never_missing():
    assert Schemas(None).missing(ACCOUNT) is None
    assert Schemas(None).faults(ACCOUNT | {"kind": "ServiceAcount"})


def test_restrictions_in_a_schema_are_left_as_they_are():
    schema = {"type": "object", "properties": {"a": {}}, "anyOf": [{"properties": {"a": {"const": 1}}}]}
    assert closed(schema)["anyOf"] == schema["anyOf"]


def test_a_typo_in_any_key_of_any_manifest_is_a_fault():
    """Every key in turn; custom kinds where their schemas are (`CRD_DIR`)."""
    everything = {json.dumps(manifest): manifest for name in KUSTOMIZATIONS for manifest in rendered(name)}
    checked = [manifest for manifest in everything.values() if not schemas().missing(manifest)]
    assert [manifest for manifest in checked if schemas().faults(manifest)] == []
    unseen = [
        (manifest["kind"], path)
        for manifest in checked
        for path in keys(manifest)
        if not schemas().faults(with_key(manifest, path, f"{path[-1]}x"))
    ]
    assert unseen == []


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(data=st.data())
def test_a_typo_of_any_kind_is_a_fault(data):
    manifest = data.draw(st.sampled_from([each for each in rendered("gpu") if not schemas().missing(each)]))
    path = data.draw(st.sampled_from(list(keys(manifest))))
    key = path[-1]
    at = data.draw(st.integers(0, len(key) - 1))
    typo = data.draw(st.sampled_from([key[:at] + key[at + 1 :], key[:at] + key[at] + key[at:], key.swapcase()]))
    assert schemas().faults(with_key(manifest, path, typo))


@pytest.mark.skipif(not CRDS, reason="CRD_DIR names no folder with the schemas of custom kinds")
def test_every_custom_kind_that_is_used_has_a_schema():
    assert [each["kind"] for name in KUSTOMIZATIONS for each in rendered(name) if schemas().missing(each)] == []


def test_the_schemas_do_not_share_what_one_of_them_changed():
    before = yaml.safe_load(CRD)
    closed(before["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    assert before == yaml.safe_load(CRD)
