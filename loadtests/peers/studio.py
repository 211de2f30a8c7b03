"""The script that everybody writes first: rembg cuts the product out, and it is pasted on a background.

The background is one of our plates, drawn for the same scene, view and size as Vitrine's; the product is pasted where
it stands in the photo, without a shadow. PNG is written as Pillow writes it.
"""

import io
import os
from pathlib import Path
from typing import Any, Final, Self

import onnxruntime
import rembg
from PIL import Image
from rembg.sessions.dis_general_use import DisSession

from services.common.camera import Camera
from services.common.deadline import Deadline
from services.common.settings import GenerateSettings, Settings
from services.generate.plates.painter import PlatePainter
from services.generate.scene import SceneCatalog
from services.models.cache import ModelCache

#: How long a product's longest side is taken to be, as Vitrine takes it.
_PRODUCT_LENGTH_M: Final = 0.28


def rembg_session(weights: Path, threads: int = 0) -> DisSession:
    """rembg's own IS-Net session, in its own precision (float32), reading our file instead of downloading its copy.

    Args:
        weights: An ONNX file.
        threads: Compute threads; 0 = ONNX Runtime's own choice, one per core.
    """

    class Session(DisSession):
        @classmethod
        def download_models(cls, *_args: Any, **_options: Any) -> str:
            return str(weights)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return Session("isnet-general-use", options)


class RembgStudio:
    """Bytes in, PNG out; safe to share between threads.

    Args:
        session: Cuts out.
        scenes: What a shot may name.
        plates: Draws them.
    """

    def __init__(self, session: DisSession, scenes: SceneCatalog, plates: PlatePainter) -> None:
        self._session = session
        self._scenes = scenes
        self._plates = plates

    @classmethod
    def open(cls, threads: int = 0) -> Self:
        """With weights and panoramas of our model cache.

        Args:
            threads: Compute threads; 0 = one per core.
        """
        cache = ModelCache(Settings().models)
        drawing = GenerateSettings(threads=threads or len(os.sched_getaffinity(0)), plates_mb=0)
        session = rembg_session(cache.path("isnet"), threads)
        return cls(session, SceneCatalog.shipped(), PlatePainter.open(drawing, cache))

    def cutout(self, photo: bytes) -> bytes:
        """The product with alpha."""
        return bytes(rembg.remove(photo, session=self._session))

    def shot(self, photo: bytes, scene_id: str, pitch_deg: float, seed: int) -> bytes:
        """The product on a background of the photo's size.

        Args:
            photo: A file.
            scene_id: The background's.
            pitch_deg: How far the camera looked down.
            seed: The background's.
        """
        cutout = rembg.remove(Image.open(io.BytesIO(photo)), session=self._session)
        scene = self._scenes.get(scene_id)
        left, top, right, bottom = cutout.getbbox() or (0, 0, *cutout.size)
        px_per_m = max(right - left, bottom - top) / _PRODUCT_LENGTH_M
        foot = (float(bottom), (left + right) / 2)
        camera = Camera(cutout.size[::-1], pitch_deg, scene.vertical_fov_deg, foot, px_per_m)
        picture = Image.fromarray(self._plates.paint(scene, camera, seed, Deadline()).background)
        picture.paste(cutout, mask=cutout)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        return buffer.getvalue()
