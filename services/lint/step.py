"""What a fix did to a photo."""

from enum import StrEnum


class Step(StrEnum):
    """The product was put on a plain ground, stands in a frame of another shape or size, was resized, or its file was
    written anew, in another format or with fewer bytes."""

    GROUND = "GROUND"
    FRAME = "FRAME"
    SIZE = "SIZE"
    FILE = "FILE"
