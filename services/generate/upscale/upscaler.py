"""Backgrounds enlarged by a network that draws the detail that larger pixels would lack.

Real-ESRGAN (Wang et al., arXiv 2107.10833), four times as large in sRGB. Such networks shift tones (the small one makes
an even grey lighter by 5/255) and smooth what they take for noise, so the result is brought back to the picture given:
one step of back-projection (Irani and Peleg, CVGIP 53, 1991). What is more than the picture needs is taken away again
in linear light. The product is never shown to it: Postprocess puts the photo's own pixels back afterwards.
"""

from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from services.common.deadline import Deadline
from services.common.errors import ModelUnavailable
from services.common.geometry import SizeHW
from services.common.logs import logger
from services.common.settings import GenerateSettings
from services.common.srgb import to_bytes, to_linear
from services.generate.diffusion.hardware import Hardware
from services.generate.upscale.compute import Computing, OnCpu, OnGpu
from services.generate.upscale.network import UpscalingNetwork
from services.generate.upscale.tiles import enlarge_in_tiles
from services.models.cache import ModelCache
from services.models.catalog import UpscalingEntry

#: Part of a picture's recipe; a change that changes pictures raises it.
_VERSION: Final = 1
#: A tile is shown so much of its surroundings at most. Farther pixels changed the largest network, which sees 350, by
#: less than 0.5/255 (32: 9/255) on a photo.
MAX_OVERLAP_PX: Final = 64
#: Below this enlargement resampling costs no detail that anybody would miss.
MIN_ENLARGEMENT: Final = 1.25
#: Pictures of more pixels have detail of their own; enlarged, they would take gigabytes and minutes.
MAX_AREA_PX: Final = 1 << 21


class Upscaler:
    """Enlarges backgrounds; safe to share between threads.

    Args:
        network: Its catalogue name and version, for recipes.
        computing: The network at work.
        scale: How many times larger its pictures are.
        overlap_px: How far tiles overlap.
    """

    def __init__(self, network: str, computing: Computing, scale: int, overlap_px: int) -> None:
        self.name = f"upscaled-{_VERSION} {network}"
        self._computing = computing
        self._scale = scale
        self._overlap_px = overlap_px

    @classmethod
    def open(cls, settings: GenerateSettings, cache: ModelCache) -> Self:
        """With the network that the settings name, where the diffusion model would run too.

        Raises:
            NotFound: The catalogue has no such entry.
            ModelUnavailable: It can't be had or is no such network, or there is no such device.
        """
        entry = cache.catalog.get(settings.upscale.network)
        if not isinstance(entry, UpscalingEntry):
            raise ModelUnavailable(
                f"generate.upscale.network is {entry.name!r}, which is no network that enlarges pictures"
            )
        network = UpscalingNetwork.read(cache.path(entry.name))
        diffusion = settings.diffusion
        hardware = Hardware.find(diffusion.device, diffusion.precision)
        computing: Computing
        if hardware.device == "cpu":
            work_dir = cache.derived_dir("upscaling")
            computing = OnCpu(network, entry.sha256, settings.threads, work_dir, diffusion.precision)
        else:
            computing = OnGpu(network, hardware.dtype, hardware.device)
        logger(part="upscaling").info("network_opened", network=entry.name, runner=computing.name)
        return cls(f"{entry.name} {entry.version}", computing, network.scale, min(network.reach_px, MAX_OVERLAP_PX))

    def enlarge(self, image: NDArray[np.uint8], size_hw: SizeHW, deadline: Deadline) -> NDArray[np.uint8]:
        """The picture in that size, or as large as the network makes it where that is less.

        Args:
            image: (h, w, 3) uint8 sRGB.
            size_hw: What is wanted.
            deadline: Looked at before every tile.

        Returns:
            (H, W, 3) uint8 sRGB; the picture itself where it is large enough.

        Raises:
            DeadlineExceeded, Cancelled: Between tiles.
            Overloaded, Internal: See `Computing`.
        """
        height, width = image.shape[:2]
        if max(size_hw[0] / height, size_hw[1] / width) < MIN_ENLARGEMENT or height * width > MAX_AREA_PX:
            return image
        large = enlarge_in_tiles(image, self._computing, self._scale, self._overlap_px, deadline.check)
        _bring_back(large, image)
        if large.shape[0] < size_hw[0] or large.shape[1] < size_hw[1]:
            return large
        return _shrunk(large, size_hw)

    def warm_up(self) -> None:
        """Enlarge a small picture, so that the first request finds everything ready."""
        self.enlarge(np.full((16, 16, 3), 127, np.uint8), (32, 32), Deadline())


def _bring_back(large: NDArray[np.uint8], image: NDArray[np.uint8]) -> None:
    """Change an enlarged picture in place, so that its mean light over each pixel of the picture given is that pixel's,
    but for what the smooth change between neighbours leaves."""
    # One channel at a time: in linear light the whole would take four times its bytes.
    for channel in range(3):
        light = to_linear(np.ascontiguousarray(large[..., channel]))
        mean = to_bytes(np.asarray(cv2.resize(light, image.shape[1::-1], interpolation=cv2.INTER_AREA), np.float32))
        missing = cv2.subtract(image[..., channel], mean, dtype=cv2.CV_32F)
        missing = cv2.resize(missing, large.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        large[..., channel] = cv2.add(large[..., channel], missing, dtype=cv2.CV_8U)


def _shrunk(image: NDArray[np.uint8], size_hw: SizeHW) -> NDArray[np.uint8]:
    """A picture at most as large, by the mean light of the pixels that each new one covers."""
    channels = (to_linear(np.ascontiguousarray(image[..., channel])) for channel in range(3))
    return np.dstack(
        [to_bytes(np.asarray(cv2.resize(each, size_hw[::-1], interpolation=cv2.INTER_AREA))) for each in channels]
    )
