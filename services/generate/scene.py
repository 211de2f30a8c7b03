"""A scene: where a product can be put, read from the data files in `scenes/`."""

from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Self

import yaml
from pydantic import Field, ValidationError, model_validator

from services.common.errors import InvalidInput, NotFound
from services.common.place import Place
from services.common.pose import Pose
from services.generate.backdrop import Backdrop, Optics, Part
from services.generate.prompt import ScenePrompt


class PitchRange(Part):
    """Camera pitches, in degrees, that the scene fits; `default` serves requests that name none."""

    min: float = Field(ge=0, le=90)
    max: float = Field(ge=0, le=90)
    default: float = Field(ge=0, le=90)

    @model_validator(mode="after")
    def _default_is_between(self) -> Self:
        if not self.min <= self.default <= self.max:
            raise ValueError(f"the default pitch {self.default} is not between {self.min} and {self.max}")
        return self


class LayoutHints(Part):
    """Where a product stands when the request does not say.

    `padding`: free space around the product as a share of the canvas' shorter side. `foot_x`, `foot_y`: where the
    middle of its foot stands, as shares of the canvas. `aspect`: width / height of a canvas that nobody asked for.
    """

    padding: float = Field(ge=0, le=0.45)
    foot_x: float = Field(0.5, ge=0, le=1)
    foot_y: float = Field(0.8, ge=0, le=1)
    aspect: float = Field(1.0, gt=0.2, lt=5)


class Scene(Part):
    """One scene file: what callers choose by, where the product stands, and what is drawn."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str
    description: str
    place: Place
    poses: tuple[Pose, ...] = Field(min_length=1)
    pitch: PitchRange
    vertical_fov_deg: float = Field(30.0, gt=5, lt=90)
    layout: LayoutHints
    backdrop: Backdrop
    optics: Optics = Optics()
    prompt: ScenePrompt | None = None

    @property
    def words(self) -> ScenePrompt:
        """The scene in words: as its file has them, or made of its description."""
        if self.prompt is not None:
            return self.prompt
        plain = self.description.replace("{", "").replace("}", "").rstrip(".")
        return ScenePrompt(template=f"product photograph of {{product}}, {plain}")


class SceneCatalog:
    """All scenes by id.

    Raises:
        ValueError: Two scenes share an id, or a file's id differs from its name.
    """

    def __init__(self, scenes: Mapping[str, Scene]) -> None:
        self.scenes = MappingProxyType(dict(sorted(scenes.items())))

    @classmethod
    def shipped(cls) -> Self:
        """The scenes that come with Vitrine."""
        return cls({scene.id: scene for scene in _read(resources.files("services.generate").joinpath("scenes"))})

    @classmethod
    def open(cls, folder: Path | None) -> Self:
        """The shipped scenes and those of an operator's folder; None = the shipped ones alone.

        Raises:
            ValueError: The folder is missing; a file is no scene, or one of its ids is taken.
        """
        scenes = dict(cls.shipped().scenes)
        if folder is None:
            return cls(scenes)
        if not folder.is_dir():
            raise ValueError(f"generate.scenes_dir is {str(folder)!r}; wanted is a folder of scene files")
        for scene in _read(folder):
            if scene.id in scenes:
                raise ValueError(f"{folder / f'{scene.id}.yaml'}: there is a scene {scene.id!r} already; rename it")
            scenes[scene.id] = scene
        return cls(scenes)

    def get(self, scene_id: str) -> Scene:
        """The scene with that id.

        Raises:
            InvalidInput: The id is empty.
            NotFound: There is none; the messages list those there are.
        """
        known = sorted(self.scenes)
        if not scene_id:
            raise InvalidInput(f"no scene is named; known are: {', '.join(known)}", field="scene_id", known=known)
        if scene_id not in self.scenes:
            raise NotFound(
                f"there is no scene {scene_id[:64]!r}; known are: {', '.join(known)}", field="scene_id", known=known
            )
        return self.scenes[scene_id]


def _read(folder: Traversable) -> Iterator[Scene]:
    """The scenes of a folder's YAML files."""
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".yaml"):
            continue
        try:
            scene = Scene.model_validate(yaml.safe_load(file.read_text("utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
            raise ValueError(f"{file.name} is no scene file: {error}") from error
        if file.name != f"{scene.id}.yaml":
            raise ValueError(f"{file.name} holds the scene {scene.id!r}; name and id must agree")
        yield scene
