import os
import time

import pytest

from services.storage.local import LocalBlobs
from services.storage.signature import Signature
from services.storage.sweeper import Sweeper

HOUR_S = 3600


@pytest.fixture
def blobs(tmp_path):
    return LocalBlobs(tmp_path, Signature(b"k" * 32), "http://studio.test", url_ttl_s=60)


@pytest.fixture
def sweeper(tmp_path, blobs):
    return Sweeper(tmp_path, blobs)


def put_aged(blobs, root, key, age_s):
    blobs.put(key, b"12345", "image/png")
    age(root / key, age_s)


def age(path, age_s):
    os.utime(path, (time.time() - age_s,) * 2)


def test_older_files_of_the_folders_go_and_nothing_else(sweeper, blobs, tmp_path):
    for key in ("shots/a/old.png", "cutouts/old.png", "models/old.png"):
        put_aged(blobs, tmp_path, key, 2 * HOUR_S)
    blobs.put("shots/new.png", b"x", "image/png")
    assert sweeper.sweep(["shots", "cutouts"], HOUR_S).files == 2
    assert {each.key for each in blobs.under("")} == {"models/old.png", "shots/new.png"}


def test_half_written_files_go_once_no_writer_can_have_them_open(sweeper, tmp_path):
    incoming = tmp_path / ".incoming"
    incoming.mkdir()
    for name, age_s in ((".dead", 2 * HOUR_S), (".alive", 60)):
        (incoming / name).write_bytes(b"12345")
        age(incoming / name, age_s)
    swept = sweeper.sweep([], 0)
    assert (swept.files, swept.size_bytes) == (1, 5)
    assert [path.name for path in incoming.iterdir()] == [".alive"]


def test_dry_run_tells_the_same_and_removes_nothing(sweeper, blobs, tmp_path):
    put_aged(blobs, tmp_path, "shots/old.png", 2 * HOUR_S)
    told = sweeper.sweep(["shots"], HOUR_S, dry_run=True)
    assert blobs.get("shots/old.png") == b"12345"
    assert sweeper.sweep(["shots"], HOUR_S) == told


def test_directory_that_does_not_exist_yet_has_nothing_to_sweep(tmp_path):
    blobs = LocalBlobs(tmp_path / "none", Signature(b"k" * 32), "http://studio.test", url_ttl_s=60)
    assert Sweeper(tmp_path / "none", blobs).sweep(["shots"], 0).files == 0
