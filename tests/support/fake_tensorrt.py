"""A stand-in for TensorRT on the CPU: an engine that adds each row's timestep to its latents, by address."""

import ctypes
from contextlib import contextmanager, nullcontext
from enum import Enum
from types import SimpleNamespace

import numpy as np
import torch


class FakeActivations:
    """Memory on the CPU; remembers what it lent."""

    device = torch.device("cpu")
    stream = 7

    def __init__(self):
        self.lent_bytes, self.is_lent, self.waits = [], False, 0

    def current(self):
        return nullcontext()

    @contextmanager
    def lent(self, size_bytes):
        self.lent_bytes.append(size_bytes)
        self.is_lent = True
        yield torch.empty(size_bytes, dtype=torch.uint8)
        self.is_lent = False

    def hand_over(self, tensors):
        assert not self.is_lent

    def synchronize(self):
        self.waits += 1


class DataType(Enum):
    FLOAT = 0
    HALF = 1
    INT64 = 2


class FakeContext:
    active_optimization_profile = 0

    def __init__(self, engine, activations):
        self._engine, self._activations = engine, activations
        self._shapes, self._addresses, self._memory = {}, {}, (0, 0)
        self.profiles_used = []

    def set_optimization_profile_async(self, index, stream):
        self.active_optimization_profile = index
        self._shapes.clear()
        self._addresses.clear()
        return stream == self._activations.stream

    def set_input_shape(self, name, shape):
        least, _, most = self._engine.get_tensor_profile_shape(name, self.active_optimization_profile)
        self._shapes[name] = shape
        return all(low <= got <= high for low, got, high in zip(least, shape, most, strict=True))

    def get_tensor_shape(self, name):
        return self._shapes["sample"]

    def set_tensor_address(self, name, address):
        self._addresses[name] = address
        return True

    def set_device_memory(self, address, size_bytes):
        self._memory = address, size_bytes

    def execute_async_v3(self, stream):
        self.profiles_used.append(self.active_optimization_profile)
        ready = self._activations.is_lent and self._memory[1] >= self._engine.device_memory_size_v2
        if not ready or stream != self._activations.stream or self._engine.fails:
            return False
        rows = self._shapes["timestep"][0]
        sample = _floats(self._addresses["sample"], self._shapes["sample"])
        timestep = _floats(self._addresses["timestep"], (rows,))
        _floats(self._addresses["noise_pred"], self._shapes["sample"])[:] = (
            sample + timestep[:, None, None, None] + self._engine.bias
        )
        return True


class FakeEngine:
    """Profiles of 2 and of 4 rows, each of 8 x 8 cells."""

    num_io_tensors = 3
    num_optimization_profiles = 2
    device_memory_size_v2 = 4096

    def __init__(self, activations, dtype=DataType.FLOAT):
        self._activations, self._dtype = activations, dtype
        self.bias, self.fails, self.context = 0.0, False, None

    def get_tensor_name(self, index):
        return ("sample", "timestep", "noise_pred")[index]

    def get_tensor_dtype(self, name):
        return DataType.FLOAT if name == "timestep" else self._dtype

    def get_tensor_profile_shape(self, name, profile):
        rows = (2, 4)[profile]
        return [(rows,) if name == "timestep" else (rows, 4, 8, 8)] * 3

    def create_execution_context(self, strategy):
        assert strategy == "user managed"
        self.context = FakeContext(self, self._activations)
        return self.context


class FakeRefitter:
    """Takes one weight, "bias"; wants it."""

    def __init__(self, engine, logger):
        self._engine, self._bias = engine, None

    def set_named_weights(self, name, weights):
        if name != "bias":
            return False
        self._bias = weights
        return True

    def get_missing_weights(self):
        return [] if self._bias else ["bias"]

    def refit_cuda_engine(self):
        self._engine.bias = float(_floats(self._bias.address, (1,))[0])
        return True


def fake_module(activations, plan=b"plan", dtype=DataType.FLOAT):
    """The module, which takes one plan alone."""

    class Runtime:
        engine_host_code_allowed = True

        def __init__(self, logger):
            pass

        def deserialize_cuda_engine(self, given):
            return FakeEngine(activations, dtype) if given == plan and not self.engine_host_code_allowed else None

    class Logger:
        ERROR = 1

        def __init__(self, level):
            pass

    return SimpleNamespace(
        __name__="tensorrt", __version__="11.4.0", DataType=DataType, Logger=Logger, Runtime=Runtime,
        Refitter=FakeRefitter, ExecutionContextAllocationStrategy=SimpleNamespace(USER_MANAGED="user managed"),
        Weights=lambda kind, address, count: SimpleNamespace(kind=kind, address=address, count=count),
    )  # fmt: skip


def _floats(address, shape):
    count = int(np.prod(shape))
    return np.frombuffer((ctypes.c_float * count).from_address(address), np.float32).reshape(shape)
