"""The files in deploy/ agree with the settings they stand for."""

from pathlib import Path

import yaml
from ray.serve.schema import ServeDeploySchema

from services.app import APPLICATION, GRPC_SERVICERS, serve_environment
from services.common.settings import Settings

CPU = yaml.safe_load(Path("deploy/cpu.yaml").read_text())
PROMETHEUS = yaml.safe_load(Path("deploy/prometheus.yml").read_text())


def test_serve_accepts_the_config_file():
    [application] = ServeDeploySchema.model_validate(CPU).applications
    assert application.name == APPLICATION
    assert application.import_path == "services.app:build"


def test_config_file_listens_where_its_settings_say():
    settings = Settings.model_validate(CPU["applications"][0]["args"])
    http = settings.http
    assert CPU["http_options"] == {"host": http.host, "port": http.port, "keep_alive_timeout_s": http.keep_alive_s}
    assert CPU["grpc_options"]["port"] == settings.grpc.port
    assert CPU["grpc_options"]["grpc_servicer_functions"] == list(GRPC_SERVICERS)
    assert CPU["controller_options"]["runtime_env"]["env_vars"] == serve_environment(settings)


def test_replicas_of_the_config_file_fit_on_the_ray_that_serve_starts():
    settings = Settings.model_validate(CPU["applications"][0]["args"])
    stages = (settings.gateway, settings.segment, settings.generate, settings.postprocess, settings.jobs)
    assert sum(stage.num_cpus * stage.min_replicas for stage in stages) <= 2
    assert sum(stage.num_cpus * stage.max_replicas for stage in stages) <= settings.ray.num_cpus


def test_prometheus_reads_the_metrics_port_and_the_gateway():
    [job] = PROMETHEUS["scrape_configs"]
    assert [place["targets"] for place in job["static_configs"]] == [
        [f"127.0.0.1:{port}"] for port in (Settings().ray.metrics_port, Settings().http.port)
    ]


def test_prometheus_finds_the_rules():
    assert [Path("deploy", path).exists() for path in PROMETHEUS["rule_files"]] == [True]
