"""What a job does with every photo, from the options of a command and a file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.client.jobs import Recipe


def read_recipe(file: Path | None, scene: str, cutout: bool, options: Mapping[str, Any]) -> "Recipe":
    """The recipe: the file's, with the options over it.

    Args:
        file: A `CreateShotRequest` or `CreateCutoutRequest` as JSON, without `image`.
        scene: Of shots.
        cutout: Only cut the products out.
        options: Fields of a shot; of a cutout only `output` may be there.

    Raises:
        typer.BadParameter: Neither or both are asked for, the file can't be read, or a field is wrong.
    """
    from services.api.studio import CreateCutoutRequest, CreateShotRequest

    given = _fields(file) if file else {}
    if cutout == bool(scene or "scene_id" in given):
        raise typer.BadParameter("name either a scene or --cutout", param_hint="--scene / --cutout")
    if cutout:
        return checked(CreateCutoutRequest, {**given, **options}, "--recipe", "options that cutouts have not")
    named = {"scene_id": scene} if scene else {}
    return checked(CreateShotRequest, {**given, **named, **options}, "--recipe", "--scene")


def _fields(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{str(file)!r} holds no JSON that can be read", param_hint="--recipe") from error
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{str(file)!r} holds no JSON object", param_hint="--recipe")
    return found
