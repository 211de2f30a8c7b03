"""Memory that engines of one GPU share for what they keep between their layers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class ActivationMemory:
    """One stretch of a GPU's memory, as large as the largest engine needs, and the stream that all of them work on.

    Text encoder, denoiser and VAE never compute at once, so each may use all of it (IExecutionContext.setDeviceMemory).
    One stream and one turn at a time are what makes sure of that. It is not the default stream, on which TensorRT would
    wait for the whole device at every call (NvInferRuntime.h, enqueueV3).

    Args:
        device: Which GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # torch's own types are partly missing
        self._turn = threading.Lock()
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)

    @property
    def size_bytes(self) -> int:
        """What is held."""
        return self._memory.numel()

    @contextmanager
    def lent(self, size_bytes: int) -> Iterator[Tensor]:
        """The memory, at least so large, to one engine; work put on `stream` meanwhile follows all earlier work.

        Args:
            size_bytes: What the engine needs.
        """
        with self._turn, torch.cuda.stream(self.stream):
            if size_bytes > self._memory.numel():
                # The earlier one goes back to torch, which hands it out on this stream alone: nobody waits.
                self._memory = torch.empty(size_bytes, dtype=torch.uint8, device=self.device)
            yield self._memory
