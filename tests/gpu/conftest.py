"""What needs a GPU skips with a reason where there is none."""

import pytest
import torch

from services.common.errors import ModelUnavailable
from services.generate.engine.backend import Library
from services.generate.engine.spec import Backend


@pytest.fixture(autouse=True)
def gpu():
    """The first GPU."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    return torch.device("cuda", 0)


@pytest.fixture(params=Backend, ids=str)
def library(request, gpu):
    """TensorRT and TensorRT-RTX, those that are installed and run on this GPU."""
    try:
        found = Library.open(request.param)
    except ModelUnavailable as error:
        pytest.skip(error.message)
    return found
