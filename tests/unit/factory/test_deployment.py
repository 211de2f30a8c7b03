"""What a trainer says where it can't start; that it works is tested in `tests/integration/test_drawing.py`."""

import sys

import pytest

from services.common.errors import ModelUnavailable
from services.common.settings import Settings
from services.factory.deployment import _workshop
from tests.support.memory_blobs import MemoryBlobs


def test_trainer_without_what_trains_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "services.factory.factory", None)
    with pytest.raises(ModelUnavailable, match=r"pip install 'vitrine\[train\]'"):
        _workshop(Settings(), MemoryBlobs())
