"""`vitrine engines` builds, lists, reads and removes real engines, for GPUs that are not here."""

import pytest

from tests.support.tiny_checkpoint import write_tiny_checkpoint


@pytest.fixture
def engines(vitrine, tmp_path, monkeypatch):
    """Runs `vitrine engines`; the checkpoint lies in "tiny"."""
    monkeypatch.setenv("VITRINE_MODELS__CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("VITRINE_DATA_DIR", str(tmp_path / "data"))
    write_tiny_checkpoint(tmp_path / "tiny")
    return lambda *arguments: vitrine("engines", *arguments)


def build(engines, *more):
    return engines("build", "tiny", "--part", "vae_decoder", "--capability", "8.6", "--memory-mb", 8192, *more)


def test_an_engine_is_built_listed_read_and_removed(engines, tmp_path):
    pytest.importorskip("tensorrt_rtx", reason="its wheel is not made for this platform")
    assert build(engines, "--shape", "1x64x64", "--share").stdout.startswith("here   vae_decoder")
    listed = engines("list", "--json").json["engines"]
    assert [(entry["part"], entry["shapes"], entry["state"]) for entry in listed] == [
        ("vae_decoder", ["1x64x64"], "here")
    ]
    key = listed[0]["key"]
    assert engines("verify", key[:6]).stdout == f"good    {key[:12]}\n"
    assert (tmp_path / "data" / "blobs" / "engines" / key / "manifest.json").is_file()
    path = next((tmp_path / "cache").rglob(f"{key}/engine"))
    path.write_bytes(path.read_bytes()[:-1])
    damaged = engines("verify")
    assert (damaged.exit_code, "not what was built" in damaged.stdout) == (1, True)
    assert engines("prune", "--max-gb", 0).stdout == f"removed   {key[:12]}\n"
    assert engines("list", "--json").json["engines"] == []


def test_list_says_what_computes_here_and_why(engines):
    choice = engines("list", "--json").json["choice"]
    assert {"runner", "device", "reason", "passed_over"} <= set(choice)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--shape", "1x64"), "no shape"),
        (("--shape", "1x72x72"), "draws no 72 x 72"),
        (("--shape", "1x64x64", "--part", "head"), "known are"),
        (("--shape", "1x64x64", "--backend", "other"), "known are tensorrt, tensorrt_rtx"),
        (("--shape", "1x64x64", "--capability", "9.0"), "9.0"),
    ],
    ids=["form", "size", "part", "backend", "gpu"],
)
def test_wrong_wishes_are_one_line(engines, arguments, words):
    pytest.importorskip("tensorrt_rtx", reason="its wheel is not made for this platform")
    answer = build(engines, *arguments)
    assert (answer.exit_code, words in answer.stderr, answer.stderr.count("\n")) == (1, True, 1)


def test_an_unknown_key_is_told(engines):
    assert "begins with abc" in engines("verify", "abc").stderr
