import tarfile

import pytest

from services.common.errors import ModelUnavailable
from services.models.sources.package_archive import PackageArchive
from tests.support.fake_npm import archive


@pytest.fixture
def packed(tmp_path):
    """Opens an archive of the given members."""

    def make(*members, **limits):
        path = tmp_path / "package.tgz"
        path.write_bytes(archive(members))
        return PackageArchive(path, **limits)

    return make


def special(name, kind, **fields):
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return name, info


def test_member_is_read(packed):
    assert packed(("package/a", b"1"), ("package/b", b"2")).read("b", 1) == b"2"


def test_several_members_come_in_the_archives_order(packed):
    with packed(("package/b", b"2"), ("package/a", b"1")).members({"a": 1, "b": 1}) as members:
        assert [(name, file.read()) for name, file in members] == [("b", b"2"), ("a", b"1")]


def test_missing_member_is_told(packed):
    with pytest.raises(ModelUnavailable, match="lacks a"):
        packed(("package/b", b"2")).read("a", 1)


def test_member_outside_the_package_folder_is_not_taken(packed):
    with pytest.raises(ModelUnavailable, match="lacks a"):
        packed(("a", b"1")).read("a", 1)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "package/../../evil"])
def test_archive_that_climbs_out_is_refused(packed, name):
    with pytest.raises(ModelUnavailable, match="outside"):
        packed((name, b"x"), ("package/a", b"1")).read("a", 1)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_member_that_is_no_plain_file_is_refused(packed, kind):
    with pytest.raises(ModelUnavailable, match="no plain file"):
        packed(special("package/a", kind, linkname="/etc/passwd")).read("a", 10)


def test_member_that_is_too_large_is_refused(packed):
    with pytest.raises(ModelUnavailable, match="at most 9 bytes"):
        packed(("package/a", bytes(10))).read("a", 9)


def test_archive_that_unpacks_without_end_is_refused(packed):
    with pytest.raises(ModelUnavailable, match="unpacks to more"):
        packed(("package/z", bytes(1000)), ("package/a", b"1"), max_bytes=999).read("a", 1)


def test_archive_of_countless_members_is_refused(packed):
    members = [(f"package/{number}", b"") for number in range(20)]
    with pytest.raises(ModelUnavailable, match="unpacks to more"):
        packed(*members, max_members=10).read("a", 1)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-40], lambda data: b"no archive", lambda data: data[:30] + data[33:]]
)
def test_damaged_archive_is_told(tmp_path, damage):
    path = tmp_path / "package.tgz"
    path.write_bytes(damage(archive([("package/a", bytes(range(256)) * 40)])))
    with pytest.raises(ModelUnavailable):
        PackageArchive(path).read("b", 1)
