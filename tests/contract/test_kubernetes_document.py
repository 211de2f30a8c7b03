"""What docs/kubernetes.md shows works."""

import re
from pathlib import Path

import pytest
import yaml

from k8s.checks.faults import faults_of
from k8s.checks.references import CONFIG_MAPS, SECRETS
from k8s.checks.render import ROOT, render
from tests.support.manifests import rendered, schemas

TEXT = Path("docs/kubernetes.md").read_text("utf-8")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The objects of the kustomization that it tells operators to write."""
    rendered("gpu")  # or skips
    folder = tmp_path_factory.mktemp("own")
    (folder / "vitrine").mkdir()
    (folder / "vitrine" / "k8s").symlink_to(ROOT)
    [block] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (folder / "kustomization.yaml").write_text(block)
    return render(folder)


def test_an_operators_own_kustomization_has_no_fault(own):
    assert faults_of(own, schemas()) == []


def test_nothing_of_the_examples_names_is_left_in_it(own):
    assert "example.com" not in yaml.safe_dump_all(own)


def test_every_secret_and_config_map_that_is_needed_is_made():
    pair = {"tls.crt": "--cert=", "tls.key": "--key="}
    for name, keys in SECRETS.items():
        [command] = re.findall(rf"create secret \w+ {name} (.*)", TEXT)
        assert all(pair.get(key, f"--from-literal={key}=") in command for key in keys)
    assert all(f"create configmap {name} " in TEXT for name in CONFIG_MAPS)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"-k (k8s/[\w/-]+)", TEXT))))
def test_what_is_applied_is_there(path):
    assert Path(path, "kustomization.yaml").exists()
