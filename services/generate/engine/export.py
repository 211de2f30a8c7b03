"""A sub-model as an ONNX file whose weights keep their names, so that adapters find them again."""

import hashlib
import json
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import onnx_ir as ir
import torch
from onnx_ir.passes import Sequential
from onnx_ir.passes.common import ClearMetadataAndDocStringPass, IdentityEliminationPass, RemoveUnusedNodesPass
from onnxscript.optimizer import fold_constants
from torch import Tensor, nn

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.factors import targets
from services.generate.engine.interface import HEIGHT, RANK, ROWS, WIDTH
from services.generate.engine.spec import ModelSpec, canonical_json
from services.generate.engine.submodel import SubModel

#: Attention as plain matrix products, which every library takes.
DECOMPOSED_OPSET: Final = 20
#: Attention as one operator, which libraries fuse or refuse.
ATTENTION_OPSET: Final = 23
OPSETS: Final = (DECOMPOSED_OPSET, ATTENTION_OPSET)
#: Head sizes for which TensorRT-RTX 1.7 builds the Attention operator, in 16 bits.
_FUSED_HEADS: Final = range(16, 257)
#: Protobuf takes less than 2 GiB in one file; some is left for the graph.
EXTERNAL_DATA_BYTES: Final = (2 << 30) - (64 << 20)
#: Dynamic dimensions of the traced call: distinct, and none of them 0 or 1, which tracing takes for constants.
_SAMPLE: Final = {ROWS: 2, HEIGHT: 4, WIDTH: 6, RANK: 4}
#: Diffusers takes another way from 64 rows on, and graphs have one.
_MOST: Final = {ROWS: 63, HEIGHT: 4096, WIDTH: 4096, RANK: 512}


@dataclass(frozen=True)
class ExportedModel:
    """An ONNX file and what it holds.

    Args:
        path: The file; large weights lie beside it, in a file of the same name with ".data" behind.
        spec: What it is.
        adapter_targets: Names of the weights that adapters change.
    """

    path: Path
    spec: ModelSpec
    adapter_targets: tuple[str, ...] = ()


def best_opset(model: SubModel) -> int:
    """The opset with the Attention operator where TensorRT-RTX is known to build it, else the one without."""
    heads = head_sizes(model.network)
    is_half = model.dtype in {torch.float16, torch.bfloat16}
    return ATTENTION_OPSET if is_half and heads and all(size in _FUSED_HEADS for size in heads) else DECOMPOSED_OPSET


