"""Memory that engines of one GPU share for what they keep between their layers, and the stream they work on."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch
from torch import Tensor


class Activations(Protocol):
    """What an engine needs of its GPU while it works."""

    device: torch.device

    @property
    def stream(self) -> int:
        """Address of the stream that engines put their work on."""

    def current(self) -> AbstractContextManager[object]:
        """The GPU as the current one: what is loaded inside belongs to it."""

    def lent(self, size_bytes: int) -> AbstractContextManager[Tensor]:
        """Memory, at least so large, to one engine alone.

        Work put on the stream inside follows what the caller's stream has to do, and comes before what the caller does
        afterwards. What torch does inside goes on the stream too.
        """

    def hand_over(self, tensors: Iterable[Tensor]) -> None:
        """Tell torch that the caller will use tensors that were made inside."""

    def synchronize(self) -> None:
        """Wait for all work."""


class ActivationMemory:
    """One stretch of a GPU's memory, as large as the largest engine needs.

    Text encoder, denoiser and VAE never compute at once, so each may use all of it (IExecutionContext.setDeviceMemory).
    One stream and one turn at a time make sure of that. It is not the default stream, on which TensorRT would wait for
    the whole device at every call (NvInferRuntime.h, enqueueV3).

    Args:
        device: Which GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # torch's types are partly missing
        self._turn = threading.Lock()
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)

    @property
    def stream(self) -> int:
        """See `Activations.stream`."""
        return int(self._stream.cuda_stream)

    def current(self) -> AbstractContextManager[object]:
        """See `Activations.current`."""
        return torch.cuda.device(self.device)

    @contextmanager
    def lent(self, size_bytes: int) -> Iterator[Tensor]:
        """See `Activations.lent`."""
        caller = torch.cuda.current_stream(self.device)
        with self._turn, self.current(), torch.cuda.stream(self._stream):
            self._stream.wait_stream(caller)
            if size_bytes > self._memory.numel():
                # The earlier one goes back to torch, which hands it out on this stream alone: nobody waits.
                self._memory = torch.empty(size_bytes, dtype=torch.uint8, device=self.device)
            yield self._memory
        caller.wait_stream(self._stream)

    def hand_over(self, tensors: Iterable[Tensor]) -> None:
        """See `Activations.hand_over`."""
        for tensor in tensors:
            tensor.record_stream(torch.cuda.current_stream(self.device))

    def synchronize(self) -> None:
        """See `Activations.synchronize`."""
        torch.cuda.synchronize(self.device)
