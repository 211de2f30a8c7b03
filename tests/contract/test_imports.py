"""What draws plates and cuts out starts without what diffusion needs."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "diffusers", "transformers")


@pytest.mark.parametrize("module", ["services.app", "services.cli.main", "services.segment.segmenter"])
def test_torch_is_not_loaded_before_something_draws_with_it(module):
    command = f"import {module}, sys; print([name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
