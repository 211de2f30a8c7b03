import pytest

from services.common.errors import StorageUnavailable
from services.common.settings import HttpSettings, Settings
from services.common.storage_settings import S3Settings, StorageSettings
from services.storage.local import LocalBlobs
from services.storage.s3 import S3Blobs
from services.storage.store import open_store


def test_directory_is_the_default_and_its_addresses_lead_to_the_gateway(tmp_path):
    store = open_store(Settings(data_dir=tmp_path, http=HttpSettings(port=8123)))
    assert isinstance(store, LocalBlobs)
    assert store.sign("a.png").url.startswith("http://127.0.0.1:8123/v1/blobs/a.png?")


def test_two_stores_on_one_data_directory_accept_each_others_addresses(tmp_path):
    settings = Settings(data_dir=tmp_path)
    signed = open_store(settings).sign("a.png")
    signature = signed.url.rpartition("=")[2]
    open_store(settings).verify("a.png", int(signed.expires_at_s), signature)


def test_s3_is_one_setting_away(tmp_path):
    settings = Settings(data_dir=tmp_path, storage=StorageSettings(backend="s3", s3=S3Settings(bucket="shots")))
    assert isinstance(open_store(settings), S3Blobs)


def test_data_directory_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageUnavailable):
        open_store(Settings(data_dir=tmp_path / "file"))
