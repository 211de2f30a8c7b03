"""A network that enlarges, of the layers that Real-ESRGAN's have, small and untrained."""

import hashlib
from pathlib import Path

import numpy as np

from services.api.catalog import ModelKind
from services.models.catalog import FolderFile, UpscalingEntry
from services.models.manifest import parse_source

#: Sums, joins and repeats as in the large network, shuffles as in the small one. Two convolutions see a pixel far each,
#: the one after the first enlargement half of one.
PARAM = """7767517
11 13
Input input 0 1 data
Split split 1 3 data data_0 data_1 data_2
Convolution first 1 1 data_0 a 0=4 1=3 4=1 5=1 6=108 9=2 -23310=1,2.000000e-01
Concat joined 2 1 data_1 a b
Convolution second 1 1 b c 0=3 1=3 4=1 5=1 6=189
Eltwise sum 2 1 c data_2 d 0=1 -23301=2,2.000000e-01,1.000000e+00
PReLU slopes 1 1 d e 0=3
Interp larger 1 1 e f 0=1 1=2.000000e+00 2=2.000000e+00
Convolution third 1 1 f g 0=12 1=3 4=1 5=1 6=324
PixelShuffle shuffled 1 1 g h 0=2
Split twice 1 2 h h_0 h_1
BinaryOp added 2 1 h_0 h_1 output
"""
REACH_PX = 3
SCALE = 4


def weights(seed=0):
    """The `.bin` beside it: half-precision convolutions with float32 biases, as ncnn's tools write them."""
    rng = np.random.default_rng(seed)

    def convolution(values, channels):
        numbers = rng.normal(0, 0.15, values).astype("<f2").tobytes()
        padded = numbers + bytes(-len(numbers) % 4)
        return (0x01306B47).to_bytes(4, "little") + padded + rng.normal(0.1, 0.1, channels).astype("<f4").tobytes()

    slopes = np.full(3, 0.25, "<f4").tobytes()
    return convolution(108, 4) + convolution(189, 3) + slopes + convolution(324, 12)


def write_upscaler(folder, param=PARAM, data=None):
    """The folder, with both files in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.param").write_text(param)
    (folder / "tiny.bin").write_bytes(weights() if data is None else data)
    return folder


def upscaler_entry(folder: Path) -> UpscalingEntry:
    """The network in a folder as a catalogue has it, under the name "tiny-upscaler"."""
    files = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    return UpscalingEntry(
        name="tiny-upscaler", version="1", kind=ModelKind.UPSCALING, license="Apache-2.0", origin="Made for tests.",
        manifest=tuple(
            FolderFile(path=name, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data)) for name, data in files
        ),
        sources=(parse_source(str(folder)),),
    )  # fmt: skip
