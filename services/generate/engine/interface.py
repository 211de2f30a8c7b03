"""What goes into a sub-model and comes out of it: names, types and shapes, known without torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.common.errors import InvalidInput
from services.generate.engine.bucket import Profile, ShapeBucket

#: Names of dimensions that differ between calls; all others are numbers.
ROWS: Final = "rows"
HEIGHT: Final = "height"
WIDTH: Final = "width"
RANK: Final = "rank"


@dataclass(frozen=True)
class Ranks:
    """The adapter ranks that an engine takes as inputs; smaller ones are filled up with zeros.

    Raises:
        InvalidInput: They are not in order, or below 2, which exporters take for a constant.
    """

    least: int = 4
    best: int = 16
    most: int = 64

    def __post_init__(self) -> None:
        if not 2 <= self.least <= self.best <= self.most:
            raise InvalidInput(
                f"ranks {self.least}, {self.best}, {self.most} are not in order from 2 upwards", field="ranks"
            )


@dataclass(frozen=True)
class TensorSpec:
    """One input or output.

    Args:
        name: As in the graph.
        dtype: As torch prints it without its module: "float16", "int64" …
        dims: Numbers, and names for what differs between calls.
    """

    name: str
    dtype: str
    dims: tuple[int | str, ...]


#: A shape for each input.
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Interface:
    """A sub-model's inputs and outputs.

    Args:
        inputs: In the order of the graph.
        outputs: Likewise.
        cell_px: Pixels of the picture along one unit of `height` and `width`: 1 for pixels, 8 for latent cells.
        rows_per_picture: 2 for the denoiser, whose batch has a negative and a positive half.
        multiple: What height and width must be multiples of, in their units, because the network halves them.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    cell_px: int = 1
    rows_per_picture: int = 1
    multiple: int = 1

    def shapes(self, bucket: ShapeBucket, rank: int = 0) -> Shapes:
        """The inputs' shapes for pictures of a bucket.

        Args:
            bucket: Batch and size in pixels.
            rank: Of adapters, where they are inputs.

        Raises:
            InvalidInput: The network can't take the size.
        """
        step_px = self.cell_px * self.multiple
        if bucket.height_px % step_px or bucket.width_px % step_px:
            raise InvalidInput(
                f"pictures of {bucket.width_px} x {bucket.height_px} (width x height) don't go through this network: "
                f"both sides must be multiples of {step_px}",
                field="bucket", got=str(bucket), multiple=step_px,
            )  # fmt: skip
        known = {
            ROWS: bucket.batch * self.rows_per_picture,
            HEIGHT: bucket.height_px // self.cell_px,
            WIDTH: bucket.width_px // self.cell_px,
            RANK: rank,
        }
        return self.resolve(known)

    def resolve(self, known: Mapping[str, int]) -> Shapes:
        """The inputs' shapes where the named dimensions are these."""
        return {
            spec.name: tuple(known[dim] if isinstance(dim, str) else dim for dim in spec.dims) for spec in self.inputs
        }

    def profile_shapes(self, profile: Profile, ranks: Ranks | None) -> tuple[Shapes, Shapes, Shapes]:
        """The inputs' least, best and largest shapes.

        Raises:
            InvalidInput: The network can't take a size.
        """
        least, best, most = (ranks.least, ranks.best, ranks.most) if ranks else (0, 0, 0)
        return self.shapes(profile.least, least), self.shapes(profile.best, best), self.shapes(profile.most, most)

    def check(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """Refuse inputs that the network can't take, before a library does so in words of its own.

        Args:
            shapes: Of each input that was given.

        Returns:
            What the named dimensions are in this call.

        Raises:
            InvalidInput: An input is missing, unknown or has another shape.
        """
        wanted = {spec.name for spec in self.inputs}
        if set(shapes) != wanted:
            missing, unknown = sorted(wanted - set(shapes)), sorted(set(shapes) - wanted)
            raise InvalidInput(f"inputs missing: {missing}; not known: {unknown}", missing=missing, unknown=unknown)
        known: dict[str, int] = {}
        for spec in self.inputs:
            self._check_one(spec, shapes[spec.name], known)
        for name in (HEIGHT, WIDTH):
            if known.get(name, 0) % self.multiple:
                raise InvalidInput(
                    f"{name} is {known[name]}; it must be a multiple of {self.multiple}, because the network halves it",
                    field=name, got=known[name], multiple=self.multiple,
                )  # fmt: skip
        return known

    @staticmethod
    def _check_one(spec: TensorSpec, got: tuple[int, ...], known: dict[str, int]) -> None:
        fits = len(got) == len(spec.dims) and all(
            size == (known.setdefault(dim, size) if isinstance(dim, str) else dim)
            for size, dim in zip(got, spec.dims, strict=True)
        )
        if not fits:
            wanted = [known.get(dim, dim) if isinstance(dim, str) else dim for dim in spec.dims]
            raise InvalidInput(
                f"{spec.name} has the shape {list(got)}; wanted is {wanted}",
                field=spec.name, got=list(got), wanted=wanted,
            )  # fmt: skip
