"""CatalogService's messages, field for field as in `protos/vitrine/v1/catalog.proto`."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from services.api.common import Bytes, Count32, Message, Text, ZeroIsAbsent
from services.common.place import Place
from services.common.pose import Pose

#: A style's id, which stands in blobs' keys.
STYLE_ID: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
MAX_STYLE_ID_CHARS: Final = 63


class ListScenesRequest(Message):
    page_size: int = Field(0, ge=0, le=1000, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)


class Scene(Message):
    scene_id: str = ""
    title: str = ""
    description: str = ""
    poses: list[Pose] = []
    pitch_min_deg: float = 0.0
    pitch_max_deg: float = 0.0
    pitch_default_deg: float = 0.0
    environment: str = ""
    place: Annotated[Place | None, ZeroIsAbsent] = None


class ListScenesResponse(Message):
    scenes: list[Scene] = []
    next_page_token: str = ""


class ListModelsRequest(Message):
    page_size: int = Field(0, ge=0, le=1000, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)


class ModelKind(StrEnum):
    SEGMENTATION = "SEGMENTATION"
    ENVIRONMENT = "ENVIRONMENT"
    CHECKPOINT = "CHECKPOINT"
    UPSCALING = "UPSCALING"


class Model(Message):
    name: str = ""
    version: str = ""
    kind: ModelKind = ModelKind.SEGMENTATION
    sha256: str = ""
    size_bytes: int = 0
    license: str = ""
    origin: str = ""
    cached: bool = False


class ListModelsResponse(Message):
    models: list[Model] = []
    next_page_token: str = ""


class Style(Message):
    style_id: str = ""
    description: str = ""
    sha256: str = ""
    size_bytes: int = 0
    rank: Count32 = Field(0, description="The largest of its layers.")
    networks: list[str] = Field([], description='Those it changes: "unet", "text_encoder", "text_encoder_2".')
    checkpoint: str = Field("", description="What it was checked against, name and version.")
    create_time: str = Field("", description="RFC 3339.")
    shared: bool = Field(default=False, description="Whether the operator shares it with everybody.")


class ListStylesRequest(Message):
    page_size: int = Field(0, ge=0, le=1000, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)


class ListStylesResponse(Message):
    styles: list[Style] = []
    next_page_token: str = ""


class AdapterSource(Message):
    """Exactly one of the two is set."""

    content: Bytes = Field(b"", description="The file: safetensors.", repr=False)
    blob_key: str = Field("", max_length=512, description="Or the key of an upload.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.content and self.blob_key:
            raise ValueError("an adapter comes from one place; got content and blob_key")
        return self


class CreateStyleRequest(Message):
    style_id: str = Field("", pattern=STYLE_ID)
    description: Text = Field("", max_length=200)
    adapter: AdapterSource = AdapterSource()


class CreateStyleResponse(Message):
    style: Style = Style()


class DeleteStyleRequest(Message):
    style_id: str = Field("", max_length=MAX_STYLE_ID_CHARS)


class DeleteStyleResponse(Message):
    pass
