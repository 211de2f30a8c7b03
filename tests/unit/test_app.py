"""The composition root gives every deployment its own share of the settings."""

import pytest

from services.app import build
from services.common.settings import Settings

STAGES = ("gateway", "segment", "generate", "postprocess")


def deployments(settings):
    """Every bound deployment by its name."""
    gateway = build(settings)._bound_deployment
    stages = [each._bound_deployment for each in gateway.init_args if hasattr(each, "_bound_deployment")]
    return {each.name.lower(): each for each in (gateway, *stages)}


@pytest.mark.parametrize("stage", STAGES)
def test_deployment_scales_as_its_own_section_says(stage, tmp_path):
    share = {
        "num_cpus": 0.125, "num_gpus": 0.25, "min_replicas": 2, "max_replicas": 5, "target_ongoing_requests": 3,
        "max_ongoing_requests": 7, "max_queued_requests": 11,
    }  # fmt: skip
    found = deployments(Settings.model_validate({"data_dir": tmp_path, stage: share}))
    assert set(found) == set(STAGES)
    deployment = found[stage]
    scaling = deployment._deployment_config.autoscaling_config
    assert (deployment.ray_actor_options["num_cpus"], deployment.ray_actor_options["num_gpus"]) == (0.125, 0.25)
    assert (scaling.min_replicas, scaling.max_replicas, scaling.target_ongoing_requests) == (2, 5, 3)
    assert (deployment.max_ongoing_requests, deployment.max_queued_requests) == (7, 11)
    others = [found[name].max_ongoing_requests for name in STAGES if name != stage]
    assert 7 not in others
