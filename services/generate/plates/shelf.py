"""Textures on disk, made once for a machine.

All of them together are seven seconds of one core at every start and half a gigabyte of memory of every replica. From
a file they are mapped: replicas share the pages, and only those are in memory that a picture has shown.
"""

import hashlib
import importlib.metadata
import os
import shutil
import tempfile
from pathlib import Path

from services.common.logs import logger
from services.generate.plates import materials
from services.generate.plates.materials.catalog import MaterialName, build_texture
from services.generate.plates.texture import Texture


class TextureShelf:
    """Textures in a directory. Several processes may use it at the same time.

    Args:
        directory: Exists, and is only ours: what lies there is taken for what was put there.
        size_px: Side of their tiles, a power of two.
    """

    def __init__(self, directory: Path, size_px: int) -> None:
        self._directory = directory
        self._size_px = size_px
        self._edition = _edition()

    def texture(self, name: MaterialName, variant: int) -> Texture:
        """From its file; where there is none, or it can't be read, made and put there, as far as there is room."""
        place = self._directory / f"{name}-{variant}-{self._size_px}-{self._edition}"
        try:
            return Texture.load(place)
        except (OSError, ValueError, KeyError):
            texture = build_texture(name, variant, self._size_px)
        try:
            self._put(texture, place)
            return Texture.load(place)
        except OSError as error:
            logger().warning("texture could not be kept", material=name, error=str(error))
            return texture

    def _put(self, texture: Texture, place: Path) -> None:
        """All of it or nothing, also where another process does the same."""
        with tempfile.TemporaryDirectory(dir=self._directory, ignore_cleanup_errors=True) as draft:
            made = Path(draft) / "texture"
            texture.save(made)
            # What could not be read is in the way of a rename, and other editions of it serve nobody; whoever still has
            # one mapped keeps it.
            for old in self._directory.glob(f"{place.name.removesuffix(self._edition)}*"):
                shutil.rmtree(old, ignore_errors=True)
            os.replace(made, place)  # noqa: PTH105 - the call that is atomic by name


def _edition() -> str:
    """Changes whenever what textures are made by does."""
    digest = hashlib.sha256()
    own = Path(__file__).parent
    for source in sorted([*Path(*materials.__path__).glob("*.py"), own / "noise.py", own / "texture.py"]):
        digest.update(source.read_bytes())
    for library in ("numpy", "opencv-python-headless"):
        digest.update(importlib.metadata.version(library).encode())
    return digest.hexdigest()[:16]
