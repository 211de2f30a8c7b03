"""`vitrine demo`: a real photo through the real service, from nothing to a contact sheet."""

import io
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, results, seconds, write_json
from services.cli.made import Made

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from services.api.catalog import Scene
    from services.cli.sample import Sample
    from services.client import ShotOptions, Vitrine

READY_TIMEOUT_S = 240.0
MAX_SHEET_BYTES = 400_000
SEED = 1
#: What a scene is refused for that does not fit the photo's view.
_VIEW_FIELDS = frozenset({"scene_id", "pose", "camera_pitch_deg"})


def demo(
    photo: Annotated[Path | None, typer.Option(help="Your photo.", show_default="scikit-image's coffee")] = None,
    scene: Annotated[str | None, typer.Option(help="Only this scene, by its id.", show_default="all that fit")] = None,
    pitch: Annotated[float | None, typer.Option(min=0, max=90, help="How far your camera looked down.")] = None,
    drawn: Annotated[
        Path | None,
        typer.Option(help="Model catalogue with a checkpoint, to draw some scenes beside their plates."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path("out/demo"),
    json: JsonOption = False,
) -> None:
    """Fetch models, start the service, send a photo into scenes, and stop the service again."""
    from services.cli.demo_drawn import draw, environment_for, write_pairs
    from services.cli.models import fetch_missing
    from services.cli.sample import open_sample
    from services.cli.service_process import ServiceProcess
    from services.common.ports import require_free_ports
    from services.generate.scene import SceneCatalog
    from services.models.cache import ModelCache

    settings = open_settings()
    sample = open_sample(photo, pitch, settings.limits.image)
    require_free_ports(settings)
    scenes = SceneCatalog.shipped()
    if scene:
        scenes.get(scene)
    cache = ModelCache(settings.models)
    fetch_missing(cache, list(cache.catalog))
    _clear(out, scenes.scenes, photo)
    # As with Ctrl-C: leave through every `with`, so that nothing is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = asides()
    with (
        tempfile.TemporaryDirectory(prefix="vitrine-demo-") as data_dir,
        ServiceProcess(
            settings, Path(data_dir), out / "service.log", environment=environment_for(drawn) if drawn else None
        ) as service,
    ):
        with console.status("starting the service (its log: service.log in the output folder)"):
            ready_s = service.wait_ready(READY_TIMEOUT_S)
        console.print(f"service: ready after {ready_s:.0f} s")
        from services.client import Vitrine

        with Vitrine(service.address) as vitrine:
            made = _make_all(vitrine, sample, scene, console, _options(sample, plates=drawn is not None))
            pairs = draw(vitrine, sample, made, _options(sample), console) if drawn else []
        with console.status("stopping the service"):
            service.stop()
    _write(out, sample, made)
    sheets = [out / "contact_sheet.jpg", *write_pairs(out, pairs)]
    made += [each for _, each in pairs]
    if json:
        write_json([_facts(picture) for picture in made])
    else:
        results().print(_table(made))
        results().print(f"See {' and '.join(map(str, sheets))}")


def _clear(out: Path, scene_ids: Iterable[str], photo: Path | None) -> None:
    """A place for the pictures, without those that the demonstration made of another photo."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("before", "cutout", "contact_sheet", "drawn", *scene_ids, *(f"{each}-drawn" for each in scene_ids)):
        for old in (out / f"{name}.jpg", out / f"{name}.png"):
            if old.exists() and not (photo and old.samefile(photo)):
                old.unlink()


def _options(sample: "Sample", *, plates: bool = False) -> "ShotOptions":
    """How shots are asked for.

    Args:
        sample: The photo.
        plates: Without a step of drawing, by a service that could.
    """
    options: ShotOptions = {"seed": SEED}
    if sample.pitch_deg is not None:
        options["camera_pitch_deg"] = sample.pitch_deg
    if plates:
        options["plate_strength"] = 1.0
    return options


def _make_all(
    vitrine: "Vitrine", sample: "Sample", only: str | None, console: "Console", options: "ShotOptions"
) -> list[Made]:
    from services.common.errors import InvalidInput, NotFound, ProductChanged

    known = vitrine.scenes()
    chosen = [scene for scene in known if only in (None, "", scene.scene_id)]
    if not chosen:
        raise NotFound(f"there is no scene {only!r}; known are: {', '.join(scene.scene_id for scene in known)}")
    made = []
    with console.status("cutting the product out") as status:
        began = time.monotonic()
        cutout = vitrine.cutout(sample.content)
        made.append(Made("cutout", "Cutout", cutout, time.monotonic() - began))
        for scene in chosen:
            status.update(f"shooting: {scene.title}")
            began = time.monotonic()
            try:
                shot = vitrine.shot(sample.content, scene.scene_id, **options)
            except InvalidInput as error:
                if only or error.details.get("field") not in _VIEW_FIELDS:
                    raise
                console.print(f"{scene.title}: left out, it does not fit how the photo was taken")
                continue
            except ProductChanged as error:
                if only:
                    raise
                console.print(f"{scene.title}: left out, {error}")
                continue
            made.append(Made(scene.scene_id, _title(scene), shot, time.monotonic() - began))
    return made


def _title(scene: "Scene") -> str:
    return scene.title or scene.scene_id


def _write(out: Path, sample: "Sample", made: list[Made]) -> None:
    from PIL import Image

    from services.cli.sheet import Picture, make_sheet, save_sheet
    from services.codecs.encode import encode_image
    from services.common.image import ImageFormat

    before = encode_image(sample.image, ImageFormat.JPEG, quality=92)
    (out / "before.jpg").write_bytes(before)
    pictures = [Picture(Image.open(io.BytesIO(before)), "Before")]
    for picture in made:
        picture.save(out)
        pictures.append(Picture(picture.open(), picture.title, seconds(picture.duration_s), picture.scene_id))
    sheet = make_sheet(pictures, "Vitrine", f"one photo ({sample.name}), {os.cpu_count()} CPU cores, no GPU")
    save_sheet(sheet, out / "contact_sheet.jpg", MAX_SHEET_BYTES)


def _stage_times(picture: Made) -> Mapping[str, float]:
    return {timing.stage.lower(): timing.duration for timing in picture.answer.timings}


def _table(made: list[Made]) -> "Table":
    from rich.table import Table

    from services.api.common import StageName

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("picture")
    table.add_column("scene")
    stages = [stage.lower() for stage in StageName]
    for title in (*stages, "in all"):
        table.add_column(title, justify="right")
    table.add_column("unchanged")
    for picture in made:
        times = _stage_times(picture)
        cells = [seconds(times[stage]) if stage in times else "" for stage in stages]
        table.add_row(picture.title, picture.scene_id, *cells, seconds(picture.duration_s), _proof(picture))
    return table


def _proof(picture: Made) -> str:
    proof = getattr(picture.answer, "preservation", None)
    if proof is None:
        return ""
    return "yes" if proof.identical else "NO"


def _facts(picture: Made) -> dict[str, Any]:
    answer = picture.answer.model_dump(mode="json", exclude={"image": {"content"}})
    return {"name": picture.name, "duration_s": round(picture.duration_s, 3), "answer": answer}
