import pytest
from pydantic import ValidationError

from services.api.catalog import ModelKind
from services.common.errors import NotFound
from services.models.catalog import ModelCatalog, NpmSpec

MODULE = {"type": "base64_module", "member": "a.js"}


def test_shipped_catalogue_holds_the_network_and_eighteen_environments():
    kinds = [entry.kind for entry in ModelCatalog.shipped()]
    assert (kinds.count(ModelKind.SEGMENTATION), kinds.count(ModelKind.ENVIRONMENT)) == (1, 18)


def test_shipped_entries_are_free_to_use_and_say_whence_they_come():
    for entry in ModelCatalog.shipped():
        assert entry.license in {"MIT", "CC0-1.0"}
        assert entry.origin
        assert entry.sources


def test_shipped_digests_differ():
    catalog = ModelCatalog.shipped()
    assert len({entry.sha256 for entry in catalog}) == len(catalog)


def test_unknown_name_is_told_with_the_known_ones(entry_of):
    with pytest.raises(NotFound, match="known are tiny"):
        ModelCatalog((entry_of(b"x"),)).get("huge")


def test_two_entries_of_one_name_are_refused(entry_of):
    with pytest.raises(ValueError, match="share a name"):
        ModelCatalog((entry_of(b"x"), entry_of(b"y")))


@pytest.mark.parametrize("package", ["--registry=x", "a b", "../up", "a@latest", "git+ssh://a/b", ""])
def test_package_that_npm_could_read_as_something_else_is_refused(package):
    with pytest.raises(ValidationError):
        NpmSpec(type="npm", package=package, version="1.0.0", content=MODULE)


@pytest.mark.parametrize("version", ["latest", "^1.0.0", "1.x", ""])
def test_version_that_is_not_exact_is_refused(version):
    with pytest.raises(ValidationError):
        NpmSpec(type="npm", package="a", version=version, content=MODULE)


@pytest.mark.parametrize("member", ["/etc/passwd", "../a.js", "a/../../b.js", "a//b"])
def test_member_outside_the_package_is_refused(member):
    with pytest.raises(ValidationError):
        NpmSpec(type="npm", package="a", version="1.0.0", content=MODULE | {"member": member})
