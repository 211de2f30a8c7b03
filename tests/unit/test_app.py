"""The composition root gives every deployment its own share of the settings."""

import pytest
import ray

from services.app import LocalService, build, serve_environment
from services.common.errors import InvalidInput
from services.common.settings import Settings
from tests.support.running_service import small_service_settings

#: Deployments by their section of the settings.
SECTIONS = {
    "gateway": "Gateway", "segment": "Segment", "generate": "Generate", "postprocess": "Postprocess",
    "jobs": "Dispatcher", "training": "Trainer",
}  # fmt: skip


#: What a service needs that trains.
DRAWS = {"engine": "diffusion", "diffusion": {"checkpoint": "any"}}


def bound(settings):
    """Every bound deployment by its name."""
    gateway = build(settings)._bound_deployment
    behind = [each._bound_deployment for each in gateway.init_args if hasattr(each, "_bound_deployment")]
    return {each.name: each for each in (gateway, *behind)}


def deployments(tree):
    """Every deployment of a service that also trains, by its section of the settings."""
    whole = {"generate": DRAWS | tree.pop("generate", {}), "training": {"enabled": True} | tree.pop("training", {})}
    by_name = bound(Settings.model_validate(tree | whole))
    assert set(by_name) == set(SECTIONS.values())
    return {section: by_name[name] for section, name in SECTIONS.items()}


#: They claim their work themselves.
PULLING = ("jobs", "training")


@pytest.mark.parametrize("stage", SECTIONS)
def test_deployment_scales_as_its_own_section_says(stage, tmp_path):
    share = {
        "num_cpus": 0.125, "num_gpus": 0.25, "min_replicas": 2, "max_replicas": 5, "target_ongoing_requests": 3,
        "max_ongoing_requests": 7, "max_queued_requests": 11, "look_back_period_s": 21, "upscale_delay_s": 22,
        "downscale_delay_s": 23, "downscale_to_zero_delay_s": 24,
    }  # fmt: skip
    found = deployments({"data_dir": tmp_path, stage: share})
    deployment = found[stage]
    scaling = deployment._deployment_config.autoscaling_config
    assert (deployment.ray_actor_options["num_cpus"], deployment.ray_actor_options["num_gpus"]) == (0.125, 0.25)
    assert (scaling.min_replicas, scaling.max_replicas, scaling.target_ongoing_requests) == (2, 5, 3)
    assert (scaling.look_back_period_s, scaling.upscale_delay_s) == (21, 22)
    assert (scaling.downscale_delay_s, scaling.downscale_to_zero_delay_s) == (23, 24)
    assert (deployment.max_ongoing_requests, deployment.max_queued_requests) == (7, 11)
    others = [found[name].max_ongoing_requests for name in SECTIONS if name != stage]
    assert 7 not in others


@pytest.mark.parametrize("section", PULLING)
def test_what_pulls_is_scaled_by_the_backlog_and_has_time_to_drain(section, tmp_path):
    share = {"target_backlog_s": 7, "drain_s": 20}
    dispatcher = deployments({"data_dir": tmp_path, section: share})[section]
    policy = dispatcher._deployment_config.autoscaling_config.policy
    assert policy.get_policy().__name__ == "BacklogPolicy"
    assert policy.policy_kwargs == {"target_s": 7}
    assert dispatcher._deployment_config.graceful_shutdown_timeout_s > 20


@pytest.mark.parametrize(("engine", "policy"), [("plate", "PixelsPolicy"), ("diffusion", None)])
def test_plates_are_scaled_by_their_pixels_and_drawings_by_their_number(engine, policy, tmp_path):
    generate = {"engine": engine, "target_megapixels": 6, "diffusion": {"checkpoint": "any"}}
    deployment = bound(Settings.model_validate({"data_dir": tmp_path, "generate": generate}))["Generate"]
    found = deployment._deployment_config.autoscaling_config.policy
    assert found.is_default_policy_function() == (policy is None)
    if policy:
        assert (found.get_policy().__name__, found.policy_kwargs) == (policy, {"target_megapixels": 6})


def test_replica_that_goes_has_time_for_the_longest_request(tmp_path):
    limits = {"max_timeout_s": 123}
    found = deployments({"data_dir": tmp_path, "limits": limits})
    waits = {found[name]._deployment_config.graceful_shutdown_timeout_s for name in SECTIONS if name not in PULLING}
    assert waits == {123}


def test_replicas_listen_themselves_at_their_own_ports_only_where_that_is_asked_for():
    tree = {"ray": {"direct_ingress": True, "direct_http_port": 21_000, "direct_grpc_port": 22_000}}
    told = serve_environment(Settings.model_validate(tree))
    assert told["RAY_SERVE_ENABLE_DIRECT_INGRESS"] == "1"
    ranges = [
        (told[f"RAY_SERVE_DIRECT_INGRESS_MIN_{each}_PORT"], told[f"RAY_SERVE_DIRECT_INGRESS_MAX_{each}_PORT"])
        for each in ("HTTP", "GRPC")
    ]
    assert ranges == [("21000", "21100"), ("22000", "22100")]
    assert not any("DIRECT" in name for name in serve_environment(Settings()))


def test_nobody_trains_unless_the_operator_wants_it(tmp_path):
    assert "Trainer" not in bound(Settings.model_validate({"data_dir": tmp_path}))


def test_service_that_draws_nothing_trains_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"training\.enabled is true but generate\.engine is 'plate'"):
        Settings.model_validate({"data_dir": tmp_path, "training": {"enabled": True}})


def test_key_that_is_not_there_stops_the_start_before_ray(tmp_path):
    signing = {"certificates": tmp_path / "chain.pem", "private_key": tmp_path / "key.pem"}
    service = LocalService(small_service_settings(tmp_path, provenance=signing))
    with pytest.raises(InvalidInput, match=r"provenance\.certificates: .* can't be read"):
        service.start()
    assert not ray.is_initialized()
