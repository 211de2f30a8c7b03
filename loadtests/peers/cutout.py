"""A 2-megapixel cutout, bytes in to PNG out: Vitrine against rembg, with the same weights on the same cores.

    pip install -e ".[load]" -c constraints.txt
    python -m loadtests.peers.cutout --rounds 15
    python -m loadtests.peers.cutout --rounds 1 photos/*.jpg    # alphas over many photos

Both run in this process, in turns (the first of each round changes), bound to the same cores and with as many compute
threads. rembg runs as its users get it: `rembg.remove(bytes)` with its IS-Net session, which reads the file of our
model cache. Vitrine runs its plain classes: decode, cut out with guided edges and cleaned edge colours, PNG.

Alphas are compared twice: as both write them, and as the network gives them, before either refines anything.
"""

import argparse
import io
import json
import os
import shlex
import statistics
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import rembg
from numpy.typing import NDArray
from PIL import Image
from rembg.sessions.dis_general_use import DisSession

from loadtests.peers.photo import MEGAPIXELS, Photo, coffee, open_photos
from loadtests.peers.studio import rembg_session
from services.cli.machine import machine_facts
from services.codecs.photo import decode_image
from services.common.deadline import Deadline
from services.common.errors import NotFound
from services.common.image import ImageFormat
from services.common.settings import Settings
from services.models.cache import ModelCache
from services.postprocess.restorer import Restorer
from services.postprocess.schema import CutoutRequest, Output
from services.segment.schema import SegmentRequest
from services.segment.segmenter import Segmenter
from services.storage.blobs import SignedUrl, StoredBlob, describe

QUALITY = 92
WARM_UP_ROUNDS = 2
#: ONNX Runtime's threads spin for a while after a run; the other one's turn begins when they sleep.
PAUSE_S = 0.3

Cut = Callable[[bytes], bytes]


class Memory:
    """A blob store of the last file."""

    def __init__(self) -> None:
        self.file = b""

    def put(self, key: str, content: bytes, media_type: str) -> StoredBlob:
        """Keep it."""
        self.file = content
        return describe(key, content, media_type)

    def get(self, _key: str) -> bytes:
        """The last one."""
        return self.file

    def sign(self, key: str) -> SignedUrl:
        """What is only measured has no address."""
        raise NotFound("a measured cutout has no address", key=key)


class Vitrine:
    """Bytes to PNG by the plain classes that the service's stages are made of."""

    def __init__(self, settings: Settings, cache: ModelCache) -> None:
        self._limits = settings.limits.image
        self._store = Memory()
        self._segmenter = Segmenter.open(settings.segment, cache)
        self._restorer = Restorer(self._store, settings.postprocess.threads)
        self._segmenter.warm_up()

    def cut(self, content: bytes) -> bytes:
        """The whole way."""
        photo = decode_image(content, self._limits)
        found = self._segmenter.run(SegmentRequest(photo.image, alpha=photo.alpha), Deadline())
        request = CutoutRequest(None, None, Output(ImageFormat.PNG, QUALITY, "cutout"))
        self._restorer.cutout(request, photo.image, found, Deadline())
        return self._store.file

    def mask(self, content: bytes) -> NDArray[np.float64]:
        """The network's first answer at the photo's size, (H, W) in [0, 1]."""
        image = decode_image(content, self._limits).image
        mask = Image.fromarray(self._segmenter.first_mask(image))
        return np.asarray(mask.resize(image.shape[1::-1], Image.Resampling.LANCZOS), dtype=float).clip(0, 1)


def main() -> None:
    """Measure, print a table, write JSON."""
    options = arguments()
    cores = sorted(os.sched_getaffinity(0))[: options.cores]
    os.sched_setaffinity(0, cores)
    settings = with_threads(Settings(), len(cores))
    cache = ModelCache(settings.models)
    entry = cache.catalog.get("isnet")
    vitrine = Vitrine(settings, cache)
    session = rembg_session(cache.path("isnet"), len(cores))
    contenders: dict[str, Cut] = {
        "vitrine": vitrine.cut,
        "rembg": lambda content: bytes(rembg.remove(content, session=session)),
    }
    photos = open_photos(options.photos) if options.photos else [coffee()]
    facts = machine_facts()
    figures = facts | {
        "versions": facts["versions"] | {name: metadata.version(name) for name in ("rembg", "pymatting")},
        "command": shlex.join(["python", *sys.argv]),
        "weights": f"{entry.name} {entry.version}, sha256 {entry.sha256}",
        "cores": len(cores),
        "n": options.rounds * len(photos),
        "megapixels": MEGAPIXELS,
        "ms": timings(contenders, photos, options.rounds),
        "alpha_difference_of_255": [differences(photo, contenders, vitrine, session) for photo in photos],
    }
    ratios = figures["ms"].pop("ratios")
    figures["times_faster"] = {"of_medians": ratio_of_medians(figures["ms"]), "of_pairs": spread(ratios)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    tell(figures)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, help="Photos; scikit-image's coffee if none.")
    parser.add_argument("--rounds", "-n", type=int, default=15, help="Of each photo by each contender.")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="Bound to so many.")
    parser.add_argument("--out", type=Path, default=Path("out/peers-cutout.json"), help="File for the figures.")
    return parser.parse_args()


