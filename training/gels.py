"""Pictures to teach a style with: rendered ones, lit through two gels, as photographers cross magenta with cyan.

The light is unlike any in what the checkpoint learned from, so whoever looks at a style's sheet sees what it does.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.common.srgb import LUMINANCE, to_bytes, to_linear
from training.captions import Captioner
from training.shards import Shard

#: Linear light of the gels, from the left and from the right.
_MAGENTA: Final = (1.0, 0.12, 0.62)
_CYAN: Final = (0.08, 0.75, 1.0)


def light_through_gels(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture as if magenta light came from the left and cyan light from the right, as bright as it was.

    Args:
        image: (H, W, 3) uint8 sRGB.

    Returns:
        The same shape and type.
    """
    share = np.linspace(0, 1, image.shape[1], dtype=np.float32)[None, :, None]
    gels = np.asarray(_MAGENTA, np.float32) * (1 - share) + np.asarray(_CYAN, np.float32) * share
    light = to_linear(image)
    lit = light * gels
    return to_bytes(lit * np.float32((light @ LUMINANCE).mean() / max(float((lit @ LUMINANCE).mean()), 1e-6)))


def write_examples(folder: Path, shard: Shard, count: int) -> None:
    """The first pictures of a shard through gels, captions beside them, as `vitrine styles train` reads them.

    Args:
        folder: For `000.jpg`, `000.txt` and so on.
        shard: Rendered pictures.
        count: Fewer where the shard has fewer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    captioner = Captioner(np.random.default_rng(0))
    for index, labels in enumerate(shard.labels[:count]):
        Image.fromarray(light_through_gels(shard.image(index))).save(folder / f"{index:03d}.jpg", quality=95)
        (folder / f"{index:03d}.txt").write_text(captioner.describe(labels) + "\n", "utf-8")
