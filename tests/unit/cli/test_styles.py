import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from services.cli.main import app
from services.pb.vitrine.v1 import catalog_pb2, uploads_pb2
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
