"""The images are what docs/kubernetes.md says of them; none can be built where these tests run."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from k8s.checks.names import ENVIRONMENT
from services import __version__
from services.common.settings import Settings
from tests.support.dockerfile import ancestry, read_stages

FILE = Path("deploy/images/Dockerfile")
STAGES = read_stages(FILE)
SHIPPED = ("cpu", "gpu", "models")
ALLOWED = [line[1:] for line in Path(f"{FILE}.dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]


def said(name, instruction):
    return [words for stage in ancestry(STAGES, name) for words in stage.said(instruction)]


def copied():
    """What is copied out of the repository."""
    sources = [words.split()[:-1] for name in STAGES for words in STAGES[name].said("COPY") if "--from" not in words]
    return [source.removeprefix("./") for each in sources for source in each]


@pytest.mark.parametrize("name", SHIPPED)
def test_an_image_does_not_run_as_root(name):
    [user] = [stage.said("USER")[-1] for stage in ancestry(STAGES, name) if stage.said("USER")][:1]
    assert user == "10001:10001"


@pytest.mark.parametrize("name", SHIPPED)
def test_what_an_image_stands_on_has_a_version(name):
    for stage in STAGES.values():
        assert stage.base in STAGES or re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+", stage.base)


@pytest.mark.parametrize("name", ["build-cpu", "build-gpu"])
def test_packages_are_those_that_the_project_pins(name):
    [install] = [words for words in STAGES[name].said("RUN") if "pip install" in words]
    assert 'pip install -c constraints.txt ".[${EXTRAS}]"' in install
    assert "EXTRAS=otel" in STAGES[name].said("ARG")


def test_what_is_copied_is_there_and_nothing_else_reaches_a_build():
    assert Path(f"{FILE}.dockerignore").read_text("utf-8").splitlines()[1] == "*"
    assert sorted(copied()) == sorted(ALLOWED)
    assert all(Path(source).exists() for source in copied())


def test_no_image_holds_weights_or_a_secret():
    """Weights are fetched into volumes, when a container runs; build arguments would stay readable in an image."""
    assert not re.search(r"models pull", " ".join(words for each in STAGES.values() for words in each.said("RUN")))
    given = " ".join(words for each in STAGES.values() for name in ("ARG", "ENV") for words in each.said(name))
    assert not re.search(r"password|secret|token|api_key", given, re.IGNORECASE)
    packed = [path for path in Path("services").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert [path for path in packed if path.suffix in {".onnx", ".safetensors", ".exr", ".bin", ".pt"}] == []
    assert max(path.stat().st_size for path in packed) < 1 << 20


def test_everything_that_the_service_reads_is_in_the_package():
    packed = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]["services"]
    endings = {".py"} | {f".{glob.rpartition('.')[2]}" for glob in packed}
    files = [path for path in Path("services").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {path.suffix or f".{path.name}" for path in files} <= endings


@pytest.mark.parametrize("name", SHIPPED)
def test_an_images_environment_is_one_that_somebody_reads(name):
    names = {pair.split("=")[0] for words in said(name, "ENV") for pair in words.split()}
    others = {"PATH", "PYTHONUNBUFFERED", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"}
    assert names - others <= ENVIRONMENT


def test_images_listen_where_the_settings_say():
    settings = Settings()
    ports = [settings.http.port, settings.grpc.port, settings.ray.metrics_port]
    assert said("cpu", "EXPOSE") == [" ".join(map(str, ports))]
    [health] = said("cpu", "HEALTHCHECK")
    assert f"http://127.0.0.1:{settings.http.port}/readyz" in health


def test_images_have_the_version_of_the_code():
    tags = {
        image["newTag"].partition("-")[0]
        for path in Path("k8s").rglob("kustomization.yaml")
        for image in yaml.safe_load(path.read_text("utf-8")).get("images", ())
    }
    assert tags == {__version__}
    assert set(re.findall(r"vitrine:(\d+\.\d+\.\d+)-", FILE.read_text("utf-8"))) == {__version__}


def test_who_ships_an_image_is_told_of_the_gpl():
    """pillow-heif's wheels carry libx265."""
    for path in (FILE, Path("docs/kubernetes.md")):
        assert re.search(r"x265.*GPL", path.read_text("utf-8").replace("\n", " ")), path
