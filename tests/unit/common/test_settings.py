"""Settings come from arguments, the environment and defaults, in this order, and contradictions are refused."""

import os

import pytest
from pydantic import ValidationError

from services.common.settings import Settings


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in [each for each in os.environ if each.startswith("VITRINE_")]:
        monkeypatch.delenv(name)


def test_environment_fills_what_arguments_leave_out(monkeypatch):
    monkeypatch.setenv("VITRINE_HTTP__PORT", "8123")
    monkeypatch.setenv("VITRINE_GRPC__PORT", "9123")
    settings = Settings.model_validate({"grpc": {"port": 9456}})
    assert (settings.http.port, settings.grpc.port) == (8123, 9456)


@pytest.mark.parametrize("tree", [{"htpp": {}}, {"http": {"prot": 1}}], ids=str)
def test_misspelt_setting_is_refused(tree):
    with pytest.raises(ValidationError, match="Extra inputs"):
        Settings.model_validate(tree)


@pytest.mark.parametrize(
    ("tree", "names"),
    [
        ({"storage": {"backend": "s3"}}, "storage.s3.bucket"),
        ({"limits": {"default_timeout_s": 900}}, "limits.max_timeout_s"),
        ({"http": {"port": 9000}}, "grpc.port"),
        ({"segment": {"min_replicas": 3}}, "min_replicas"),
        ({"gateway": {"max_replicas": 2, "target_ongoing_requests": 8}}, "max_running"),
        ({"segment": {"target_ongoing_requests": 5}}, "target_ongoing_requests"),
        ({"segment": {"look_back_period_s": 5}}, "load_report_s"),
        ({"ray": {"direct_ingress": True, "direct_grpc_port": 30_099}}, "ray.direct_http_port .* ray.direct_grpc_port"),
        ({"ray": {"direct_ingress": True}, "http": {"port": 31_050}}, "ray.direct_grpc_port .* none of .31050"),
        ({"ray": {"direct_ingress": True}, "gateway": {"max_queued_requests": 0}}, "ray.direct_ingress"),
    ],
    ids=[
        "bucket",
        "timeouts",
        "ports",
        "replicas",
        "gateway",
        "scaling",
        "reports",
        "direct",
        "direct and ports",
        "queue",
    ],
)
def test_contradiction_names_both_settings(tree, names):
    with pytest.raises(ValidationError, match=names):
        Settings.model_validate(tree)


@pytest.mark.parametrize(
    "tree",
    [
        {"storage": {"inputs": {"local": ["s3://photos/acme"]}}},
        {"storage": {"inputs": {"local": [""]}}},
        {"fetch": {"trusted_hosts": ["images.internal"]}},
        {"fetch": {"trusted_hosts": ["https://images.internal:443"]}},
    ],
    ids=str,
)
def test_place_that_would_never_match_is_refused(tree):
    with pytest.raises(ValidationError, match="match pattern"):
        Settings.model_validate(tree)


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().http.port = 1


def test_secret_is_not_shown():
    settings = Settings.model_validate({"storage": {"s3": {"secret_access_key": "hush"}}})
    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()


@pytest.mark.parametrize("variable", ["VITRINE_HTTP_PORT", "VITRINE_FOO", "VITRINE_FOO__BAR"])
def test_variable_that_names_no_setting_is_an_error(monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ValidationError, match=f"{variable} names no setting"):
        Settings()
