"""`make k8s` says what is wrong, and what it could not check."""

import pytest

from k8s.checks import __main__ as command
from k8s.checks.schemas import CUSTOM
from tests.support.manifests import CRDS, rendered


@pytest.fixture
def kubectl():
    rendered("cpu")  # or skips


def test_without_kubectl_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert command.main() == 1
    assert "kubectl is not installed: https://" in capsys.readouterr().err


def test_without_schemas_of_custom_kinds_it_says_where_they_are(kubectl, monkeypatch, capsys):
    monkeypatch.delenv("CRD_DIR", raising=False)
    assert command.main() == 0
    told = capsys.readouterr().out
    assert all(f"To be had from {source}." in told for source in CUSTOM.values())


def test_a_folder_of_schemas_that_is_none_is_a_fault(kubectl, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CRD_DIR", str(tmp_path / "nowhere"))
    assert command.main() == 1
    assert "which is no folder" in capsys.readouterr().err


@pytest.mark.skipif(not CRDS, reason="CRD_DIR names no folder with the schemas of custom kinds")
def test_with_them_it_checks_everything(kubectl, capsys):
    assert command.main() == 0
    assert "skipped" not in capsys.readouterr().out


def test_a_kustomization_that_does_not_render_is_a_fault(kubectl, monkeypatch, capsys, tmp_path):
    (tmp_path / "kustomization.yaml").write_text("resource: [gone.yaml]")
    monkeypatch.setattr(command, "KUSTOMIZATIONS", {"broken": tmp_path})
    assert command.main() == 1
    assert "broken: " in capsys.readouterr().err


def test_a_field_that_there_is_not_is_a_fault(kubectl, monkeypatch, capsys, tmp_path):
    (tmp_path / "kustomization.yaml").write_text("resources: [account.yaml]")
    (tmp_path / "account.yaml").write_text("{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}, secret: []}")
    monkeypatch.setattr(command, "KUSTOMIZATIONS", {"broken": tmp_path})
    assert command.main() == 1
    assert "broken: ServiceAccount a: $: Additional properties are not allowed ('secret'" in capsys.readouterr().err
