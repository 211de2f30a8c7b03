"""The demonstration's second sheet: scenes that a diffusion model draws, beside the plates it begins with."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.cli.console import seconds
from services.cli.made import Made

if TYPE_CHECKING:
    from rich.console import Console

    from services.api.studio import CreateShotResponse
    from services.cli.sample import Sample
    from services.client import ShotOptions, Vitrine

#: More would keep somebody waiting who wants to see what it is like.
MOST: Final = 3
MAX_SHEET_BYTES: Final = 400_000
STEPS: Final = 12
#: A small checkpoint's cells of 8 px, enlarged, show the product's colours beside it, which a service refuses. The
#: sheet is to show what the network draws, so each picture tells its ghost instead.
_ANY_GHOST: Final = 100.0


def environment_for(catalog: Path) -> Mapping[str, str]:
    """What makes a service draw with the first checkpoint of a model catalogue.

    Raises:
        InvalidInput: The file is no catalogue, or has no checkpoint.
    """
    from services.common.errors import InvalidInput
    from services.models.catalog import CheckpointEntry, read_entries

    try:
        entries = read_entries(catalog.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{str(catalog)!r} is no model catalogue: {error}", field="drawn") from error
    for entry in entries:
        if isinstance(entry, CheckpointEntry):
            return {
                "VITRINE_MODELS__CATALOG": str(catalog.resolve()),
                "VITRINE_GENERATE__ENGINE": "diffusion",
                "VITRINE_GENERATE__DIFFUSION__CHECKPOINT": entry.name,
            }
    raise InvalidInput(f"the model catalogue {str(catalog)!r} has no checkpoint", field="drawn")


def draw(
    vitrine: "Vitrine", sample: "Sample", plates: Sequence[Made], options: "ShotOptions", console: "Console"
) -> list[tuple[Made, Made]]:
    """Have the first few scenes drawn.

    Args:
        vitrine: A service with a checkpoint.
        sample: The photo.
        plates: Pictures of scenes, and others.
        options: Of every shot.
        console: Gets told what is at work.

    Returns:
        The plate's picture and the drawn one, of each scene.
    """
    from services.api.studio import PreservationThresholds

    drawn: ShotOptions = {**options, "steps": STEPS, "thresholds": PreservationThresholds(ghost=_ANY_GHOST)}
    pairs = []
    with console.status("drawing") as status:
        for plate in [each for each in plates if each.scene_id][:MOST]:
            status.update(f"drawing: {plate.title}")
            began = time.monotonic()
            shot = vitrine.shot(sample.content, plate.scene_id, **drawn)
            title = f"{plate.title}, drawn{_ghost(shot)}"
            made = Made(f"{plate.name}-drawn", title, shot, time.monotonic() - began)
            pairs.append((plate, made))
    return pairs


def _ghost(shot: "CreateShotResponse") -> str:
    measures = shot.report.measures if shot.report else []
    found = next((each.value for each in measures if each.name == "ghost"), None)
    return "" if found is None else f" (ghost {found:.2g})"


def write_pairs(out: Path, pairs: Sequence[tuple[Made, Made]]) -> list[Path]:
    """Write the drawn pictures, and a sheet with each beside its plate; nothing if there are none.

    Returns:
        The sheet.
    """
    from services.cli.sheet import Picture, lay_out, save_sheet

    if not pairs:
        return []
    for _, made in pairs:
        made.save(out)
    rows = [
        [Picture(each.open(), each.title, seconds(each.duration_s), each.scene_id) for each in pair] for pair in pairs
    ]
    told = f"plates, and drawn over by a small model in {STEPS} steps; shops take a ghost of 0.15 px"
    sheet = lay_out(rows, "Vitrine", told)
    save_sheet(sheet, out / "drawn.jpg", MAX_SHEET_BYTES)
    return [out / "drawn.jpg"]
