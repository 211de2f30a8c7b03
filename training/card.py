"""The model card: what the checkpoint is, what it was made from, and every figure that was measured, good or not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FILE: Final = "figures.json"
_CARD: Final = """---
license: apache-2.0
library_name: diffusers
tags: [inpainting, product-photography]
---

# The embedded checkpoint of Vitrine

A small latent diffusion model that draws backgrounds around a product that is held, at about 256 x 256 pixels. It is
there so that the diffusion engine can be tried, tested and taught styles without fetching anything; larger checkpoints
draw better.

* **Form**: Stable Diffusion's inpainting pipeline in diffusers' layout: `AutoencoderKL` (4 latent channels),
  `CLIPTextModel`, `UNet2DConditionModel` with 9 input channels that predicts velocity; half precision, safetensors.
* **Size**: {size_mb:.1f} MB in all.
* **Data**: pictures that `python -m training plates` rendered, and nothing else: materials by formula, drawn products,
  and photographed panoramas of Poly Haven (CC0), with captions from what the renderer knew. No photograph of a person,
  product or brand.
* **Licence**: Apache-2.0, as the code that made it.
* **Made by**: the commands of `docs/training.md`, in that order.
* **Limits**: it knows the surfaces, surroundings and words of `training/vocabulary.py`; other words mean little to it.
  Fine texture is beyond it. People, animals, text and any object but the held product are not in its data.

## Figures

Measured on pictures that it did not learn from; {drawing}.

| what | figure |
| --- | --- |
{rows}
"""


class Figures:
    """What was measured so far, in a file beside the runs.

    Args:
        home: Folder of the training.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / _FILE

    def read(self) -> dict[str, str]:
        """All figures by what they are of, in the order they were first noted."""
        if not self._path.is_file():
            return {}
        return dict(json.loads(self._path.read_text("utf-8")))

    def note(self, figures: Mapping[str, str]) -> None:
        """Add figures; those of the same names are replaced."""
        self._path.write_text(json.dumps(self.read() | dict(figures), indent=1) + "\n", "utf-8")


def write_card(checkpoint: Path, figures: Mapping[str, str], drawing: str) -> None:
    """Write a checkpoint's README.md.

    Args:
        checkpoint: Its folder.
        figures: By what they are of.
        drawing: How pictures were drawn for them.
    """
    weights = (file for file in checkpoint.rglob("*") if file.is_file() and file.suffix != ".md")
    size_bytes = sum(file.stat().st_size for file in weights)
    rows = "\n".join(f"| {what} | {figure} |" for what, figure in figures.items())
    (checkpoint / "README.md").write_text(_CARD.format(size_mb=size_bytes / 1e6, drawing=drawing, rows=rows), "utf-8")
