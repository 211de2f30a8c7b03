import json

import pytest
from google.rpc import code_pb2

from services.cli.job_creation import item_keys
from services.cli.job_watch import file_stem
from services.cli.jobs import ItemStateChoice, JobStateChoice
from services.client import ItemState, JobItem, JobState
from services.pb.vitrine.v1 import common_pb2, jobs_pb2, studio_pb2
from tests.support.canned_jobs import item
from tests.support.canned_service import PICTURE, SHA256, Fault, rich_status
from tests.support.put_server import PutServer

FAILED = jobs_pb2.JobItem.FAILED


@pytest.fixture
def store(service):
    with PutServer() as server:
        service.jobs.upload_url = server.url
        yield server


@pytest.fixture
def done(service):
    """The job's end, as `watch` tells it: two pictures, one of them with a layer."""
    first, second = item(0, "cup"), item(1, "shoe")
    first.shot.image.sha256 = SHA256
    second.shot.layers.add(name="ALPHA").blob.key = "shots/local/j1/1-alpha.png"
    job = jobs_pb2.Job(job_id="j1", state=jobs_pb2.Job.DONE, counts={"total": 2, "succeeded": 2})
    service.jobs.watches = [
        [
            jobs_pb2.WatchJobResponse(version=2, item=first),
            jobs_pb2.WatchJobResponse(version=3, item=second),
            jobs_pb2.WatchJobResponse(version=4, job=job),
        ]
    ]
    return job


def test_one_command_sends_photos_watches_and_fetches_the_pictures(vitrine, address, photos, store, done, tmp_path):
    ran = vitrine("jobs", "create", f"{photos}/*.jpg", "--scene", "marble", "--out", "out", "--address", address)
    assert ran.exit_code == 0
    assert sorted(content for content, _ in store.files.values()) == [b"cup.jpg", b"shoe.jpg"]
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"cup.jpg", "shoe.jpg", "shoe-alpha.png"}
    assert (tmp_path / "out" / "cup.jpg").read_bytes() == PICTURE
    assert "done" in ran.stdout
    assert "2 succeeded" in ran.stdout


def test_items_are_called_as_their_photos(vitrine, address, photos, store, service):
    vitrine(
        "jobs", "create", f"{photos}/*.jpg", "https://a.example/red%20hat.png?w=8", "-s", "marble", "--address", address
    )
    assert [each.key for each in service.jobs.specs] == ["cup", "shoe", "red_20hat"]
    assert service.jobs.specs[2].image.url == "https://a.example/red%20hat.png?w=8"


def test_equal_names_get_numbers(tmp_path):
    photos = [tmp_path / name for name in ("x/a.jpg", "y/a.png", "a-2.jpg", "\u00e4.jpg", "..jpg")]
    assert item_keys(photos) == ["a", "a-2", "a-2-2", "_", "photo"]


def test_job_that_nobody_waits_for_is_told_by_its_id(vitrine, address, service):
    ran = vitrine("jobs", "create", "https://a.example/a.jpg", "-s", "marble", "--address", address)
    assert ran.stdout == "j1\n"
    assert "vitrine jobs watch j1" in ran.stderr


def test_options_reach_the_service(vitrine, address, service):
    vitrine(
        "jobs", "create", "https://a.example/a.jpg", "-s", "marble", "--seed", 7, "--canvas", "800x600", "--format",
        "webp", "--layer", "shadow", "--prompt", "at noon", "--name", "spring", "--priority", 5, "--tries", 2,
        "--keep-days", 2, "--key", "order-7", "--masthead", "VITRINE", "--cover-line", "Tea=for two",
        "--address", address,
    )  # fmt: skip
    [request] = service.requests
    assert (request.shot.seed, request.shot.canvas.width, request.shot.prompt) == (7, 800, "at noon")
    assert (request.shot.cover.masthead, request.shot.cover.lines[0].text) == ("VITRINE", "for two")
    assert request.shot.output.format == common_pb2.ImageFormat.WEBP
    assert list(request.shot.layers) == [studio_pb2.Layer.SHADOW]
    assert (request.name, request.priority, request.max_attempts) == ("spring", 5, 2)
    assert request.keep.seconds == 2 * 86_400
    assert service.jobs.keys == ["order-7"]


def test_recipe_comes_from_a_file_and_options_stand_over_it(vitrine, address, service, tmp_path):
    (tmp_path / "r.json").write_text(
        json.dumps({"scene_id": "white", "seed": 3, "canvas": {"width": 640, "height": 480}})
    )
    vitrine("jobs", "create", "https://a.example/a.jpg", "--recipe", "r.json", "--seed", 4, "--address", address)
    shot = service.requests[0].shot
    assert (shot.scene_id, shot.seed, shot.canvas.width) == ("white", 4, 640)


