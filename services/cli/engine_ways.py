"""The same pictures by different libraries, each in a process of its own, for `vitrine bench engines`."""

import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from services.generate.engine.runner import Runner
    from services.generate.engine.spec import Part
    from services.generate.pipeline import InpaintPipeline

_STEPS_OF_WARM_UP: Final = 2


@dataclass(frozen=True)
class Way:
    """A library and what it computes in.

    Args:
        name: For tables.
        library: "torch", "openvino" or "onnxruntime".
        dtype: "float32" or "bfloat16".
    """

    name: str
    library: str
    dtype: str


WAYS: Final = (
    Way("torch, bfloat16", "torch", "bfloat16"),
    Way("OpenVINO, bfloat16", "openvino", "bfloat16"),
    Way("torch, float32", "torch", "float32"),
    Way("OpenVINO, float32", "openvino", "float32"),
    Way("ONNX Runtime, float32", "onnxruntime", "float32"),
)


@dataclass(frozen=True, eq=False)
class Drawn:
    """One picture: (H, W, 3) uint8, the seconds it took, and the most memory that its process held meanwhile."""

    picture: "NDArray[np.uint8]"
    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Drawing:
    """What is drawn, by every way alike.

    Args:
        size_px: Side of the square.
        steps: Of the denoising.
        threads: Compute threads.
        folder: With the sub-models as ONNX, "<part>.onnx"; compiled ones are kept there.
    """

    size_px: int
    steps: int
    threads: int
    folder: Path


class WayProcess:
    """A way in a process of its own, so that its memory is its own.

    Args:
        way: Which.
        drawing: What to draw.
    """

    def __init__(self, way: Way, drawing: Drawing) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, way, drawing), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ours.close()  # ends its loop
        self._process.join(10)
        self._process.kill()

    def draw(self, seed: int) -> Drawn:
        """One picture.

        Raises:
            EOFError: The process died.
        """
        self._ours.send(seed)
        drawn: Drawn = self._ours.recv()
        return drawn


def export_untrained(folder: Path, size_px: int) -> dict[str, int]:
    """Write the untrained networks' sub-models as ONNX.

    Returns:
        The numbers in each network.
    """
    from services.generate.diffusion.untrained import count_weights, untrained_networks
    from services.generate.engine.export import export
    from services.generate.engine.submodel import sub_models

    networks = untrained_networks(size_px)
    for part, model in sub_models(networks).items():
        export(model, folder / f"{part}.onnx")
    return count_weights(networks)


def open_pipeline(way: Way, drawing: Drawing) -> "InpaintPipeline":
    """The untrained networks, computed by that way."""
    import torch

    from services.generate.diffusion.networks import Networks
    from services.generate.diffusion.untrained import untrained_checkpoint, untrained_networks
    from services.generate.engine.runners.eager import torch_runners
    from services.generate.pipeline import InpaintPipeline

    torch.set_num_threads(drawing.threads)
    networks = untrained_networks(drawing.size_px)
    if way.library == "torch":
        dtype = getattr(torch, way.dtype)
        for network in (networks.unet, networks.vae, *networks.encoders):
            torch.nn.Module.to(network, dtype)  # diffusers' own warns of layers that there are none of

    def open_runners(networks: Networks) -> "dict[Part, Runner]":
        if way.library == "torch":
            return torch_runners(networks)
        return _exported(way, drawing, networks)

    return InpaintPipeline(untrained_checkpoint(drawing.size_px), networks, open_runners)


def _exported(way: Way, drawing: Drawing, networks: Any) -> "dict[Part, Runner]":
    from services.generate.engine.runners.arrays import ArrayRunner
    from services.generate.engine.runners.onnxruntime import OnnxRuntimeNetwork
    from services.generate.engine.runners.openvino import OpenVinoNetwork
    from services.generate.engine.submodel import sub_models

    def network(path: Path) -> Any:
        if way.library == "onnxruntime":
            return OnnxRuntimeNetwork(path, drawing.threads)
        precision: Any = {"bfloat16": "bf16", "float32": "f32"}[way.dtype]
        return OpenVinoNetwork(path, drawing.threads, drawing.folder, precision)

    return {
        part: ArrayRunner(network(drawing.folder / f"{part}.onnx"), model.interface)
        for part, model in sub_models(networks).items()
    }


def _serve(connection: Connection, way: Way, drawing: Drawing) -> None:
    """Draw what is asked for until nobody asks any more."""
    pipeline = open_pipeline(way, drawing)
    _drawn(pipeline, drawing.size_px, _STEPS_OF_WARM_UP, 0)
    while True:
        try:
            seed = connection.recv()
        except EOFError:
            return
        connection.send(_drawn(pipeline, drawing.size_px, drawing.steps, seed))


def _drawn(pipeline: "InpaintPipeline", size_px: int, steps: int, seed: int) -> Drawn:
    import numpy as np

    from services.evaluation.memory import watched
    from services.generate.diffusion.request import Inpainting, SampleRequest

    # A ramp, half of it held: something of which every part of the networks sees some.
    ramp = np.linspace(0, 255, size_px).astype(np.uint8)
    image = np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[::-1]), axis=2)
    mask = np.ones((size_px, size_px), np.bool_)
    mask[size_px // 4 : size_px // 2, size_px // 4 : -size_px // 4] = False
    request = SampleRequest(Inpainting.plain(image, mask), prompt="a cup on marble", seed=seed, steps=steps)
    with watched() as peak:
        began = time.perf_counter()
        sample = pipeline.prepare(request)
        while not sample.done:
            pipeline.step([sample])
        picture = pipeline.decode([sample])[0]
        seconds = time.perf_counter() - began
    return Drawn(picture, seconds, peak.size_bytes)
