import pytest
from google.rpc import code_pb2

from services.cli.batch import plan
from services.pb.vitrine.v1 import common_pb2, studio_pb2
from tests.support.canned_service import PICTURE, Fault, rich_status


def test_shoot_makes_one_picture_for_each_photo_and_scene(vitrine, address, photos, tmp_path):
    ran = vitrine(
        "shoot", photos / "cup.jpg", photos / "shoe.jpg", "-s", "marble", "-s", "window", "--address", address
    )
    assert ran.exit_code == 0
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"cup-marble.jpg", "cup-window.jpg", "shoe-marble.jpg", "shoe-window.jpg"}
    assert (tmp_path / "out" / "cup-marble.jpg").read_bytes() == PICTURE


def test_shoot_takes_patterns_that_the_shell_left_alone(vitrine, address, photos):
    ran = vitrine("shoot", f"{photos}/*.jpg", "-s", "marble", "--address", address, "--json")
    assert [made["file"] for made in ran.json] == ["out/cup-marble.jpg", "out/shoe-marble.jpg"]


def test_photos_of_one_name_do_not_overwrite_each_other(vitrine, address, photos, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "cup.png").write_bytes(b"another cup")
    ran = vitrine("shoot", photos / "cup.jpg", other / "cup.png", "-s", "marble", "--address", address, "--json")
    assert [made["file"] for made in ran.json] == ["out/cup-marble.jpg", "out/cup-2-marble.jpg"]


def test_numbers_given_to_equal_names_meet_no_photo_that_has_them(tmp_path):
    photos = [tmp_path / name for name in ("x/a.jpg", "y/a.jpg", "a-2.jpg")]
    targets = [job.target.name for job in plan(photos, ["marble"], tmp_path, "jpg")]
    assert targets == ["a-marble.jpg", "a-2-marble.jpg", "a-2-2-marble.jpg"]


def test_options_reach_the_service(vitrine, address, photos, service):
    vitrine(
        "shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--seed", 0, "--pitch", 40, "--pose",
        "lying", "--canvas", "1200x1600", "--format", "webp", "--timeout", 9,
    )  # fmt: skip
    request = service.requests[0]
    assert request.HasField("seed")
    assert (request.camera_pitch_deg, request.pose) == (40, studio_pb2.CreateShotRequest.LYING)
    assert (request.canvas.width, request.canvas.height) == (1200, 1600)
    assert request.output.format == common_pb2.ImageFormat.WEBP
    assert request.timeout.seconds == 9


def test_photo_that_fails_does_not_stop_the_others(vitrine, address, photos, service):
    service.faults.append(Fault(rich_status("unsupported_media", "no image", code_pb2.INVALID_ARGUMENT)))
    ran = vitrine("shoot", f"{photos}/*.jpg", "-s", "marble", "-j", 1, "--address", address, "--json")
    assert ran.exit_code == 1
    failed, made = ran.json
    assert failed["error"] == {"code": "unsupported_media", "message": "no image", "details": {}}
    assert made["answer"]["scene_id"] == "marble"


def test_table_tells_files_and_faults(vitrine, address, photos, service):
    service.faults.append(Fault(rich_status("product_not_found", "no\nproduct", code_pb2.FAILED_PRECONDITION)))
    ran = vitrine("shoot", f"{photos}/*.jpg", "-s", "marble", "-j", 1, "--address", address)
    assert "no product" in ran.stdout
    assert "out/shoe-marble.jpg" in ran.stdout
    assert "1 of 2 pictures failed" in ran.stderr


def test_json_carries_no_picture(vitrine, address, photos):
    ran = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--json")
    assert "content" not in ran.json[0]["answer"]["image"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("missing.jpg", "-s", "marble"), "missing.jpg"),
        (("cup.jpg",), "--scene"),
        (("cup.jpg", "-s", "marble", "--canvas", "big"), "1200x1600"),
        (("cup.jpg", "-s", "marble", "--pitch", "91"), "--pitch"),
    ],
    ids=["no photo", "no scene", "canvas", "pitch"],
)
def test_wrong_usage_is_exit_code_2(vitrine, photos, monkeypatch, arguments, word):
    monkeypatch.chdir(photos)
    ran = vitrine("shoot", *arguments)
    assert ran.exit_code == 2
    assert word in ran.stderr


def test_folder_that_cannot_be_written_is_told(vitrine, address, photos):
    ran = vitrine(
        "shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "-o", photos / "shoe.jpg", "--json"
    )
    assert ran.exit_code == 1
    assert "can't be written" in ran.json[0]["error"]["message"]
