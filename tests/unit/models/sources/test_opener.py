import boto3
import pytest

from services.models.catalog import HttpsSpec, HubSpec, ModelCatalog, PathSpec, S3Spec
from services.models.sources.https import HttpsSource
from services.models.sources.npm import NpmPackages
from services.models.sources.opener import SourceOpener
from services.models.sources.path import PathSource
from services.models.sources.s3 import S3Source
from services.models.sources.wheels import Wheels, WheelSource


@pytest.fixture
def opener(tmp_path):
    return SourceOpener(NpmPackages(tmp_path), Wheels(tmp_path), s3_client=boto3.client)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (HttpsSpec(type="https", url="https://files.example/a"), HttpsSource),
        (S3Spec(type="s3", bucket="models", key="a"), S3Source),
        (PathSpec(type="path", path="/models/a"), PathSource),
        (ModelCatalog.shipped().get("realesrgan-x4plus").sources[0], WheelSource),
        (HubSpec(type="hub", repo="owner/painter", file="unet/config.json"), HttpsSource),
    ],
)
def test_spec_opens_its_source(opener, spec, kind):
    assert isinstance(opener.open(spec), kind)


@pytest.mark.parametrize(
    ("mirror", "kind"),
    [
        ("/models", PathSource),
        ("~/models", PathSource),
        ("https://a.example/m/", HttpsSource),
        ("s3://models/x", S3Source),
    ],
)
def test_mirror_opens_by_its_scheme(opener, mirror, kind):
    assert isinstance(opener.open_mirror(mirror, "0" * 64), kind)
