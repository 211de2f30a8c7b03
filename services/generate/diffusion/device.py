"""What the loop must know of the device that the networks are on: when its work is over and what memory it took."""

from typing import Protocol

import torch

#: How torch's allocator on the CPU says it, which raises a plain RuntimeError.
_CPU_WORDS = "can't allocate memory"


class Device(Protocol):
    """A device's queue and memory."""

    def begin(self) -> None:
        """Count the peak of memory from here on."""

    def end(self) -> int | None:
        """Wait for the work; the bytes of memory that it took at its peak, None = not to be told."""

    def free_bytes(self) -> int | None:
        """Memory that batches may take; None = not to be told."""

    def relieve(self) -> None:
        """Give back what the allocator keeps, after it fell short."""


class Cpu:
    """Work is over when its call returns. Of a process's memory the system tells nothing about one step."""

    def begin(self) -> None:
        """Nothing is counted."""

    def end(self) -> int | None:
        """Nothing is known."""
        return None

    def free_bytes(self) -> int | None:
        """Nothing is known."""
        return None

    def relieve(self) -> None:
        """Freed memory is free."""


class Cuda:
    """A GPU, by torch's own allocator.

    Args:
        device: Which one.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._before = 0

    def begin(self) -> None:
        """See `Device.begin`."""
        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)

    def end(self) -> int | None:
        """See `Device.end`."""
        torch.cuda.synchronize(self._device)
        return max(0, torch.cuda.max_memory_allocated(self._device) - self._before)

    def free_bytes(self) -> int | None:
        """What nobody holds, and what the allocator holds in reserve."""
        reserve = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return int(torch.cuda.mem_get_info(self._device)[0]) + reserve

    def relieve(self) -> None:
        """See `Device.relieve`."""
        torch.cuda.empty_cache()


def open_device(device: torch.device) -> Device:
    """The device of that name."""
    return Cuda(device) if device.type == "cuda" else Cpu()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the work failed for want of memory, so that less of it may do."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and _CPU_WORDS in str(error)
    )
