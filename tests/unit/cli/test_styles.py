import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from services.cli.main import app
from services.common.errors import InvalidInput
from services.factory.queue import TrainingQueue
from services.factory.schema import Seen
from services.pb.vitrine.v1 import catalog_pb2, studio_pb2, trainings_pb2, uploads_pb2
from tests.support.diffusion import soft_picture
from tests.support.gateway_parts import Parts
from tests.support.served import listening, served
from tests.support.served_gateway import ServedGateway
from tests.support.tiny_checkpoint import write_catalog, write_tiny_checkpoint


@pytest.fixture
def address(tmp_path):
    services = (
        catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"],
        uploads_pb2.DESCRIPTOR.services_by_name["UploadService"],
    )
    with listening() as (listener, url):
        parts = Parts(tmp_path, draws=True, public_url=url)
        with served(parts.http_app(), listener), ServedGateway(parts.grpc_api(), *services) as gateway:
            yield gateway.address


def run(*words):
    return CliRunner().invoke(app, ["styles", *map(str, words)])


def test_style_is_added_listed_and_removed(address, tmp_path):
    (tmp_path / "linen.safetensors").write_bytes(b"an adapter")
    made = run("add", "linen", tmp_path / "linen.safetensors", "--address", address)
    assert made.stdout == "added linen: rank 4, unet of fake 1\n"
    assert "linen" in run("list", "--address", address).stdout
    [told] = json.loads(run("list", "--address", address, "--json").stdout)
    assert (told["style_id"], told["shared"]) == ("linen", True)
    assert run("rm", "linen", "--address", address).stdout == "removed linen\n"
    assert json.loads(run("list", "--address", address, "--json").stdout) == []


def test_style_that_there_is_none_of_is_said_in_one_line(address):
    refused = run("rm", "nylon", "--address", address)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("vitrine: you have no style 'nylon'")


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    Image.fromarray(soft_picture()).save(folder / "a.png")
    (folder / "a.txt").write_text("a red cup")
    return folder


def test_style_is_trained_from_a_folder(tmp_path, images, monkeypatch):
    catalog = write_catalog(write_tiny_checkpoint(tmp_path / "checkpoint"), tmp_path / "catalog.yaml")
    monkeypatch.setenv("VITRINE_MODELS__CATALOG", str(catalog))
    monkeypatch.setenv("VITRINE_MODELS__CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("VITRINE_GENERATE__DIFFUSION__CHECKPOINT", "tiny")
    wanted = ("--images", images, "--name", "linen", "--steps", 2, "--batch", 1, "--sample-steps", 1, "--no-register")
    made = run("train", *wanted, "--out", tmp_path / "out")
    assert made.exit_code == 0, made.output
    written = {file.name for file in (tmp_path / "out" / "linen").iterdir()}
    assert written == {"adapter.safetensors", "state.safetensors", "loss.png", "samples.png"}


def test_training_without_a_checkpoint_says_what_to_set(images):
    refused = run("train", "--images", images, "--name", "linen")
    assert refused.exit_code == 1
    assert "generate.diffusion.checkpoint" in refused.stderr


@pytest.mark.parametrize("wrong", [("--name", "No Id"), ("--name", "linen", "--rank", 65)], ids=["name", "rank"])
def test_what_the_service_would_not_take_is_not_trained(images, monkeypatch, wrong):
    monkeypatch.setenv("VITRINE_GENERATE__DIFFUSION__CHECKPOINT", "tiny")
    assert run("train", "--images", images, *wrong).exit_code == 2


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """The address of a service whose trainings have ended when they are looked at, and how they do."""
    services = [
        module.DESCRIPTOR.services_by_name[name]
        for module, name in (
            (trainings_pb2, "TrainingService"), (uploads_pb2, "UploadService"), (studio_pb2, "StudioService"),
        )
    ]  # fmt: skip
    ends = {"error": None}
    with listening() as (listener, url):
        parts = Parts(tmp_path / "service", draws=True, public_url=url, training={"enabled": True})
        monkeypatch.setattr(parts.trainings, "_wake", lambda: train_at_once(parts, ends["error"]))
        with served(parts.http_app(), listener), ServedGateway(parts.grpc_api(), *services) as gateway:
            yield gateway.address, ends


def train_at_once(parts, error):
    queue = TrainingQueue(parts.training)
    with parts.database.transaction() as session:
        task = queue.claim(session)
        plot = parts.store.put(task.file_key("loss.png"), b"a plot", "image/png")
        if error:
            queue.fail(session, task, error)
        else:
            queue.succeed(session, task, Seen(plot, plot), lambda: None)


def test_style_is_trained_by_the_service(trained, images, tmp_path):
    address, _ = trained
    where = ("--address", address, "--remote", "--out", tmp_path / "out")
    made = run("train", "--images", images, "--name", "linen", "--steps", 20, *where)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("added linen")
    assert (tmp_path / "out" / "linen" / "samples.png").read_bytes() == b"a plot"
    [told] = json.loads(run("trainings", "--address", address, "--json").stdout)
    assert (told["style_id"], told["state"], told["steps"]) == ("linen", "SUCCEEDED", 20)
    assert "SUCCEEDED" in run("trainings", "--address", address).stdout
    refused = run("stop", told["training_id"], "--address", address)
    assert (refused.exit_code, "can't be cancelled" in refused.stderr) == (1, True)


def test_training_by_the_service_that_failed_says_why(trained, images):
    address, ends = trained
    ends["error"] = InvalidInput("the caption has too many tokens")
    failed = run("train", "--images", images, "--name", "linen", "--remote", "--address", address)
    assert failed.exit_code == 1
    assert "the caption has too many tokens" in failed.stderr
    assert "FAILED" in failed.stdout
