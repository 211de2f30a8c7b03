"""`vitrine scenes`: where products can be put, and new places made after pictures."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.configuration import api_key, open_settings, service_address
from services.cli.console import AddressOption, JsonOption, results, write_json

scenes = typer.Typer(invoke_without_command=True, help="List the service's scenes, or make a new one.")


@scenes.callback()
def list_scenes(context: typer.Context, address: AddressOption = None, json: JsonOption = False) -> None:
    """List the service's scenes."""
    if context.invoked_subcommand is not None:
        return
    from rich.table import Table

    from services.client import Vitrine

    with Vitrine(service_address(address), api_key=api_key()) as vitrine:
        found = vitrine.scenes()
    if json:
        write_json([scene.model_dump(mode="json") for scene in found])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("scene", "title", "place", "poses", "pitch", "description"):
        table.add_column(title, overflow="fold")
    for scene in found:
        poses = ", ".join(pose.lower() for pose in scene.poses)
        pitch = f"{scene.pitch_min_deg:g} to {scene.pitch_max_deg:g}°"
        table.add_row(scene.scene_id, scene.title, (scene.place or "").lower(), poses, pitch, scene.description)
    results().print(table)


@scenes.command("new")
def new_scene(
    picture: Annotated[
        Path, typer.Option("--from", help="The picture whose colours and light to take.", exists=True, dir_okay=False)
    ],
    scene_id: Annotated[str, typer.Option("--id", help="Of the new scene; default: the picture's name.")] = "",
    folder: Annotated[
        Path | None, typer.Option("--into", help="Where to write it; default: generate.scenes_dir, else here.")
    ] = None,
) -> None:
    """Write a scene file after a picture. The service reads its folder, generate.scenes_dir, when it starts."""
    import re

    import yaml

    from services.codecs.photo import decode_image
    from services.common.errors import InvalidInput
    from services.generate.derive import derive_scene

    settings = open_settings()
    slug = scene_id or re.sub(r"[^a-z0-9]+", "-", picture.stem.lower()).strip("-")
    image = decode_image(picture.read_bytes(), settings.limits.image).image
    try:
        scene = derive_scene(image, slug, slug.replace("-", " ").capitalize())
    except ValueError as error:
        raise InvalidInput(
            f"{slug!r} is no scene id: lower-case letters, figures and single hyphens make one; name it with --id"
        ) from error
    target = (folder or settings.generate.scenes_dir or Path()) / f"{scene.id}.yaml"
    if target.exists():
        raise InvalidInput(f"{target} is there already; choose another --id or remove it")
    target.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(scene.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True)
    target.write_text(f"# Made after {picture.name}: its palette and light, on a studio set.\n{text}", "utf-8")
    typer.echo(target)
