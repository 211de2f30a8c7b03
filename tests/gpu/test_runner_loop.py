"""The denoising loop over a GPU's runners."""

import numpy as np
import pytest
import torch

from services.common.deadline import Deadline
from services.common.errors import Cancelled
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.estimates import Estimates
from services.generate.diffusion.order import Order
from services.generate.loop import DenoisingLoop
from services.generate.pipeline import InpaintPipeline
from tests.support.diffusion import run_alone, sample_request
from tests.support.tiny_checkpoint import write_tiny_checkpoint


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint.read(write_tiny_checkpoint(tmp_path))


def test_picture_is_that_of_the_cpu(checkpoint, gpu):
    pictures = [run_alone(InpaintPipeline.open(checkpoint, device), sample_request()) for device in ("cpu", str(gpu))]
    assert np.abs(pictures[0].astype(int) - pictures[1].astype(int)).max() <= 2


def test_cancelled_picture_leaves_within_a_step_and_its_memory_with_it(checkpoint, gpu):
    loop = DenoisingLoop(InpaintPipeline.open(checkpoint, str(gpu), torch.float16), Estimates())
    loop.turn()
    before, deadline, steps = torch.cuda.memory_allocated(gpu), Deadline(), []

    def leave(done):
        steps.append(done)
        deadline.cancel()

    gone = loop.submit(Order(sample_request(steps=30), deadline, on_step=leave))
    while loop.turn():
        pass
    assert isinstance(gone.exception(timeout=0), Cancelled)
    assert len(steps) == 1
    assert torch.cuda.memory_allocated(gpu) <= before + (1 << 20)
