"""TensorRT and TensorRT-RTX, whose Python interfaces agree: one runner for both."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Self, cast

import torch
from torch import Tensor

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.engine.backend import Library
from services.generate.engine.interface import Interface, TensorSpec
from services.generate.engine.nvidia_runtime import Context, Engine, RuntimeModule
from services.generate.engine.runners.activations import Activations

#: By the libraries' names for types.
_TYPES: Final = {
    "FLOAT": torch.float32, "HALF": torch.float16, "BF16": torch.bfloat16, "INT64": torch.int64,
    "INT32": torch.int32, "BOOL": torch.bool,
}  # fmt: skip


class TensorRtRunner:
    """An engine on a GPU.

    Inputs are copied into memory of its own, so that what it reads stays as it is until it is done; the caller's stream
    waits for the result, the host does not.

    Args:
        library: `tensorrt` or `tensorrt_rtx`, the module.
        engine: Of that library, on the memory's GPU.
        interface: What the engine must take and give.
        memory: For activations, shared with other engines.

    Raises:
        ModelUnavailable: The engine's inputs or outputs are others, or of other types.
    """

    def __init__(self, library: RuntimeModule, engine: Engine, interface: Interface, memory: Activations) -> None:
        self.name = library.__name__
        self._library = library
        self._engine: Engine | None = engine
        self._interface = interface
        self._memory = memory
        self._types = _io_types(engine, interface)
        self._context: Context | None = engine.create_execution_context(
            library.ExecutionContextAllocationStrategy.USER_MANAGED
        )
        if self._context is None:
            raise ModelUnavailable(f"{self.name} can't run the engine on this GPU")
        self._own: dict[str, Tensor] = {}

    @classmethod
    def open(
        cls,
        library: Library,
        plan: bytes,
        sha256: str,
        interface: Interface,
        memory: Activations,
    ) -> Self:
        """Load an engine.

        The digest is checked before the library sees a byte: it looks at the header alone, and takes a plan with a
        flipped bit or a missing end for a good one. Code of the builder's host inside a plan is never run.

        Args:
            library: TensorRT or TensorRT-RTX.
            plan: The engine's file.
            sha256: What it must be.
            interface: What the engine must take and give.
            memory: Says on which GPU.

        Raises:
            ModelUnavailable: It is another file, or not for this GPU, driver or version.
        """
        if hashlib.sha256(plan).hexdigest() != sha256:
            raise ModelUnavailable("the engine's file is not the one that was built: its digest differs")
        # An engine belongs to the GPU that is current while it is loaded.
        module = cast("RuntimeModule", library.module)
        with memory.current():
            runtime = module.Runtime(module.Logger(module.Logger.ERROR))
            runtime.engine_host_code_allowed = False
            engine = runtime.deserialize_cuda_engine(plan)
            if engine is None:
                raise ModelUnavailable(
                    f"{library.backend} {library.version} can't load the engine: it is for another version, GPU "
                    "or driver"
                )
            return cls(module, engine, interface, memory)

    @property
    def activation_bytes(self) -> int:
        """What the engine needs of the shared memory."""
        return self._opened()[0].device_memory_size_v2

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `Runner.run`."""
        engine, context = self._opened()
        self._check(inputs)
        with self._memory.lent(self.activation_bytes) as memory:
            self._choose_profile(engine, context, inputs)
            for name, tensor in inputs.items():
                self._require(context.set_input_shape(name, tuple(tensor.shape)), f"the shape of {name}")
                self._require(context.set_tensor_address(name, self._kept(name, tensor).data_ptr()), name)
            outputs = {spec.name: self._output(context, spec) for spec in self._interface.outputs}
            context.set_device_memory(memory.data_ptr(), memory.numel())
            if not context.execute_async_v3(self._memory.stream):
                raise Internal(f"the engine failed in {self.name}")
        self._memory.hand_over(outputs.values())
        return outputs

    def refit(self, weights: Mapping[str, Tensor]) -> None:
        """Put other weights into the engine; nobody may run it meanwhile.

        Args:
            weights: By the names of the exported network, each of the engine's own type and shape.

        Raises:
            ModelUnavailable: The engine does not take them, or wants more of them. Part of them may be in it already:
                it must not serve again, and has to be loaded anew.
        """
        engine, _ = self._opened()
        self._memory.synchronize()
        refitter = self._library.Refitter(engine, self._library.Logger(self._library.Logger.ERROR))
        # Held until the refit is over: the library reads them then.
        held = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        refused = [name for name, tensor in held.items() if not refitter.set_named_weights(name, self._weights(tensor))]
        missing = list(refitter.get_missing_weights())
        if refused or missing or not refitter.refit_cuda_engine():
            raise ModelUnavailable(
                f"{self.name} did not take the weights; refused: {refused[:3]}, wanted besides: {missing[:3]}",
                refused=refused, missing=missing,
            )  # fmt: skip

    def close(self) -> None:
        """See `Runner.close`."""
        if self._engine is not None:
            self._memory.synchronize()
        self._context = self._engine = None
        self._own.clear()

    def _check(self, inputs: Mapping[str, Tensor]) -> None:
        self._interface.check({name: tuple(tensor.shape) for name, tensor in inputs.items()})
        for name, tensor in inputs.items():
            if tensor.dtype != self._types[name]:
                raise InvalidInput(
                    f"the engine's input {name!r} is {self._types[name]}; got {tensor.dtype}", field=name
                )

    def _opened(self) -> tuple[Engine, Context]:
        if self._engine is None or self._context is None:
            raise Internal(f"the engine of {self.name} is closed")
        return self._engine, self._context

    def _choose_profile(self, engine: Engine, context: Context, inputs: Mapping[str, Tensor]) -> None:
        """The first profile that covers the shapes.

        Raises:
            InvalidInput: None does.
        """
        for index in range(engine.num_optimization_profiles):
            if all(_covers(engine, index, name, tensor) for name, tensor in inputs.items()):
                if context.active_optimization_profile != index:
                    self._require(context.set_optimization_profile_async(index, self._memory.stream), "a profile")
                return
        shapes = {name: list(tensor.shape) for name, tensor in inputs.items()}
        raise InvalidInput(f"the engine was built for other shapes than {shapes}", got=shapes)

    def _kept(self, name: str, tensor: Tensor) -> Tensor:
        """The input in memory of ours, which grows to the largest that was seen."""
        kept = self._own.get(name)
        if kept is None or kept.numel() < tensor.numel():
            kept = self._own[name] = torch.empty(tensor.numel(), dtype=tensor.dtype, device=self._memory.device)
        kept[: tensor.numel()].copy_(tensor.reshape(-1), non_blocking=True)
        return kept

    def _output(self, context: Context, spec: TensorSpec) -> Tensor:
        shape = tuple(context.get_tensor_shape(spec.name))
        tensor = torch.empty(shape, dtype=self._types[spec.name], device=self._memory.device)
        self._require(context.set_tensor_address(spec.name, tensor.data_ptr()), spec.name)
        return tensor

    def _weights(self, tensor: Tensor) -> Any:
        kind = next(name for name, dtype in _TYPES.items() if dtype == tensor.dtype)
        return self._library.Weights(getattr(self._library.DataType, kind), tensor.data_ptr(), tensor.numel())

    def _require(self, done: bool, what: str) -> None:
        if not done:
            raise Internal(f"{self.name} refused {what}")


def _covers(engine: Engine, profile: int, name: str, tensor: Tensor) -> bool:
    least, _, most = engine.get_tensor_profile_shape(name, profile)
    return all(low <= got <= high for low, got, high in zip(least, tensor.shape, most, strict=True))


def _io_types(engine: Engine, interface: Interface) -> dict[str, torch.dtype]:
    """The types of the engine's inputs and outputs.

    A graph that a converter has silently made float32 builds without a word and takes twice the time.

    Raises:
        ModelUnavailable: They are not the interface's.
    """
    names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
    got = {name: engine.get_tensor_dtype(name).name for name in names}
    wanted = {spec.name: spec.dtype for spec in (*interface.inputs, *interface.outputs)}
    types = {name: _TYPES.get(kind) for name, kind in got.items()}
    said = {name: str(dtype).removeprefix("torch.") for name, dtype in types.items()}
    if said != wanted:
        raise ModelUnavailable(f"the engine's inputs and outputs are {said}; wanted are {wanted}")
    return {name: dtype for name, dtype in types.items() if dtype is not None}
