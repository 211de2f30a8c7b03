"""StudioService's messages, field for field as in `protos/vitrine/v1/studio.proto`."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from services.api.catalog import MAX_STYLE_ID_CHARS
from services.api.common import (
    Blob,
    Box,
    Bytes,
    Colour,
    Count32,
    CssColour,
    Duration,
    ImageSource,
    Int32,
    Message,
    OutputOptions,
    Point,
    StageName,
    StageTiming,
    Text,
    ZeroIsAbsent,
)
from services.api.findings import shown
from services.common.camera import FOCAL_RANGE_MM, MOST_ROLL_DEG
from services.common.image import MIN_SIDE_PX
from services.common.pose import Pose
from services.generate.schema import Scheduler
from services.postprocess.cover.schema import CoverPart, Typeface, is_blank
from services.postprocess.preservation.thresholds import Level, criterion_of
from services.postprocess.schema import LayerName, Preservation, Shadow

UINT32_MAX = 2**32 - 1
#: Most backgrounds that one request may have made.
MAX_ATTEMPTS = 8
#: Of a diffusion's denoising.
MAX_STEPS = 100
MAX_GUIDANCE = 30.0
MAX_PROMPT_CHARS = 2000
MAX_WORDS_CHARS = 200
#: That one picture is drawn with, and how much of each.
MAX_STYLES = 4
MAX_STYLE_WEIGHT = 2.0

#: Of a cover's texts, in characters, and of its lines.
MAX_MASTHEAD_CHARS = 24
MAX_ISSUE_CHARS = 40
MAX_PRICE_CHARS = 24
MAX_HEADLINE_CHARS = 60
MAX_TITLE_CHARS = 60
MAX_LINE_CHARS = 120
MAX_LINES = 6

MAX_POINTS = 64
MAX_BOXES = 16


class ProductSelection(Message):
    keep_mask: ImageSource | None = Field(None, description="Bright where the product may be; of the photo's size.")
    include_points: list[Point] = Field([], max_length=MAX_POINTS, description="On the product.")
    exclude_points: list[Point] = Field([], max_length=MAX_POINTS, description="On parts that are to go.")
    include_boxes: list[Box] = Field([], max_length=MAX_BOXES, description="Nothing outside them is product.")
    exclude_boxes: list[Box] = Field([], max_length=MAX_BOXES, description="Nothing inside them is product.")
    ghost_mannequin: bool = Field(default=False, description="The garment alone, without the mannequin that wears it.")


class Recolour(Message):
    to: CssColour = Field("", description='A CSS name or "#rrggbb": what the main colour becomes at middle shading.')
    mask: ImageSource | None = Field(None, description="Bright where colours may change; of the photo's size.")


class ColourChange(Message):
    before: str = Field("", description='The main colour in the photo, "#rrggbb".')
    after: str = Field("", description="The same pixels' in the picture.")
    distance: float = Field(0.0, description="From what was asked for, deltaE2000.")
    box: Box = Box()
    area_px: int = 0
    share: float = Field(0.0, description="Of all opaque pixels.")
    outside_px: int = Field(0, description="Opaque pixels beside it whose bytes have changed.")
    structure: float | None = Field(None, description="Likeness of folds and seams before and after.")


class CreateCutoutRequest(Message):
    image: ImageSource = ImageSource()
    output: OutputOptions = OutputOptions()
    crop: bool = Field(default=False, description="Keep only the product's box, widened by `padding`.")
    padding: float = Field(0.0, ge=0, le=1, description="Space around the product when cropping.")
    background_color: Colour = Field("", description='"#rrggbb", or empty.')
    timeout: Duration | None = Field(None, gt=0, description="Give up after this time.")
    selection: ProductSelection | None = None
    recolour: Recolour | None = Field(None, description="Another colour for the product.")


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
    recoloured: ColourChange | None = None
    mannequin_confidence: float | None = Field(None, description="That a mannequin was taken off; unset: nobody asked.")


class Canvas(Message):
    width: Count32 = Field(0, description="Pixels; 0 with height 0: keep the photo's resolution.")
    height: Count32 = 0
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


class Layer(Message):
    name: LayerName
    blob: Blob = Blob()
    instance: Count32 = Field(0, description="0: all products; else one of `instances`, counted from 1.")


def _threshold(name: str) -> Any:
    """A field for a measure's threshold, in the range that the measure allows."""
    criterion = criterion_of(name)
    return Field(
        None,
        ge=criterion.lowest,
        le=criterion.highest,
        description=f"{criterion.meaning[0].upper()}{criterion.meaning[1:]}.",
    )


