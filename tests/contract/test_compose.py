"""deploy/compose is a Compose file of our service, with our settings and ports."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for

from k8s.checks.names import SETTINGS
from services import __version__
from services.common.settings import Settings
from tests.support.dockerfile import read_stages
from tests.support.manifests import keys, with_key

FOLDER = Path("deploy/compose")
TEXT = (FOLDER / "compose.yaml").read_text("utf-8")
FILE = yaml.safe_load(TEXT)
OVER_IT = (FOLDER / "signing.yaml").read_text("utf-8")
SIGNING = yaml.safe_load(OVER_IT)
SERVICES = FILE["services"]
#: Keys that the schema leaves free; the tests below hold these.
FREE = {"args", "configs", "depends_on", "environment", "networks", "secrets", "services", "volumes"}


@pytest.fixture(scope="module")
def schema():
    file = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    found = json.loads(file.read_text("utf-8"))
    return validator_for(found)(found)


@pytest.mark.parametrize("file", [FILE, SIGNING], ids=["compose", "signing"])
def test_compose_takes_the_file(schema, file):
    assert list(schema.iter_errors(file)) == []


@pytest.mark.parametrize("file", [FILE, SIGNING], ids=["compose", "signing"])
def test_a_typo_in_any_key_is_a_fault(schema, file):
    fixed = [path for path in keys(file) if len(path) < 2 or path[-2] not in FREE]
    unseen = [path for path in fixed if schema.is_valid(with_key(file, path, f"{path[-1]}x"))]
    assert unseen == []


def test_the_service_gets_settings_that_there_are(monkeypatch):
    given = SERVICES["vitrine"]["environment"]
    assert set(given) <= SETTINGS
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.http.host == "0.0.0.0"  # noqa: S104 - the container's
    assert settings.storage.s3.bucket in SERVICES["bucket"]["command"][0]


def test_what_pictures_are_signed_with_is_where_the_settings_say(monkeypatch):
    signing = SIGNING["services"]["vitrine"]
    assert signing["secrets"] == list(SIGNING["secrets"])
    for name, value in signing["environment"].items():
        monkeypatch.setenv(name, value)
    provenance = Settings().provenance
    named = [Path("/run/secrets", name) for name in signing["secrets"]]
    assert [provenance.certificates, provenance.private_key] == named


def test_ports_are_those_of_the_settings_and_on_loopback_alone():
    settings = Settings()
    ours = {f"127.0.0.1:{port}:{port}" for port in (settings.http.port, settings.grpc.port)}
    assert ours <= set(SERVICES["vitrine"]["ports"])
    published = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_there_is_room_for_rays_object_store():
    assert int(SERVICES["vitrine"]["shm_size"].removesuffix("gb")) * 1024 > Settings().ray.object_store_mb


def test_prometheus_reads_the_service_by_the_file_of_everywhere():
    """From the service's own network, where its addresses of loopback are right."""
    prometheus = SERVICES["prometheus"]
    assert prometheus["network_mode"] == "service:vitrine"
    mounts = dict(volume.split(":")[:2] for volume in prometheus["volumes"])
    [rules] = yaml.safe_load(Path("deploy/prometheus.yml").read_text("utf-8"))["rule_files"]
    assert mounts["../prometheus.yml"] == "/etc/prometheus/prometheus.yml"
    assert mounts[f"../{Path(rules).parent}"] == f"/etc/prometheus/{Path(rules).parent}"
    assert Path("deploy", rules).exists()


def test_grafana_finds_prometheus_and_the_dashboards():
    [source] = yaml.safe_load((FOLDER / "grafana-datasource.yaml").read_text("utf-8"))["datasources"]
    assert "127.0.0.1:9090:9090" in SERVICES["vitrine"]["ports"]
    assert source["url"] == "http://vitrine:9090"
    [provider] = yaml.safe_load(Path("deploy/grafana/provider.yaml").read_text("utf-8"))["providers"]
    assert f"../grafana:{provider['options']['path']}:ro" in SERVICES["grafana"]["volumes"]


def test_what_is_built_has_a_stage():
    stages = read_stages(Path("deploy/images/Dockerfile"))
    for name in ("vitrine", "models"):
        assert SERVICES[name]["build"]["target"] in stages
        assert SERVICES[name]["image"] == f"vitrine:{__version__}-{SERVICES[name]['build']['target']}"


def test_every_other_image_has_a_version():
    images = [each["image"] for each in SERVICES.values() if "build" not in each]
    assert all(re.search(r":v?\d+\.\d+", image) for image in images)


def test_what_is_named_is_there():
    for name, each in SERVICES.items():
        assert set(each.get("depends_on", ())) <= set(SERVICES), name
        for volume in each.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (FOLDER / source).exists() if source.startswith(".") else source in FILE["volumes"], volume
        for config in each.get("configs", ()):
            assert config["source"] in FILE["configs"]


def test_passwords_come_from_outside_and_are_asked_for_by_name():
    asked = set(re.findall(r"\$\{(\w+)", TEXT + OVER_IT))
    offered = dict(re.findall(r"^(\w+)=(.*)$", (FOLDER / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert asked == set(offered)
    assert set(offered.values()) == {""}


def test_no_container_gains_rights():
    assert all("no-new-privileges:true" in each["security_opt"] for each in SERVICES.values())