@pytest.mark.parametrize(("method", "options"), [("cutout", ["--cutout"]), ("shot", ["-s", "white"])])
def test_all_photos_of_a_job_may_show_garments_on_mannequins(vitrine, address, service, method, options):
    vitrine("jobs", "create", "https://a.example/a.jpg", *options, "--ghost-mannequin", "--address", address)
    assert getattr(service.requests[0], method).selection.ghost_mannequin


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--recolour", "seagren"], "seagreen"),
        (["--masthead", "x" * 25], "at most 24 characters"),
        (["--focal", "5"], "--focal"),
        (["--canvas", "10x10"], "at least 16 pixels"),
    ],
    ids=["recolour", "cover", "perspective", "canvas"],
)
def test_recipe_that_no_request_can_hold_is_wrong_usage(vitrine, address, service, options, word):
    ran = vitrine("jobs", "create", "https://a.example/a.jpg", "-s", "white", *options, "--address", address)
    assert (ran.exit_code, service.requests) == (2, [])
    assert word in ran.stderr


def test_what_jobs_are_asked_for_reaches_the_service(vitrine, address, service):
    vitrine(
        "jobs", "create", "https://a.example/a.jpg", "-s", "white", "--upscale", "--recolour", "navy", "--roll", -3,
        "--focal", 85, "--address", address,
    )  # fmt: skip
    shot = service.requests[0].shot
    assert (shot.upscale, shot.recolour.to, shot.camera_roll_deg, shot.focal_length_mm) == (True, "navy", -3, 85)


def test_state_that_does_not_allow_it_is_one_line(vitrine, address, service):
    status = rich_status("wrong_state", "the job is DONE and can't become PAUSED", code_pb2.FAILED_PRECONDITION)
    service.faults.append(Fault(status))
    ran = vitrine("jobs", "pause", "j1", "--address", address)
    assert (ran.exit_code, ran.stderr) == (1, "vitrine: the job is DONE and can't become PAUSED\n")


def test_cutouts_need_no_scene(vitrine, address, service):
    vitrine("jobs", "create", "https://a.example/a.jpg", "--cutout", "--format", "webp", "--address", address)
    assert service.requests[0].cutout.output.format == common_pb2.ImageFormat.WEBP


@pytest.mark.parametrize("large", [False, True])
def test_list_of_items_goes_with_the_request_or_before_it(
    vitrine, address, service, store, tmp_path, large, monkeypatch
):
    if large:
        monkeypatch.setattr("services.cli.job_creation.INLINE_BYTES", 1)
    (tmp_path / "items.csv").write_text("image\nhttps://a.example/a.jpg\n")
    vitrine("jobs", "create", "--manifest", "items.csv", "-s", "marble", "--address", address)
    sent = service.requests[-1].manifest
    assert (sent.WhichOneof("source"), len(store.files)) == (("blob_key", 1) if large else ("content", 0))


def test_dry_run_sends_no_file_and_tells_what_is_wrong(vitrine, address, photos, store, service):
    (photos / "hat.jpg").write_bytes(b"x")
    ran = vitrine("jobs", "create", f"{photos}/*.jpg", "-s", "marble", "--dry-run", "--address", address)
    assert (ran.exit_code, store.files) == (1, {})
    assert "3 items; about 90.00 s" in ran.stdout
    assert "1.50 EUR" in ran.stdout
    assert "b: no address" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "--manifest"),
        (("https://a.example/a.jpg",), "--cutout"),
        (("https://a.example/a.jpg", "-s", "marble", "--cutout"), "--cutout"),
        (("missing.jpg", "-s", "marble"), "missing.jpg"),
        (("https://a.example/a.jpg", "--cutout", "--seed", "1"), "seed"),
        (("https://a.example/a.jpg", "--recipe", "list.json"), "JSON object"),
        (("https://a.example/a.jpg", "--recipe", "bad.json"), "no JSON"),
    ],
    ids=["nothing", "no deed", "two deeds", "no photo", "seed of a cutout", "list", "no json"],
)
def test_wrong_usage_is_exit_code_2(vitrine, tmp_path, arguments, word):
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "bad.json").write_text("{")
    ran = vitrine("jobs", "create", *arguments)
    assert ran.exit_code == 2
    assert word in ran.stderr


