"""Serve passes over fields that it does not know; the check of its config does not."""

from pathlib import Path

import yaml

from k8s.checks.names import SERVE_ENVIRONMENT
from k8s.checks.serve_config import serve_config_faults
from services.app import serve_environment
from services.common.settings import Settings
from tests.support.manifests import keys, with_key

FILES = {name: yaml.safe_load(Path(f"deploy/{name}.yaml").read_text("utf-8")) for name in ("cpu", "gpu")}


def test_the_files_of_deploy_have_no_fault():
    assert [list(serve_config_faults(yaml.safe_dump(config))) for config in FILES.values()] == [[], []]


def test_a_typo_in_any_key_is_a_fault():
    unseen = [
        (name, path)
        for name, config in FILES.items()
        for path in keys(config)
        if not list(serve_config_faults(yaml.safe_dump(with_key(config, path, f"{path[-1]}x"))))
    ]
    assert unseen == []


def test_a_config_that_is_none_is_a_fault():
    assert list(serve_config_faults(""))


def test_the_variables_of_serve_are_those_that_the_service_sets():
    assert set(serve_environment(Settings())) == SERVE_ENVIRONMENT
