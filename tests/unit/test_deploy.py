"""The Serve config files are what Serve and our settings take; that cpu.yaml runs, test_config_file.py shows."""

from pathlib import Path

import pytest
import yaml
from ray.serve.schema import ServeDeploySchema

from services.app import build
from services.common.settings import Settings

FILES = sorted(Path("deploy").glob("?pu.yaml"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def config(request):
    return yaml.safe_load(request.param.read_text("utf-8"))


def test_serve_takes_the_file(config):
    assert ServeDeploySchema.model_validate(config).applications[0].import_path == "services.app:build"


def test_our_settings_take_its_arguments(config, tmp_path):
    settings = Settings.model_validate(config["applications"][0]["args"] | {"data_dir": tmp_path})
    assert build(settings)


def test_a_gpu_is_reserved_for_what_draws_alone():
    """Ray shows a replica the GPUs that it reserved, and no others."""
    arguments = yaml.safe_load(Path("deploy/gpu.yaml").read_text("utf-8"))["applications"][0]["args"]
    settings = Settings.model_validate(arguments)
    stages = {name: getattr(settings, name).num_gpus for name in ("gateway", "segment", "generate", "postprocess")}
    assert stages == {"gateway": 0, "segment": 0, "generate": 1, "postprocess": 0}
    assert (settings.generate.engine, settings.generate.diffusion.device) == ("diffusion", "cuda")


def test_both_say_the_same_of_proxies():
    cpu, gpu = (yaml.safe_load(path.read_text("utf-8")) for path in FILES)
    assert cpu | {"applications": []} == gpu | {"applications": []}
