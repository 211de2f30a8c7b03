"""The manifests agree with the settings and with what runs inside the pods."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from k8s.checks.pods import pods_of
from k8s.checks.references import SECRETS
from k8s.checks.render import KUSTOMIZATIONS
from services.cli.main import app
from services.common.section import ScalingSettings
from services.common.settings import Settings
from tests.support.manifests import rendered, the

OVERLAYS = [name for name in KUSTOMIZATIONS if name != "migration"]
UNITS = {"Mi": 2**20, "Gi": 2**30}


@pytest.fixture(params=OVERLAYS)
def overlay(request):
    return request.param


def service(overlay):
    return the(overlay, "RayService")["spec"]


def serve_config(overlay):
    return yaml.safe_load(service(overlay)["serveConfigV2"])


def arguments(overlay):
    return serve_config(overlay)["applications"][0]["args"]


def variables(overlay):
    [found] = [each["data"] for each in rendered(overlay) if each["kind"] == "ConfigMap"]
    return found


def settings_of(overlay, monkeypatch):
    """The tree as the service builds it in a pod."""
    for name, value in variables(overlay).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VITRINE_DATABASE__URL", "postgresql://vitrine:password@db/vitrine")
    return Settings(**arguments(overlay))


def stages(settings) -> dict[str, ScalingSettings]:
    """Every deployment's share, also of such that come later; nothing trains where the operator does not want it."""
    shares = {name: each for name, each in settings if isinstance(each, ScalingSettings)}
    return {name: each for name, each in shares.items() if name != "training" or settings.training.enabled}


def groups(overlay):
    """By name: the group and its Ray container."""
    listed = service(overlay)["rayClusterConfig"]["workerGroupSpecs"]
    return {each["groupName"]: (each, each["template"]["spec"]["containers"][0]) for each in listed}


def ray_pods(overlay):
    return [each for each in pods_of(rendered(overlay)) if each.owner.startswith("vitrine ")]


def ports(container):
    return {port["name"]: port["containerPort"] for port in container["ports"]}


def test_the_serve_config_is_that_of_deploy(overlay):
    file = yaml.safe_load(Path(f"deploy/{overlay.removesuffix('-to-zero')}.yaml").read_text("utf-8"))
    file["http_options"]["host"] = file["applications"][0]["args"]["http"]["host"] = "0.0.0.0"  # noqa: S104 - a pod's
    assert serve_config(overlay) == file


def test_the_settings_of_a_pod_are_a_tree(overlay, monkeypatch):
    settings = settings_of(overlay, monkeypatch)
    assert settings.tenants.require_keys
    assert not settings.database.upgrade
    assert settings.storage.backend == "s3"


def test_no_variable_is_hidden_by_an_argument(overlay):
    """Serve's `args` win over the environment, so a setting in both would be changed without any effect."""

    def names(tree, prefix):
        for key, value in tree.items():
            name = f"{prefix}{key.upper()}"
            yield from names(value, f"{name}__") if isinstance(value, dict) else [name]

    assert set(names(arguments(overlay), "VITRINE_")) & set(variables(overlay)) == set()


def test_ports_are_those_of_the_settings(overlay, monkeypatch):
    settings = settings_of(overlay, monkeypatch)
    wanted = {"serve": settings.http.port, "serve-grpc": settings.grpc.port, "metrics": settings.ray.metrics_port}
    assert settings.http.host == "0.0.0.0"  # noqa: S104 - a pod's
    for pods in ray_pods(overlay):
        assert wanted.items() <= ports(pods.spec["containers"][0]).items()
    offered = {port["name"]: port for port in service(overlay)["serveService"]["spec"]["ports"]}
    assert {name: port["port"] for name, port in offered.items()} == {
        "serve": settings.http.port, "serve-grpc": settings.grpc.port,
    }  # fmt: skip
    assert offered["serve-grpc"]["appProtocol"] == "kubernetes.io/h2c"


def test_probes_ask_where_something_listens(overlay):
    for pods in ray_pods(overlay):
        container = pods.spec["containers"][0]
        for name in ("livenessProbe", "readinessProbe"):
            asked = container[name]["httpGet"]
            # 52365 is the port of Ray's agent, `dashboard-agent-listen-port` of `ray start`.
            assert (asked["path"], asked["port"]) in {("/api/healthz", 52365), ("/-/healthz", "serve")}


def test_a_worker_is_ready_when_its_own_proxy_is(overlay):
    for _, container in groups(overlay).values():
        assert container["readinessProbe"]["httpGet"] == {"path": "/-/healthz", "port": "serve"}


