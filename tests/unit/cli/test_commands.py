"""The shorter commands, and what all of them share."""

import json
import socket
import subprocess
import sys

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from services import __version__
from services.api.studio import Canvas
from services.cli.group import OneLineErrors
from services.generate.scene import SceneCatalog
from services.pb.vitrine.v1 import common_pb2
from tests.support.canned_service import PICTURE


def test_command_line_loads_without_what_only_some_commands_need():
    code = "import sys, services.cli.main; print({'numpy', 'ray', 'grpc', 'pydantic'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_version_is_the_packages(vitrine):
    assert vitrine("--version").stdout == f"{__version__}\n"


def test_cutout_writes_one_picture_for_each_photo(vitrine, address, photos, tmp_path, service):
    ran = vitrine("cutout", f"{photos}/*.jpg", "--crop", "--padding", 0.1, "--format", "webp", "--address", address)
    assert ran.exit_code == 0
    assert (tmp_path / "out" / "cup-cutout.webp").read_bytes() == PICTURE
    assert service.requests[0].crop
    assert service.requests[0].output.format == common_pb2.ImageFormat.WEBP


def test_cutout_with_a_colour_that_is_none_is_wrong_usage(vitrine, address, photos, service):
    ran = vitrine("cutout", photos / "cup.jpg", "--background", "red", "--address", address)
    assert ran.exit_code == 2
    assert "#rrggbb is wanted, got 'red'" in ran.stderr
    assert not service.requests


def test_value_that_no_option_checked_is_one_line_without_paths():
    app = typer.Typer(cls=OneLineErrors, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("shoot")(lambda: Canvas(width=10, height=10))
    assert CliRunner().invoke(app, ["shoot"]).output == "vitrine: each side needs at least 16 pixels; got 10 x 10\n"


def test_scenes_lists_the_services(vitrine, address):
    assert [scene["scene_id"] for scene in vitrine("scenes", "--address", address, "--json").json] == [
        "marble",
        "window",
    ]
    assert "5 to 60°" in vitrine("scenes", "--address", address).stdout


def test_new_scene_is_made_after_a_picture_and_loads(vitrine, tmp_path):
    Image.new("RGB", (60, 80), (206, 150, 120)).save(tmp_path / "Warm Sand.png")
    ran = vitrine("scenes", "new", "--from", tmp_path / "Warm Sand.png", "--into", tmp_path / "own")
    assert ran.exit_code == 0
    scene = SceneCatalog.open(tmp_path / "own").get("warm-sand")
    assert (scene.title, scene.backdrop.kind) == ("Warm sand", "sweep")


def test_new_scene_overwrites_nothing_and_needs_an_id(vitrine, tmp_path):
    Image.new("RGB", (60, 80), (206, 150, 120)).save(tmp_path / "a.png")
    assert vitrine("scenes", "new", "--from", tmp_path / "a.png").exit_code == 0
    again = vitrine("scenes", "new", "--from", tmp_path / "a.png")
    assert (again.exit_code, "there already" in again.stderr) == (1, True)
    unnamed = vitrine("scenes", "new", "--from", tmp_path / "a.png", "--id", "No Id")
    assert (unnamed.exit_code, "--id" in unnamed.stderr) == (1, True)


def test_nobody_there_is_one_line_and_exit_code_1(vitrine):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    ran = vitrine("scenes", "--address", address)
    assert ran.exit_code == 1
    assert ran.stderr == f"vitrine: no service answers at {address}\n"


def test_wrong_setting_is_one_line_that_names_it(vitrine, monkeypatch):
    monkeypatch.setenv("VITRINE_HTTP__PORT", "http")
    ran = vitrine("serve")
    assert ran.exit_code == 1
    assert ran.stderr.startswith("vitrine: the setting http.port is wrong: ")
    assert ran.stderr.count("\n") == 1


def test_serve_on_a_taken_port_is_one_line_that_tells_what_to_do(vitrine):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = vitrine("serve", "--http-port", port)
    assert ran.exit_code == 1
    assert f"port {port} (HTTP) is taken" in ran.stderr
    assert "VITRINE_HTTP__PORT" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("VITRINE_MODELS__CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_models_list_tells_what_is_here(vitrine, mirror):
    listed = vitrine("models", "list", "--json").json
    assert {"isnet"} <= {model["name"] for model in listed}
    assert not any(model["cached"] for model in listed)
    assert "isnet" in vitrine("models", "list").stdout


def test_models_pull_of_an_unknown_one_lists_the_known(vitrine, mirror):
    ran = vitrine("models", "pull", "gpt")
    assert ran.exit_code == 1
    assert "isnet" in ran.stderr


def test_json_output_is_json_alone(vitrine, address):
    json.loads(vitrine("scenes", "--address", address, "--json").stdout)