class PreservationThresholds(Message):
    core_changed: float | None = _threshold("core_changed")
    color_mean: float | None = _threshold("color_mean")
    color_p95: float | None = _threshold("color_p95")
    color_spot: float | None = _threshold("color_spot")
    structure: float | None = _threshold("structure")
    structure_spot: float | None = _threshold("structure_spot")
    ghost: float | None = _threshold("ghost")
    halo: float | None = _threshold("halo")
    halo_black: float | None = _threshold("halo_black")
    halo_white: float | None = _threshold("halo_white")
    confidence: float | None = _threshold("confidence")
    boundary_iou_fine: float | None = _threshold("boundary_iou_fine")
    boundary_iou: float | None = _threshold("boundary_iou")
    outline_shift: float | None = _threshold("outline_shift")
    expansion: float | None = _threshold("expansion")
    shrink: float | None = _threshold("shrink")
    inner_shift: float | None = _threshold("inner_shift")
    width_median: float | None = _threshold("width_median")
    width_p95: float | None = _threshold("width_p95")
    text_error: float | None = _threshold("text_error")
    text_exact: float | None = _threshold("text_exact")
    recolour_outside: float | None = _threshold("recolour_outside")
    recolour_distance: float | None = _threshold("recolour_distance")
    recolour_structure: float | None = _threshold("recolour_structure")


class Measure(Message):
    name: str = ""
    value: float | None = Field(None, description="Unset where there was nothing to measure.")
    unit: str = ""
    threshold: float | None = Field(None, description="Unset where nothing was asked.")
    passed: bool = False
    worst: Point | None = Field(None, description="The pixel of the picture where it is worst.")
    unmeasured: str = Field("", description="Why there is no value.")

    @property
    def excess(self) -> float:
        """How far it is beyond its threshold, as a share of that; 0 where it passed or could not be measured."""
        if self.passed or self.value is None or self.threshold is None:
            return 0.0
        return abs(self.value - self.threshold) / (abs(self.threshold) or 1.0)


class InstanceReport(Message):
    instance: Count32 = Field(0, description="One of `instances`, counted from 1.")
    passed: bool = False
    measures: list[Measure] = []


class PreservationReport(Message):
    level: Annotated[Level | None, ZeroIsAbsent] = None
    passed: bool = False
    measures: list[Measure] = []
    attempts: Count32 = 0
    instances: list[InstanceReport] = []
    left_out: Count32 = 0


class SceneWords(Message):
    product: Text = Field("", max_length=MAX_WORDS_CHARS)
    surface: Text = Field("", max_length=MAX_WORDS_CHARS, description="What it stands on, lies on or hangs before.")
    light: Text = Field("", max_length=MAX_WORDS_CHARS)
    palette: Text = Field("", max_length=MAX_WORDS_CHARS)
    season: Text = Field("", max_length=MAX_WORDS_CHARS)
    wearer: Text = Field("", max_length=MAX_WORDS_CHARS, description="Who wears it, drawn around the garment.")


class StyleUse(Message):
    style_id: str = Field("", max_length=MAX_STYLE_ID_CHARS)
    weight: float | None = Field(
        None, ge=-MAX_STYLE_WEIGHT, le=MAX_STYLE_WEIGHT, description="How much of it; 0 leaves it out, unset: 1."
    )


def _check_each_once(styles: list[StyleUse]) -> list[StyleUse]:
    for place, style in enumerate(styles):
        if style.style_id in {other.style_id for other in styles[:place]}:
            raise ValueError(f"each style once is wanted, got {shown(style.style_id)} twice")
    return styles


