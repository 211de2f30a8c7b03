"""The recipe for 8-bit floats, and for what it may be used."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.common.errors import InvalidInput
from services.generate.engine.spec import EngineSpec, Part, Precision, Refit

_SHIPPED: Final = Path(__file__).with_name("fp8.yaml")


class Calibration(BaseModel):
    """What scales are measured on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(ge=1)
    batch: int = Field(ge=1)
    steps: int = Field(ge=1)


class Fp8Recipe(BaseModel):
    """See `fp8.yaml`, which says what each field is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_compute_capability: str = Field(pattern=r"^\d+\.\d+$")
    format: Literal["e4m3"]
    calibration: Calibration
    keep: tuple[str, ...]
    head_size_multiple: int = Field(ge=1)
    adapters: Literal["fused"]

    @classmethod
    def shipped(cls) -> Self:
        """The recipe that comes with us."""
        found: dict[str, Any] = yaml.safe_load(_SHIPPED.read_text("utf-8"))
        return cls(**found)

    def keeps(self, module: str) -> bool:
        """Whether a module of the network stays in 16 bits."""
        return any(fnmatch(module, pattern) for pattern in self.keep)

    def check(self, spec: EngineSpec) -> None:
        """Refuse an engine that this recipe is not for.

        Raises:
            InvalidInput: It is no denoiser, adapters would come later, a GPU has no such numbers, or heads don't fit.
        """
        if spec.precision != Precision.FP8:
            raise InvalidInput(f"the spec is for {spec.precision}, not for fp8", field="precision")
        if spec.model.part != Part.UNET:
            raise InvalidInput(f"only the unet is rounded to fp8, not the {spec.model.part}", field="part")
        if spec.ranks is not None or spec.refit != Refit.NONE:
            raise InvalidInput("an fp8 engine has its adapters fused; it takes none later", field="adapters")
        old = [one for one in spec.target.compute_capabilities if _number(one) < _number(self.least_compute_capability)]
        if old:
            raise InvalidInput(
                f"compute capability {old[0]} has no fp8; wanted is {self.least_compute_capability} or later",
                field="compute_capabilities",
            )
        odd = [size for size in spec.model.head_sizes if size % self.head_size_multiple]
        if odd:
            raise InvalidInput(
                f"heads of {odd[0]} don't go into fp8 attention; wanted is a multiple of {self.head_size_multiple}",
                field="head_sizes",
            )


def _number(capability: str) -> tuple[int, ...]:
    return tuple(map(int, capability.split(".")))
