"""StudioService's messages, field for field as in `protos/vitrine/v1/studio.proto`."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.api.common import (
    Blob,
    Box,
    Duration,
    ImageSource,
    Message,
    OutputOptions,
    Point,
    StageName,
    StageTiming,
    ZeroIsAbsent,
)
from services.common.image import MIN_SIDE_PX
from services.common.pose import Pose
from services.postprocess.schema import Preservation, Shadow

UINT32_MAX = 2**32 - 1

MAX_POINTS = 64
MAX_BOXES = 16


class ProductSelection(Message):
    keep_mask: ImageSource | None = Field(None, description="Bright where the product may be; of the photo's size.")
    include_points: list[Point] = Field([], max_length=MAX_POINTS, description="On the product.")
    exclude_points: list[Point] = Field([], max_length=MAX_POINTS, description="On parts that are to go.")
    include_boxes: list[Box] = Field([], max_length=MAX_BOXES, description="Nothing outside them is product.")
    exclude_boxes: list[Box] = Field([], max_length=MAX_BOXES, description="Nothing inside them is product.")


class CreateCutoutRequest(Message):
    image: ImageSource = ImageSource()
    output: OutputOptions = OutputOptions()
    crop: bool = Field(default=False, description="Keep only the product's box, widened by `padding`.")
    padding: float = Field(0.0, ge=0, le=1, description="Space around the product when cropping.")
    background_color: str = Field("", pattern=r"^(#[0-9a-fA-F]{6})?$", description='"#rrggbb", or empty.')
    timeout: Duration | None = Field(None, gt=0, description="Give up after this time.")
    selection: ProductSelection | None = None


class ProductInstance(Message):
    box: Box = Box()
    area_px: int = 0
    confidence: float = 0.0


class CreateCutoutResponse(Message):
    request_id: str = ""
    image: Blob = Blob()
    box: Box = Box()
    confidence: float = 0.0
    model: str = ""
    timings: list[StageTiming] = []
    instances: list[ProductInstance] = []


class Canvas(Message):
    width: int = Field(0, ge=0, description="Pixels; 0 with height 0: keep the photo's resolution.")
    height: int = Field(0, ge=0)
    padding: float | None = Field(None, ge=0, le=0.45)
    position_x: float | None = Field(None, ge=0, le=1)
    position_y: float | None = Field(None, ge=0, le=1)
    scale: float | None = Field(None, ge=0.01, le=4)

    @model_validator(mode="after")
    def _both_sides_or_none(self) -> Self:
        if (self.width == 0) != (self.height == 0):
            raise ValueError(f"give both width and height, or neither; got {self.width} x {self.height}")
        if self.width and min(self.width, self.height) < MIN_SIDE_PX:
            raise ValueError(f"each side needs at least {MIN_SIDE_PX} pixels; got {self.width} x {self.height}")
        return self


class CreateShotRequest(Message):
    image: ImageSource = ImageSource()
    scene_id: str = Field("", max_length=64)
    seed: int | None = Field(None, ge=0, le=UINT32_MAX)
    canvas: Canvas = Canvas()
    pose: Annotated[Pose | None, ZeroIsAbsent] = None
    camera_pitch_deg: float | None = Field(None, ge=0, le=90)
    shadow: Annotated[Shadow | None, ZeroIsAbsent] = None
    preservation: Annotated[Preservation | None, ZeroIsAbsent] = None
    output: OutputOptions = OutputOptions()
    timeout: Duration | None = Field(None, gt=0)
    selection: ProductSelection | None = None


class PreservationProof(Message):
    core_sha256_before: str = ""
    core_sha256_after: str = ""
    identical: bool = False
    core_area_px: int = 0
    resampling: str = ""
    origin_left: int = 0
    origin_top: int = 0


class CreateShotResponse(Message):
    request_id: str = ""
    image: Blob = Blob()
    scene_id: str = ""
    seed: int = 0
    product_box: Box = Box()
    scale: float = 0.0
    confidence: float = 0.0
    preservation: PreservationProof = PreservationProof()
    recipe_sha256: str = ""
    timings: list[StageTiming] = []
    pose: Annotated[Pose | None, ZeroIsAbsent] = None
    camera_pitch_deg: float = 0.0
    view_confidence: float = 0.0
    instances: list[ProductInstance] = []


class StreamShotRequest(Message):
    shot: CreateShotRequest = CreateShotRequest()


class StageState(StrEnum):
    STARTED = "STARTED"
    FINISHED = "FINISHED"


class StageEvent(Message):
    stage: StageName
    state: StageState
    elapsed: Duration = 0.0


class StreamShotResponse(Message):
    """Exactly one of the two is set."""

    stage: StageEvent | None = None
    shot: CreateShotResponse | None = None


class ReadBlobRequest(Message):
    key: str = ""


class ReadBlobResponse(Message):
    chunk: bytes = b""
    size_bytes: int = 0
    media_type: str = ""
