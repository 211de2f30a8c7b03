"""The picture shapes that engines are built for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.common.errors import InvalidInput

#: Squares, and of each area the portrait and the landscape nearest to 3:4 that checkpoints draw (diffusion/sizes.py).
_SIZES_HW: Final = (
    (512, 512), (576, 448), (448, 576),
    (768, 768), (896, 640), (640, 896),
    (1024, 1024), (1152, 896), (896, 1152),
)  # fmt: skip
_BATCHES: Final = (1, 2, 4)


class ShapeBucket(NamedTuple):
    """How many pictures of one size are computed together.

    Args:
        batch: Pictures; with guidance the denoiser sees two rows for each.
        height_px: Of a picture.
        width_px: Of a picture.
    """

    batch: int
    height_px: int
    width_px: int

    def __str__(self) -> str:
        return f"{self.batch}x{self.height_px}x{self.width_px}"

    @classmethod
    def parse(cls, text: str) -> "ShapeBucket":
        """From "2x768x512": batch, height, width.

        Raises:
            InvalidInput: It is not three numbers of at least 1.
        """
        parts = text.split("x")
        if len(parts) != len(cls._fields) or not all(part.isdecimal() and int(part) for part in parts):
            raise InvalidInput(
                f"{text!r} is no shape; wanted is batch x height x width, as in 2x768x512", field="bucket"
            )
        return cls(*map(int, parts))


#: All shapes that are offered; who needs fewer builds fewer.
BUCKETS: Final = tuple(ShapeBucket(batch, *size_hw) for size_hw in _SIZES_HW for batch in _BATCHES)


@dataclass(frozen=True)
class Profile:
    """The shapes that one optimisation profile covers; one shape alone where all three are equal.

    A static profile is the safe one: away from the best shape, wrong pictures and errors were seen
    (https://github.com/NVIDIA/TensorRT/issues/2943, https://github.com/NVIDIA/TensorRT/issues/3246).

    Args:
        least: The smallest of each number.
        best: What kernels are chosen for.
        most: The largest of each number.

    Raises:
        InvalidInput: They are not in order.
    """

    least: ShapeBucket
    best: ShapeBucket
    most: ShapeBucket

    def __post_init__(self) -> None:
        ordered = all(low <= best <= high for low, best, high in zip(self.least, self.best, self.most, strict=True))
        if not ordered or min(self.least) < 1:
            raise InvalidInput(
                f"a profile from {self.least} by {self.best} to {self.most} is not in order: every number of the first "
                "must be at least 1 and at most the second's, and that at most the third's",
                field="profiles",
            )

    @classmethod
    def static(cls, bucket: ShapeBucket) -> "Profile":
        """One shape alone."""
        return cls(bucket, bucket, bucket)

    def covers(self, bucket: ShapeBucket) -> bool:
        """Whether a shape lies inside."""
        return all(low <= got <= high for low, got, high in zip(self.least, bucket, self.most, strict=True))

    @property
    def corners(self) -> tuple[ShapeBucket, ...]:
        """The shapes whose results are compared with the reference before an engine serves, each once."""
        tall = ShapeBucket(self.most.batch, self.most.height_px, self.least.width_px)
        wide = ShapeBucket(self.most.batch, self.least.height_px, self.most.width_px)
        return tuple(dict.fromkeys((self.least, self.best, tall, wide, self.most)))


def static_profiles(buckets: Iterable[ShapeBucket]) -> tuple[Profile, ...]:
    """One static profile for each shape."""
    return tuple(Profile.static(bucket) for bucket in buckets)
