"""`vitrine scenes`: where products can be put."""

from services.cli.configuration import service_address
from services.cli.console import AddressOption, JsonOption, results, write_json


def scenes(address: AddressOption = None, json: JsonOption = False) -> None:
    """List the service's scenes."""
    from rich.table import Table

    from services.client import Vitrine

    with Vitrine(service_address(address)) as vitrine:
        found = vitrine.scenes()
    if json:
        write_json([scene.model_dump(mode="json") for scene in found])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("scene", "title", "poses", "pitch", "description"):
        table.add_column(title, overflow="fold")
    for scene in found:
        poses = ", ".join(pose.lower() for pose in scene.poses)
        pitch = f"{scene.pitch_min_deg:g} to {scene.pitch_max_deg:g}°"
        table.add_row(scene.scene_id, scene.title, poses, pitch, scene.description)
    results().print(table)