def test_a_pod_ends_after_its_drain_and_its_drain_after_the_longest_request(overlay, monkeypatch):
    settings = settings_of(overlay, monkeypatch)
    drain_s = float(variables(overlay)["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"])
    assert drain_s > max(settings.limits.max_timeout_s, settings.jobs.drain_s)
    for pods in ray_pods(overlay):
        assert pods.spec["terminationGracePeriodSeconds"] > drain_s
    assert service(overlay)["rayClusterDeletionDelaySeconds"] > drain_s
    limits = [
        float(rule["timeouts"]["request"].removesuffix("s")) for rule in the(overlay, "HTTPRoute")["spec"]["rules"]
    ]
    assert all(limit == 0 or limit > settings.limits.max_timeout_s for limit in limits)


def test_a_replica_of_every_deployment_fits_on_a_worker(overlay, monkeypatch):
    for name, stage in stages(settings_of(overlay, monkeypatch)).items():
        fitting = [
            group for group, (_, container) in groups(overlay).items()
            if stage.num_cpus <= share(container, "cpu") and stage.num_gpus <= share(container, "nvidia.com/gpu")
        ]  # fmt: skip
        assert fitting, name


def test_all_replicas_of_all_deployments_fit_on_all_workers(overlay, monkeypatch):
    every = stages(settings_of(overlay, monkeypatch)).values()
    for resource, needed in (
        ("cpu", sum(stage.num_cpus * stage.max_replicas for stage in every)),
        ("nvidia.com/gpu", sum(stage.num_gpus * stage.max_replicas for stage in every)),
    ):
        room = [group["maxReplicas"] * share(container, resource) for group, container in groups(overlay).values()]
        assert needed <= sum(room), resource


def test_replicas_that_are_always_there_fit_on_workers_that_are(overlay, monkeypatch):
    every = stages(settings_of(overlay, monkeypatch)).values()
    needed = sum(stage.num_cpus * stage.min_replicas for stage in every if not stage.num_gpus)
    group, container = groups(overlay)["cpu"]
    assert needed <= group["minReplicas"] * share(container, "cpu")


def test_a_gpu_pod_holds_one_replica_and_goes_when_it_does(monkeypatch):
    generate = settings_of("gpu", monkeypatch).generate
    group, container = groups("gpu")["gpu"]
    assert (generate.num_gpus, generate.num_cpus) == (share(container, "nvidia.com/gpu"), share(container, "cpu"))
    assert group["minReplicas"] == 0
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"


def test_gpus_are_kept_unless_an_overlay_says_otherwise(monkeypatch):
    assert settings_of("gpu-to-zero", monkeypatch).generate.min_replicas == 0
    monkeypatch.undo()
    assert settings_of("gpu", monkeypatch).generate.min_replicas == 1


def test_the_operators_catalogue_lies_where_it_is_looked_for(monkeypatch):
    catalog = settings_of("gpu", monkeypatch).models.catalog
    [gpu] = [each for each in ray_pods("gpu") if each.owner.endswith("gpu")]
    told = [each["value"] for each in gpu.spec["initContainers"][0]["env"] if each["name"] == "VITRINE_MODELS__CATALOG"]
    assert told == [str(catalog)]
    for pods in ray_pods("gpu"):
        mounts = {each["name"]: each["mountPath"] for each in pods.spec["containers"][0]["volumeMounts"]}
        assert mounts["catalog"] == str(catalog.parent)


def test_what_is_written_lies_in_a_volume(overlay, monkeypatch):
    """The containers' own file systems are read-only."""
    settings = settings_of(overlay, monkeypatch)
    for pods in ray_pods(overlay):
        for container in pods.containers:
            mounts = [Path(each["mountPath"]) for each in container["volumeMounts"]]
            for place in (settings.data_dir, settings.models.cache_dir, Path("/tmp"), Path("/home/vitrine")):  # noqa: S108
                assert any(place.is_relative_to(mount) for mount in mounts), place