class CoverLine(Message):
    title: Text = Field("", max_length=MAX_TITLE_CHARS, description="Set in bold.")
    text: Text = Field("", max_length=MAX_LINE_CHARS, description="What it says beneath.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if is_blank(self.title + self.text):
            raise ValueError("a title or a text is wanted, got neither")
        return self


class Cover(Message):
    masthead: Text = Field("", max_length=MAX_MASTHEAD_CHARS, description="The magazine's name, behind the product.")
    issue: Text = Field("", max_length=MAX_ISSUE_CHARS, description="A number or a date.")
    price: Text = Field("", max_length=MAX_PRICE_CHARS)
    headline: Text = Field("", max_length=MAX_HEADLINE_CHARS, description="The main story.")
    lines: list[CoverLine] = Field([], max_length=MAX_LINES, description="Further ones.")
    color: Colour = Field("", description='"#rrggbb", or empty: what can be read on the picture.')
    typeface: Annotated[Typeface | None, ZeroIsAbsent] = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        texts = (self.masthead, self.issue, self.price, self.headline)
        if not self.lines and is_blank("".join(texts)):
            raise ValueError("a masthead, an issue, a price, a headline or a line is wanted, got none")
        return self


class CoverText(Message):
    part: CoverPart
    line: Count32 = Field(0, description="Of a LINE, counted from 1.")
    box: Box = Box()
    color: Colour = ""
    contrast: float = Field(0.0, description="WCAG 2, with at least 95 % of the background under and around it.")
    contrast_wanted: float = 0.0
    scrim: float = Field(0.0, description="How far the background was dimmed or lightened for it, 0 to 1.")
    visible: float = Field(0.0, description="The share that the product does not hide.")


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
    layers: list[LayerName] = Field([], max_length=len(LayerName), description="Wanted as files of their own.")
    report: Annotated[Level | None, ZeroIsAbsent] = None
    thresholds: PreservationThresholds = PreservationThresholds()
    max_attempts: int = Field(
        0, ge=0, le=MAX_ATTEMPTS, description="Backgrounds made at most; 0: the service's default."
    )
    prompt: Text = Field("", max_length=MAX_PROMPT_CHARS, description="What to draw, added to the scene's own words.")
    negative_prompt: Text = Field("", max_length=MAX_PROMPT_CHARS, description="What not to draw.")
    steps: int = Field(0, ge=0, le=MAX_STEPS, description="Of the denoising; 0: the service's default.")
    guidance: float | None = Field(None, ge=1, le=MAX_GUIDANCE, description="Weight of the prompt; 1: none.")
    plate_strength: float | None = Field(None, ge=0, le=1, description="How much of the scene's plate stays.")
    reference: ImageSource | None = Field(None, description="A picture that takes the plate's place.")
    scheduler: Annotated[Scheduler | None, ZeroIsAbsent] = None
    deterministic: bool = Field(default=False, description="Draw in a batch of its own: the same picture again.")
    words: SceneWords = Field(SceneWords(), description="In place of those the scene has for its prompt.")
    styles: Annotated[list[StyleUse], AfterValidator(_check_each_once)] = Field(
        [], max_length=MAX_STYLES, description="LoRA adapters that the picture is drawn with, by their sum."
    )
    upscale: bool | None = Field(None, description="Enlarge the background with a network where it is smaller.")
    recolour: Recolour | None = Field(None, description="Another colour for the product.")
    cover: Cover | None = Field(None, description="Words that make the picture a magazine cover.")
    camera_roll_deg: float | None = Field(None, ge=-MOST_ROLL_DEG, le=MOST_ROLL_DEG)
    focal_length_mm: float | None = Field(None, ge=FOCAL_RANGE_MM[0], le=FOCAL_RANGE_MM[1])


class PreservationProof(Message):
    core_sha256_before: str = ""
    core_sha256_after: str = ""
    identical: bool = False
    core_area_px: int = 0
    resampling: str = ""
    origin_left: Int32 = 0
    origin_top: Int32 = 0


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
    layers: list[Layer] = []
    report: PreservationReport = PreservationReport()
    instances: list[ProductInstance] = []
    recoloured: ColourChange | None = None
    cover: list[CoverText] = []
    camera_roll_deg: float = 0.0
    focal_length_mm: float = 0.0
    mannequin_confidence: float | None = Field(None, description="That a mannequin was taken off; unset: nobody asked.")


class StreamShotRequest(Message):
    shot: CreateShotRequest = CreateShotRequest()
    preview_every: int = Field(0, ge=0, le=MAX_STEPS, description="A preview after every so many steps; 0: none.")


class StageState(StrEnum):
    STARTED = "STARTED"
    FINISHED = "FINISHED"


class StageEvent(Message):
    stage: StageName
    state: StageState
    elapsed: Duration = 0.0


class DenoisingStep(Message):
    step: Count32 = Field(0, description="How many are done, from 1 to `steps`.")
    steps: Count32 = 0
    preview: Bytes = Field(
        b"", repr=False, exclude_if=lambda preview: not preview, description="A JPEG, where one was asked for."
    )
    elapsed: Duration = 0.0
    attempt: Count32 = Field(0, description="Of which background, counted from 1.")


class StreamShotResponse(Message):
    """Exactly one of the three is set."""

    stage: StageEvent | None = None
    shot: CreateShotResponse | None = None
    step: DenoisingStep | None = None


class ReadBlobRequest(Message):
    key: str = ""


class ReadBlobResponse(Message):
    chunk: bytes = b""
    size_bytes: int = 0
    media_type: str = ""
