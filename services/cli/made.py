"""What the demonstration made."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

    from services.api.studio import CreateCutoutResponse, CreateShotResponse


@dataclass(frozen=True)
class Made:
    """One finished picture.

    Args:
        name: Its file's.
        title: For people.
        answer: The service's.
        duration_s: From request to answer.
    """

    name: str
    title: str
    answer: "CreateCutoutResponse | CreateShotResponse"
    duration_s: float

    @property
    def scene_id(self) -> str:
        """What `--scene` takes for it; empty for the cutout."""
        return str(getattr(self.answer, "scene_id", ""))

    def open(self) -> "Image.Image":
        """The picture, RGB or RGBA."""
        from PIL import Image

        return Image.open(io.BytesIO(self.answer.image.content))

    def save(self, folder: Path) -> None:
        """Write the picture under its name, as the service wrote it."""
        extension = self.answer.image.key.rpartition(".")[2]
        (folder / f"{self.name}.{extension}").write_bytes(self.answer.image.content)