def test_the_head_takes_no_work(overlay):
    assert service(overlay)["rayClusterConfig"]["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    assert service(overlay)["excludeHeadPodFromServeSvc"]


def test_the_cluster_speaks_the_ray_that_is_in_the_image(overlay):
    assert service(overlay)["rayClusterConfig"]["rayVersion"] == version("ray")


def test_ray_asks_for_a_token_and_keeps_its_state_in_redis(overlay):
    cluster = service(overlay)["rayClusterConfig"]
    assert cluster["authOptions"] == {"mode": "token"}
    [redis] = [each for each in rendered(overlay) if each["kind"] == "Service"]
    name = redis["metadata"]["name"]
    assert cluster["gcsFaultToleranceOptions"]["redisAddress"] == f"{name}:{redis['spec']['ports'][0]['port']}"
    assert (cluster["enableInTreeAutoscaling"], cluster["autoscalerOptions"]["version"]) == (True, "v2")


def test_every_grpc_service_of_ours_is_routed():
    protos = [path.read_text("utf-8") for path in Path("protos/vitrine/v1").glob("*.proto")]
    ours = {f"vitrine.v1.{name}" for text in protos for name in re.findall(r"^service (\w+)", text, re.MULTILINE)}
    [rule] = the("cpu", "GRPCRoute")["spec"]["rules"]
    assert {match["method"]["service"] for match in rule["matches"]} == ours | {"grpc.health.v1.Health"}


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_no_pod_may_do_more_than_it_needs(name):
    """Pod Security's level `restricted`, and read-only file systems beside it."""
    for pods in pods_of(rendered(name)):
        assert pods.spec["securityContext"]["runAsNonRoot"], pods.owner
        assert pods.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pods.containers:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            asked, most = (container["resources"][key]["memory"] for key in ("requests", "limits"))
            assert asked == most


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_no_pod_gets_variables_that_look_like_settings(name):
    """Kubernetes would add VITRINE_SERVE_SVC_PORT and others, at which our settings rightly stop."""
    assert all(pods.spec["enableServiceLinks"] is False for pods in pods_of(rendered(name)))


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_only_the_head_may_ask_kubernetes(name):
    accounts = [each for each in rendered(name) if each["kind"] == "ServiceAccount"]
    with_token = {each["metadata"]["name"] for each in accounts if each.get("automountServiceAccountToken", True)}
    assert with_token <= {"vitrine-head"}
    assert {pods.spec["serviceAccountName"] for pods in pods_of(rendered(name))} <= {
        each["metadata"]["name"] for each in accounts
    }


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_no_secret_is_written_down(name):
    assert [each for each in rendered(name) if each["kind"] == "Secret"] == []


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_every_image_has_a_version(name):
    for pods in pods_of(rendered(name)):
        for container in pods.containers:
            assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+[\w.-]*", container["image"])


def test_budgets_hold_for_pods_that_kuberay_makes(overlay):
    """Such pods have no scale subresource, so Kubernetes takes a number of pods that stay, and nothing else."""
    for budget in (each["spec"] for each in rendered(overlay) if each["kind"] == "PodDisruptionBudget"):
        assert isinstance(budget["minAvailable"], int)
        assert "maxUnavailable" not in budget


def test_both_ways_of_scraping_drop_the_same_labels(overlay):
    [job] = yaml.safe_load(Path("deploy/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    for monitor in (each["spec"] for each in rendered(overlay) if each["kind"] == "PodMonitor"):
        for endpoint in monitor["podMetricsEndpoints"]:
            assert endpoint["metricRelabelings"] == job["metric_relabel_configs"]


def test_what_the_database_knows_is_read_with_its_key(overlay):
    [endpoint] = the(overlay, "ServiceMonitor")["spec"]["endpoints"]
    asked = endpoint["authorization"]["credentials"]
    for pods in ray_pods(overlay):
        given = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in pods.spec["containers"][0]["env"]}
        assert given["VITRINE_OBSERVABILITY__METRICS_KEY"] == asked


def test_workers_alone_see_what_pictures_are_signed_with(overlay, monkeypatch):
    provenance = settings_of(overlay, monkeypatch).provenance
    folder = provenance.certificates.parent
    assert {path.name for path in (provenance.certificates, provenance.private_key)} == SECRETS["vitrine-signing"]
    mounts = {
        (pods.owner, container["name"]): {mount["mountPath"] for mount in container["volumeMounts"]}
        for pods in ray_pods(overlay)
        for container in pods.containers
    }
    seeing = {name for (_, name), paths in mounts.items() if str(folder) in paths}
    assert seeing == {"ray-worker"}
    assert {owner for owner, name in mounts if name == "ray-worker"} == {f"vitrine {name}" for name in groups(overlay)}


def test_a_cluster_signs_nothing_before_it_has_a_key_of_its_own(overlay, monkeypatch):
    assert settings_of(overlay, monkeypatch).provenance.marks == "xmp"


def test_the_job_that_migrates_runs_the_command_for_it():
    command = the("migration", "Job")["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[0] == "vitrine"
    assert CliRunner().invoke(app, [*command[1:], "--help"]).exit_code == 0


def share(container, resource):
    """Of a container: what it requests, in CPUs, GPUs or bytes."""
    text = container["resources"]["requests"].get(resource, "0")
    if text.endswith("m"):
        return int(text[:-1]) / 1000
    return int(text[:-2]) * UNITS[text[-2:]] if text[-2:] in UNITS else float(text)