def test_picture_that_lies_there_is_not_fetched_again(vitrine, address, service, done, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cup.jpg").write_bytes(PICTURE)
    ran = vitrine("jobs", "watch", "j1", "--out", "out", "--address", address, "--json")
    fetched = [each.key for each in service.requests if isinstance(each, studio_pb2.ReadBlobRequest)]
    assert sorted(fetched) == ["shots/local/j1/1-alpha.png", "shots/local/j1/1.jpg"]
    assert ran.json["files"] == ["out/cup.jpg", "out/shoe-alpha.png", "out/shoe.jpg"]


def test_failed_items_are_told_with_their_reasons(vitrine, address, service, done):
    done.counts.failed = 1
    service.jobs.watches[0][-1].job.CopyFrom(done)
    error = {"code": "product_not_found", "message": "the photo shows no product"}
    service.jobs.items = [item(2, "fog", FAILED, error=error)]
    ran = vitrine("jobs", "watch", "j1", "--address", address)
    assert ran.exit_code == 1
    assert "fog: the photo shows no product" in ran.stderr


def test_fault_while_pictures_are_fetched_is_one_line(vitrine, address, service, done):
    service.faults += [None, Fault(rich_status("not_found", "no blob has that key", code_pb2.NOT_FOUND))]
    ran = vitrine("jobs", "watch", "j1", "--out", "out", "--address", address)
    assert (ran.exit_code, ran.stderr.splitlines()[-1]) == (1, "vitrine: no blob has that key")


@pytest.mark.parametrize(
    ("key", "stem"), [("cup", "cup"), ("a/../b", "7-a_.._b"), ("..", "7"), ("x" * 200, "7-" + "x" * 120)]
)
def test_picture_of_any_key_stays_in_its_folder(key, stem):
    assert file_stem(JobItem(number=7, key=key)) == stem


def test_jobs_are_listed(vitrine, address):
    told = vitrine("jobs", "list", "--address", address)
    assert [line.split()[0] for line in told.stdout.splitlines()] == ["job", "j1", "j0"]
    assert [each["job_id"] for each in vitrine("jobs", "list", "--most", 1, "--address", address, "--json").json] == [
        "j1"
    ]


@pytest.mark.parametrize(
    ("command", "word"), [("show", "active"), ("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")]
)
def test_job_is_shown_and_steered(vitrine, address, command, word):
    assert word in vitrine("jobs", command, "j1", "--address", address).stdout
    assert vitrine("jobs", command, "j1", "--address", address, "--json").json["job_id"] == "j1"


def test_items_are_steered_by_their_keys(vitrine, address, service):
    vitrine("jobs", "cancel", "j1", "a", "b", "--address", address)
    assert "1 items" in vitrine("jobs", "retry", "j1", "a", "--address", address).stdout
    assert [list(each.keys) for each in service.requests] == [["a", "b"], ["a"]]


def test_items_are_lines(vitrine, address, service):
    error = {"code": "too_large", "message": "too\nlarge"}
    service.jobs.items = [item(0, "cup"), item(1, "shoe", FAILED, error=error)]
    ran = vitrine("jobs", "items", "j1", "--state", "failed", "--state", "succeeded", "--address", address)
    assert ran.stdout.splitlines() == ["cup\tsucceeded\tshots/local/j1/0.jpg", "shoe\tfailed\ttoo large"]
    assert len(service.requests[0].states) == 2


def test_manifest_is_written_to_a_file_or_shown(vitrine, address, tmp_path):
    vitrine("jobs", "manifest", "j1", "--format", "csv", "--out", "m.csv", "--address", address)
    assert (tmp_path / "m.csv").read_bytes() == PICTURE
    assert vitrine("jobs", "manifest", "j1", "--address", address).stdout.encode() == PICTURE


def test_jobs_are_removed(vitrine, address, service):
    assert vitrine("jobs", "rm", "j1", "j2", "--address", address).exit_code == 0
    assert [each.job_id for each in service.requests] == ["j1", "j2"]


def test_every_state_has_an_option():
    assert [each.name for each in ItemStateChoice] == [each.name for each in ItemState]
    assert [each.name for each in JobStateChoice] == [each.name for each in JobState]


def test_uploaded_files_are_told_by_their_keys(vitrine, address, photos, store):
    ran = vitrine("upload", photos / "cup.jpg", photos / "shoe.jpg", "--address", address)
    assert [line.split("\t")[0] for line in ran.stdout.splitlines()] == ["uploads/local/u1", "uploads/local/u2"]
