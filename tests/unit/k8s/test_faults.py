"""What goes into a rendering is as strict as what comes out of it."""

import shutil
from pathlib import Path

import pytest
import yaml

from k8s.checks.faults import faults_of
from k8s.checks.render import ROOT, render
from tests.support.manifests import CRDS, keys, rendered, schemas, with_key

#: What kustomize reads and changes; test_schemas.py changes what comes out as it is.
SOURCES = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*.yaml")
    if path.name in {"kustomization.yaml", "name-references.yaml", "group.yaml", "workers.yaml", "serve.yaml"}
)


def overlay_of(source: Path) -> str:
    """A folder whose rendering this file takes part in."""
    return str(source.parent) if source.parts[0] == "migration" or "cpu" in source.parts else "overlays/gpu-to-zero"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    rendered("cpu")  # or skips
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("k8s") / "k8s", dirs_exist_ok=True))


def fails(folder: Path) -> bool:
    try:
        return bool(faults_of(render(folder), schemas()))
    except ValueError:
        return True


@pytest.mark.skipif(not CRDS, reason="CRD_DIR names no folder with the schemas of custom kinds")
@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_a_typo_in_any_key_of_a_source_fails(source, tree):
    path = tree / source
    original = path.read_text("utf-8")
    manifest = yaml.safe_load(original)
    unseen = []
    # A name that comes again is read by the same code.
    for each in {path[-1]: path for path in keys(manifest)}.values():
        path.write_text(yaml.safe_dump(with_key(manifest, each, f"{each[-1]}x")))
        if not fails(tree / overlay_of(source)):
            unseen.append(each)
    path.write_text(original)
    assert unseen == []


def test_a_rendering_without_mistakes_has_no_fault(tree):
    assert faults_of(render(tree / "overlays" / "gpu"), schemas()) == []
