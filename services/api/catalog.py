"""CatalogService's messages, field for field as in `protos/vitrine/v1/catalog.proto`."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.api.common import Message, ZeroIsAbsent
from services.common.place import Place
from services.common.pose import Pose


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
