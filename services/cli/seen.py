"""What the service read from a photo, or made of it: the figures by which people tell a guess from a fact."""

from services.api.photo import PhotoResponse
from services.api.studio import CreateCutoutResponse, CreateShotResponse


def seen(answer: PhotoResponse) -> list[str]:
    """One line each: of a shot's camera, of a product that was recoloured, of a mannequin that was taken off.

    JSON tells all of it."""
    lines = [_camera(answer)] if isinstance(answer, CreateShotResponse) else []
    if isinstance(answer, CreateCutoutResponse | CreateShotResponse):
        if (change := answer.recoloured) is not None:
            lines.append(f"{change.before} became {change.after}")
        if (sure := answer.mannequin_confidence) is not None:
            lines.append(f"mannequin {sure:.0%} sure" if sure else "no mannequin found")
    return lines


def _camera(shot: CreateShotResponse) -> str:
    """Such as "40°, roll -2°, 50 mm, 93% sure"."""
    told = [f"{shot.camera_pitch_deg:.0f}°"]
    if shot.camera_roll_deg:
        told.append(f"roll {shot.camera_roll_deg:+.0f}°")
    if shot.focal_length_mm:
        told.append(f"{shot.focal_length_mm:.0f} mm")
    return ", ".join([*told, f"{shot.view_confidence:.0%} sure"])
