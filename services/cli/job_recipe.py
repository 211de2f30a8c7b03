"""What a job does with every photo, from the options of a command and a file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from services.cli.checked import checked

if TYPE_CHECKING:
    from services.client.jobs import Recipe


def read_recipe(file: Path | None, scene: str, cutout: bool, rule_set: str, options: Mapping[str, Any]) -> "Recipe":
    """The recipe: the file's, with the options over it.

    Args:
        file: A `CreateShotRequest`, `CreateCutoutRequest` or `LintPhotoRequest` as JSON, without `image`.
        scene: Of shots.
        cutout: Only cut the products out.
        rule_set: Hold the photos against these rules.
        options: Fields of a shot; of a cutout only `output`, `recolour` and `selection` may be there, of a photo's
            rules `output` and `fix`.

    Raises:
        typer.BadParameter: None or several of the three are asked for, the file can't be read, or a field is wrong.
    """
    from services.api.lint import LintPhotoRequest
    from services.api.studio import CreateCutoutRequest, CreateShotRequest

    given = _fields(file) if file else {}
    if [bool(scene or "scene_id" in given), cutout, bool(rule_set or "rule_set" in given)].count(True) != 1:
        hint = "--scene / --cutout / --lint"
        raise typer.BadParameter("name one of the three: a scene, --cutout, or --lint and a rule set", param_hint=hint)
    if rule_set or "rule_set" in given:
        named = {"rule_set": rule_set} if rule_set else {}
        return checked(LintPhotoRequest, {**given, **named, **options}, "--recipe", "options that rules have not")
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