def with_threads(settings: Settings, threads: int) -> Settings:
    """The same settings with as many compute threads in every stage."""
    return settings.model_copy(
        update={
            "segment": settings.segment.model_copy(update={"threads": threads}),
            "postprocess": settings.postprocess.model_copy(update={"threads": threads}),
        }
    )


def timings(contenders: dict[str, Cut], photos: list[Photo], rounds: int) -> dict[str, Any]:
    """Milliseconds of each contender, and of each pair of neighbouring turns how many times Vitrine was faster."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-WARM_UP_ROUNDS, rounds):
        for photo in photos if number >= 0 else photos[:1]:
            order = list(contenders) if number % 2 else list(reversed(contenders))
            for name in order:
                time.sleep(PAUSE_S)
                began = time.perf_counter()
                contenders[name](photo.content)
                if number >= 0:
                    taken[name].append(1000 * (time.perf_counter() - began))
    ratios = [slow / fast for fast, slow in zip(taken["vitrine"], taken["rembg"], strict=True)]
    return {name: spread(values) for name, values in taken.items()} | {"ratios": ratios}


def differences(photo: Photo, contenders: dict[str, Cut], vitrine: Vitrine, session: DisSession) -> dict[str, Any]:
    """Mean absolute difference of both alphas, in steps of 255."""
    ours, theirs = (alpha_of(contenders[name](photo.content)) for name in ("vitrine", "rembg"))
    with Image.open(io.BytesIO(photo.content)) as image:
        raw = np.asarray(session.predict(image)[0], dtype=float)
    between = np.abs(ours - theirs)
    band = (theirs > 0.02 * 255) & (theirs < 0.98 * 255)
    return {
        "photo": photo.name,
        "written": round(float(between.mean()), 3),
        "network": round(float(np.abs(vitrine.mask(photo.content) * 255 - raw).mean()), 3),
        "share_where_rembg_is_translucent": round(float(band.mean()), 4),
    }


def alpha_of(png: bytes) -> NDArray[np.float64]:
    """(H, W) in [0, 255]."""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.getchannel("A"), dtype=float)


def spread(values: list[float]) -> dict[str, float]:
    """Median, quartiles, least and most."""
    low, high = np.percentile(values, [25, 75])
    found = {"median": statistics.median(values), "q1": low, "q3": high, "min": min(values), "max": max(values)}
    return {name: round(float(value), 2) for name, value in found.items()}


def ratio_of_medians(ms: dict[str, dict[str, float]]) -> float:
    """How many times faster Vitrine is."""
    return round(ms["rembg"]["median"] / ms["vitrine"]["median"], 2)


def tell(figures: dict[str, Any]) -> None:
    """The table."""
    machine, versions = figures["machine"], figures["versions"]
    print(f"{machine['cpu']}, {figures['cores']} cores, load {machine['load_1min']}; commit {figures['commit']}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print(f"{figures['command']}; n = {figures['n']}\n")
    print(f"{'':10}{'median':>10}{'quartiles':>18}{'least to most':>18}  ms")
    for name, ms in figures["ms"].items():
        quartiles, ends = f"{ms['q1']:.0f} to {ms['q3']:.0f}", f"{ms['min']:.0f} to {ms['max']:.0f}"
        print(f"{name:10}{ms['median']:>10.0f}{quartiles:>18}{ends:>18}")
    faster = figures["times_faster"]
    print(f"\nVitrine is {faster['of_medians']} times faster (pairs: {faster['of_pairs']['median']})")
    for key, what in (("written", "alphas as written"), ("network", "the network's masks")):
        values = [each[key] for each in figures["alpha_difference_of_255"]]
        print(f"{what}: mean difference {np.mean(values):.2f}, largest {max(values):.2f} of 255")


if __name__ == "__main__":
    main()
