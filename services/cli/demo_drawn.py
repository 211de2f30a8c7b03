"""The demonstration's second sheet: scenes that a diffusion model draws, beside the plates it begins with."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.cli.console import seconds
from services.cli.made import Made

if TYPE_CHECKING:
    from rich.console import Console

    from services.cli.sample import Sample
    from services.client import ShotOptions, Vitrine

#: More would keep somebody waiting who wants to see what it is like.
MOST: Final = 3
MAX_SHEET_BYTES: Final = 400_000
STEPS: Final = 12


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
    """Have a few scenes drawn, from all over the list, where those of one kind stand together.

    Args:
        vitrine: A service with a checkpoint.
        sample: The photo.
        plates: Pictures of scenes, and others.
        options: Of every shot.
        console: Gets told what is at work.

    Returns:
        The plate's picture and the drawn one, of each scene whose drawn picture keeps the product.
    """
    from services.common.errors import ProductChanged

    drawn: ShotOptions = {**options, "steps": STEPS}
    pairs = []
    with console.status("drawing") as status:
        for plate in _chosen([each for each in plates if each.scene_id]):
            status.update(f"drawing: {plate.title}")
            began = time.monotonic()
            try:
                shot = vitrine.shot(sample.content, plate.scene_id, **drawn)
            except ProductChanged as error:
                console.print(f"{plate.title}, drawn: left out, {error}")
                continue
            made = Made(f"{plate.name}-drawn", f"{plate.title}, drawn", shot, time.monotonic() - began)
            pairs.append((plate, made))
    return pairs


def _chosen(plates: Sequence[Made]) -> Sequence[Made]:
    return plates[:: max(1, -(-len(plates) // MOST))]


def write_pairs(out: Path, pairs: Sequence[tuple[Made, Made]]) -> list[Path]:
    """Write the drawn pictures, and a sheet with each below its plate; nothing if there are none.

    Returns:
        The sheet.
    """
    from services.cli.sheet import Picture, lay_out, save_sheet

    if not pairs:
        return []
    for _, made in pairs:
        made.save(out)
    rows = [
        [Picture(each.open(), each.title, seconds(each.duration_s), each.scene_id) for each in row]
        for row in zip(*pairs, strict=True)
    ]
    sheet = lay_out(rows, "Vitrine", f"plates, and below them drawn over by a small model in {STEPS} steps")
    save_sheet(sheet, out / "drawn.jpg", MAX_SHEET_BYTES)
    return [out / "drawn.jpg"]
