import pytest
from google.rpc import code_pb2

from services.cli.batch import plan
from services.cli.shot_options import LayerChoice
from services.pb.vitrine.v1 import common_pb2, studio_pb2
from services.postprocess.schema import LayerName
from tests.support.canned_service import PICTURE, Fault, rich_status

REPORT = studio_pb2.PreservationReport(
    level=studio_pb2.PreservationReport.FULL, attempts=2,
    measures=[
        studio_pb2.Measure(name="ghost", value=0.125, unit="px", threshold=0.1, worst=common_pb2.Point(x=30, y=40)),
        studio_pb2.Measure(name="halo", value=0, passed=True, threshold=30, worst=common_pb2.Point(x=1, y=2)),
        studio_pb2.Measure(name="structure", value=1, passed=True, threshold=0.99, worst=common_pb2.Point(x=3, y=4)),
        studio_pb2.Measure(name="width_p95", passed=True, unmeasured="the product has no thin parts"),
    ],
)  # fmt: skip


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


def test_address_is_left_to_the_service_to_fetch(vitrine, address, service):
    url = "https://cdn.example/shoes/Red%20shoe.jpg?w=800"
    ran = vitrine("shoot", url, "-s", "marble", "--address", address, "--json")
    assert (service.requests[0].image.url, service.requests[0].image.content) == (url, b"")
    assert [made["file"] for made in ran.json] == ["out/Red_20shoe-marble.jpg"]


@pytest.mark.parametrize(
    ("url", "name"),
    [("s3://b/k/a.png", "a"), ("https://a.b/", "photo"), ("https://a.b/..", "photo"), ("https://a.b/.x", "x")],
)
def test_address_becomes_a_plain_file_name(tmp_path, url, name):
    assert plan([url], ["marble"], tmp_path, "jpg")[0].target == tmp_path / f"{name}-marble.jpg"


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
        "shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--seed", 0, "--pitch", 40,
        "--roll", -2, "--focal", 85, "--pose", "lying", "--canvas", "1200x1600", "--format", "webp", "--timeout", 9,
    )  # fmt: skip
    request = service.requests[0]
    assert request.HasField("seed")
    assert (request.camera_roll_deg, request.focal_length_mm) == (-2, 85)
    assert (request.camera_pitch_deg, request.pose) == (40, studio_pb2.CreateShotRequest.LYING)
    assert (request.canvas.width, request.canvas.height) == (1200, 1600)
    assert request.output.format == common_pb2.ImageFormat.WEBP
    assert request.timeout.seconds == 9


def test_wishes_for_the_product_reach_the_service(vitrine, address, photos, service):
    ran = vitrine(
        "shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--layer", "shadow", "--layer", "alpha",
        "--report", "full", "--threshold", "ghost=0.2", "--max-attempts", 2,
    )  # fmt: skip
    assert ran.exit_code == 0
    request = service.requests[0]
    assert list(request.layers) == [studio_pb2.Layer.SHADOW, studio_pb2.Layer.ALPHA]
    assert request.report == studio_pb2.PreservationReport.FULL
    assert request.thresholds.ghost == pytest.approx(0.2)
    assert request.max_attempts == 2


def test_layers_lie_beside_their_picture(vitrine, address, photos, service, tmp_path):
    service.layers = ["ALPHA", "SHADOW"]
    vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address)
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"cup-marble.jpg", "cup-marble-alpha.png", "cup-marble-shadow.png"}


def test_layers_files_are_told(vitrine, address, photos, service):
    service.layers = ["SHADOW"]
    asked = ("shoot", photos / "cup.jpg", "-s", "marble", "--address", address)
    assert "out/cup-marble-shadow.png" in vitrine(*asked).stdout
    told = vitrine(*asked, "--json").json[0]["layers"]
    assert told == [{"name": "SHADOW", "instance": 0, "file": "out/cup-marble-shadow.png"}]


def test_report_is_shown_where_it_was_asked_for(vitrine, address, photos, service):
    service.report.CopyFrom(REPORT)
    silent = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address)
    told = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--report", "basic")
    assert "ghost" not in silent.stdout
    assert "0.125 px" in told.stdout
    assert "at most 0.1 " in told.stdout
    assert "30, 40" in told.stdout
    assert "at least 0.99 " in told.stdout
    assert "1, 2" not in told.stdout
    assert "3, 4" not in told.stdout
    assert "no thin parts" in told.stdout


def test_report_of_a_refused_picture_is_shown_too(vitrine, address, photos, service):
    status = rich_status("product_changed", "the product is not kept", code_pb2.FAILED_PRECONDITION)
    status.details.add().Pack(REPORT)
    service.faults.append(Fault(status))
    ran = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--report", "basic")
    assert ran.exit_code == 1
    assert "the product is not kept" in ran.stdout
    assert "changed" in ran.stdout
    assert "0.125 px" in ran.stdout


def test_report_is_whole_in_json(vitrine, address, photos, service):
    service.report.CopyFrom(REPORT)
    service.layers = ["ALPHA"]
    ran = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--json")
    answer = ran.json[0]["answer"]
    assert answer["report"]["measures"][0]["value"] == 0.125
    assert "content" not in answer["layers"][0]["blob"]


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


def test_what_was_read_from_the_photo_is_shown(vitrine, address, photos):
    arguments = ("shoot", photos / "cup.jpg", "-s", "marble", "--address", address)
    told = vitrine(*arguments).stdout
    assert "40°, roll -2°, 50 mm, 93% sure" in told
    assert "#aa0000 became #00aa00" in told
    assert "mannequin 50% sure" in told
    [answer] = [made["answer"] for made in vitrine(*arguments, "--json").json]
    assert (answer["camera_roll_deg"], answer["focal_length_mm"]) == (-2, 50)


def test_json_carries_no_picture(vitrine, address, photos):
    ran = vitrine("shoot", photos / "cup.jpg", "-s", "marble", "--address", address, "--json")
    assert "content" not in ran.json[0]["answer"]["image"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("missing.jpg", "-s", "marble"), "missing.jpg"),
        (("cup.jpg",), "--scene"),
        (("cup.jpg", "-s", "marble", "--canvas", "big"), "1200x1600"),
        (("cup.jpg", "-s", "marble", "--canvas", "10x10"), "at least 16 pixels"),
        (("cup.jpg", "-s", "x" * 5000), "at most 64 characters"),
        (("cup.jpg", "-s", "marble", "--pitch", "91"), "--pitch"),
        (("cup.jpg", "-s", "marble", "--threshold", "gost=1"), "gost"),
        (("cup.jpg", "-s", "marble", "--threshold", "structure=1.01"), "from 0 to 1 is wanted"),
        (("cup.jpg", "-s", "marble", "--threshold", "structure"), "MEASURE=VALUE"),
        (("cup.jpg", "-s", "marble", "--threshold", "halo=nan"), "a number from 0.5 to 255"),
    ],
    ids=[
        "no photo",
        "no scene",
        "canvas",
        "small canvas",
        "long scene",
        "pitch",
        "measure",
        "threshold",
        "no value",
        "no number",
    ],
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


def test_every_layer_has_an_option():
    assert [each.name for each in LayerChoice] == [each.name for each in LayerName]