def head_sizes(network: nn.Module) -> tuple[int, ...]:
    """The sizes of all attention heads, ascending, each once."""
    sizes = set()
    for module in network.modules():
        query = getattr(module, "to_q", None) or getattr(module, "q_proj", None)
        heads = getattr(module, "heads", None) or getattr(module, "num_heads", None)
        if isinstance(query, nn.Linear) and isinstance(heads, int):
            sizes.add(query.out_features // heads)
    return tuple(sorted(sizes))


def export(model: SubModel, path: Path, opset: int | None = None) -> ExportedModel:
    """Write a sub-model as ONNX.

    Batch, height, width and rank stay dynamic; every weight keeps its `state_dict` name and its bytes.

    Args:
        model: In evaluation mode, in the type that the engine is to have.
        path: The file to write; its folder is there.
        opset: 20 or 23; chosen by `best_opset` when absent.

    Raises:
        InvalidInput: Another opset.
        ModelUnavailable: The network can't be traced.
        Internal: A weight lost its name.
    """
    opset = best_opset(model) if opset is None else opset
    if opset not in OPSETS:
        raise InvalidInput(f"opset {opset} is not offered; {DECOMPOSED_OPSET} and {ATTENTION_OPSET} are", field="opset")
    graph = _simplified(_traced(model, opset), model.weight_names())
    _check_names(graph, model)
    _write(graph, path)
    return describe(model, path)


def describe(model: SubModel, path: Path) -> ExportedModel:
    """What an export of a sub-model is that lies at `path`."""
    spec = ModelSpec(
        model.part, file_digest(path), config_digest(model.network), model.interface, model.in_channels,
        head_sizes(model.network),
    )  # fmt: skip
    return ExportedModel(path, spec, tuple(f"{name}.weight" for name in targets(model.network)))


def sample_inputs(model: SubModel, seed: int = 0, **sizes: int) -> dict[str, Tensor]:
    """Inputs of a call; sizes by dimension name, height and width in steps of the interface's multiple."""
    known = _SAMPLE | sizes
    known |= {name: known[name] * model.interface.multiple for name in (HEIGHT, WIDTH)}
    return draw_inputs(model.interface, model.interface.resolve(known), seed)


def file_digest(path: Path) -> str:
    """sha256 of a graph and its external data, in hex."""
    digest = hashlib.sha256()
    for file in (path, external_data(path)):
        if file.is_file():
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def external_data(path: Path) -> Path:
    """Where a graph's large weights lie."""
    return path.with_name(path.name + ".data")


def config_digest(network: Any) -> str:
    """sha256 of a network's configuration, in hex, without what only says where it came from."""
    config = network.config
    values = config.to_dict() if hasattr(config, "to_dict") else dict(config)
    kept = {name: value for name, value in values.items() if not name.startswith("_")}
    return hashlib.sha256(canonical_json(json.loads(json.dumps(kept, default=str))).encode()).hexdigest()


def _traced(model: SubModel, opset: int) -> ir.Model:
    inputs = tuple(sample_inputs(model).values())
    names = [spec.name for spec in model.interface.inputs]
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                model, inputs, dynamo=True, opset_version=opset, optimize=False, verbose=False,
                dynamic_shapes=(_dynamic_shapes(model),), input_names=names,
                output_names=[spec.name for spec in model.interface.outputs],
            )  # fmt: skip
    except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
        raise ModelUnavailable(f"the {model.part} can't be traced for export", part=model.part) from error
    if program is None:  # what torch answers when it writes a file itself
        raise Internal("the exporter gave no graph")
    return program.model


def _dynamic_shapes(model: SubModel) -> tuple[dict[int, Any], ...]:
    """For each input, its dynamic dimensions; those of one name are one dimension."""
    multiple = model.interface.multiple
    dims: dict[str, Any] = {name: torch.export.Dim(name, min=2, max=most) for name, most in _MOST.items()}
    if multiple > 1:
        for name in (HEIGHT, WIDTH):
            dims[name] = multiple * torch.export.Dim(f"_{name}", min=2, max=_MOST[name] // multiple)
    return tuple(
        {place: dims[dim] for place, dim in enumerate(spec.dims) if isinstance(dim, str)}
        for spec in model.interface.inputs
    )


def _simplified(model: ir.Model, weights: set[str]) -> ir.Model:
    """Fold what is constant, but nothing that would replace a weight by a copy without its name.

    The exporter's own optimisation keeps the names of half of a UNet's weights; none of it leaves a chunk as a sequence
    of tensors, which TensorRT-RTX refuses.
    """
    _plain_names(model)

    def should_fold(node: ir.Node) -> bool | None:
        return False if any(value is not None and value.name in weights for value in node.inputs) else None

    fold_constants(model, should_fold=should_fold)
    cleanup = Sequential(IdentityEliminationPass(), RemoveUnusedNodesPass(), ClearMetadataAndDocStringPass())
    return cleanup(model).model


def _plain_names(model: ir.Model) -> None:
    """Weights by the network's own names, without that of the module around it."""
    prefix = "network."
    for name in [name for name in model.graph.initializers if name.startswith(prefix)]:
        value = model.graph.initializers.pop(name)
        value.name = name.removeprefix(prefix)
        model.graph.initializers[value.name] = value


def _check_names(graph: ir.Model, model: SubModel) -> None:
    lost = sorted(model.weight_names() - set(graph.graph.initializers))
    if lost:
        raise Internal(f"{len(lost)} weights of the {model.part} lost their names in the export, among them {lost[0]}")


def _write(model: ir.Model, path: Path) -> None:
    size = sum(_size_bytes(value) for value in model.graph.initializers.values())
    ir.save(model, path, external_data=external_data(path).name if size > EXTERNAL_DATA_BYTES else None)


def _size_bytes(value: ir.Value) -> int:
    tensor = value.const_value
    return 0 if tensor is None else math.ceil(tensor.nbytes)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's words on how it is itself written, which say nothing about the network."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
