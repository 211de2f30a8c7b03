"""What a scene file says about the picture to draw: set, surroundings, light, optics."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.generate.plates.edge import EdgeShape
from services.generate.plates.materials.catalog import MaterialName

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """A branch of a scene file: frozen, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Optics(Part):
    """Camera and film.

    `aperture`: radius of the blur at infinity as a share of the picture's height. `exposure`: linear value of a white
    card at the foot. `grain`: see `plates/tone.py`.
    """

    aperture: float = Field(0.02, ge=0, le=0.1)
    exposure: float = Field(0.87, gt=0, le=2)
    grain: float = Field(1.2, ge=0, le=10)


class StudioLight(Part):
    """A lamp with a softbox; angles as in `services.common.light`. `key_share`: of the light at the foot."""

    azimuth_deg: float = Field(ge=-180, le=180)
    elevation_deg: float = Field(ge=20, le=90)
    radius_deg: float = Field(gt=0, le=45)
    distance_m: float = Field(gt=0.2, le=100)
    key_share: float = Field(gt=0, lt=1)
    key_colour: Colour = "#ffffff"
    ambient_colour: Colour = "#ffffff"
    spread_deg: float = Field(0, ge=0, le=30, description="How far the seed may turn the azimuth, either way.")


class PhotographedLight(Part):
    """A panorama of the catalogue.

    `yaw_deg`: its azimuth behind the product; the seed turns it by up to `spread_deg` either way. `breadth`: see
    `plates/view.py`. `gain`: exposure of the background relative to the foot. `neutral`: share of the colour cast that
    white balance takes away. `distance_m`: how far the key is, for its falloff.
    """

    name: str
    yaw_deg: float = Field(ge=0, lt=360)
    spread_deg: float = Field(0, ge=0, le=90)
    breadth: float = Field(1.6, ge=1, le=3)
    gain: float = Field(1.0, gt=0, le=10)
    neutral: Share = 0.8
    distance_m: float = Field(2.5, gt=0.2, le=100)
    min_key: Share = 0.35


class TableEdge(Part):
    """See `plates/edge.py`; the seed turns a straight edge by up to `spread_deg` either way.

    `retreat`: how much farther the edge is for every degree that the camera looks down, as a share of `behind_m`,
    because who photographs from above moves the product away from the edge.
    """

    shape: EdgeShape = EdgeShape.STRAIGHT
    behind_m: float = Field(0.45, gt=0.05)
    retreat: float = Field(0.067, ge=0, le=1)
    spread_deg: float = Field(2.5, ge=0, le=20)
    radius_m: float = Field(0.5, gt=0.1)
    rim_m: float = Field(0.006, gt=0)


class Cover(Part):
    """A material and how it answers light; `turns_deg`: turns that the seed chooses from, each with some `play_deg`."""

    material: MaterialName
    tint: Colour = "#ffffff"
    gloss: Share = 0.04
    roughness: Share = 0.4
    turns_deg: tuple[float, ...] = Field((0.0,), min_length=1)
    play_deg: float = Field(3, ge=0, le=180)


class PackshotBackdrop(Part):
    """Nothing but white."""

    kind: Literal["packshot"]
    light: StudioLight


class SweepBackdrop(Part):
    """Seamless paper of one colour."""

    kind: Literal["sweep"]
    colour: Colour
    light: StudioLight
    floor_m: float = Field(0.5, gt=0)
    curve_m: float = Field(0.45, gt=0.02)
    waviness: Share = 0.01


class TableBackdrop(Part):
    """A table before a photographed environment, which also lights it."""

    kind: Literal["table"]
    cover: Cover
    edge: TableEdge
    environment: PhotographedLight
    dapple: Share = Field(0, description="Share of the key that leaves overhead take away, in soft patches.")


class WindowPanes(Part):
    """A window with leaves before it; lengths as `plates/gobo.py` has them."""

    pane_m: tuple[float, float] = (0.3, 0.4)
    bar_m: float = Field(0.035, gt=0)
    columns: int = Field(2, ge=1, le=6)
    rows: int = Field(3, ge=1, le=6)
    penumbra_m: float = Field(0.012, ge=0)
    leaves: Share = 0.8


class WindowBackdrop(WindowPanes):
    """A table against a wall, in the light of a window."""

    kind: Literal["window"]
    cover: Cover
    light: StudioLight
    wall_m: float = Field(0.5, gt=0.05)


class CornerBackdrop(Part):
    """A table or shelf against a wall of another material, in studio light."""

    kind: Literal["corner"]
    cover: Cover
    wall: Cover
    light: StudioLight
    wall_m: float = Field(0.5, gt=0.05)


class SurfaceBackdrop(Part):
    """A level surface that fills the picture, lit by one lamp; for goods seen from above."""

    kind: Literal["surface"]
    cover: Cover
    light: StudioLight


class PodiumBackdrop(Part):
    """A round plinth before seamless paper; lengths as `plates/podium.py` has them."""

    kind: Literal["podium"]
    colour: Colour
    plinth: Colour
    light: StudioLight
    radius_m: float = Field(0.24, gt=0.05)
    height_m: float = Field(0.3, gt=0.01)
    floor_m: float = Field(0.6, gt=0)
    curve_m: float = Field(0.5, gt=0.02)


class WallBackdrop(Part):
    """An upright wall that the product hangs on, facing the camera; `panes` = the light falls through a window."""

    kind: Literal["wall"]
    cover: Cover
    light: StudioLight
    panes: WindowPanes | None = None


Backdrop = Annotated[
    PackshotBackdrop
    | SweepBackdrop
    | TableBackdrop
    | WindowBackdrop
    | CornerBackdrop
    | SurfaceBackdrop
    | PodiumBackdrop
    | WallBackdrop,
    Field(discriminator="kind"),
]
