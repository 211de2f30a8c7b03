"""What kind of place a scene shows."""

from enum import StrEnum


class Place(StrEnum):
    """Where a picture seems to be taken."""

    STUDIO = "STUDIO"
    INDOOR = "INDOOR"
    OUTDOOR = "OUTDOOR"
