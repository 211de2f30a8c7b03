"""What each stage of a shot takes, as it was measured."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from services.common.errors import InvalidInput
from services.planning.tier import STAGES

#: Measured once on the machine that the file tells of, by `vitrine bench`.
EXAMPLE: Final = Path(__file__).with_name("example.json")
#: The gateway's own part of a shot: before segmentation, before generation, and around everything.
BEFORE: Final = "decode"
BETWEEN: Final = "layout"
AROUND: Final = "beside"


@dataclass(frozen=True)
class StageTimes:
    """Measured shots. The simulation draws whole shots, so that what is slow together stays together.

    Args:
        shots: Seconds by part: decode, segment, layout, generate, postprocess and beside; one entry for each shot.
        source: Where and on what they were measured, for people.
    """

    shots: Sequence[Mapping[str, float]]
    source: str

    def __post_init__(self) -> None:
        if not self.shots:
            raise InvalidInput("stage times hold no shot; measure some with `vitrine bench`", field="times")
        for shot in self.shots:
            for part in (BEFORE, BETWEEN, AROUND, *STAGES):
                seconds = shot.get(part)
                if not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
                    raise InvalidInput(
                        f"a measured shot's {part!r} is seconds from 0 on, got {seconds!r}", field="times"
                    )

    @classmethod
    def read(cls, file: Path) -> Self:
        """What `vitrine bench` wrote.

        Raises:
            InvalidInput: The file can't be read, or is no such file.
        """
        try:
            figures = json.loads(file.read_text("utf-8"))
            shots = figures["through_the_service"]["shots_s"]
            machine = figures["machine"]
            told = (
                f"{figures['photo']}; {machine['cpu']}, {machine['cores']} cores under a load of "
                f"{machine['load_1min']:.1f} at the start; n = {len(shots)}"
            )
        except OSError as error:
            raise InvalidInput(f"stage times {str(file)!r} can't be read: {error.strerror}", field="times") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"{str(file)!r} holds no stage times; `vitrine bench --out FILE` of this version writes them",
                field="times",
            ) from error
        return cls(shots, told)

    @property
    def mean_s(self) -> dict[str, float]:
        """Each part's mean, in seconds."""
        return {part: sum(shot[part] for shot in self.shots) / len(self.shots) for part in self.shots[0]}

    @property
    def alone_s(self) -> list[float]:
        """What whole shots took with nobody else there, in seconds, ascending."""
        return sorted(sum(shot.values()) for shot in self.shots)

    def draw(self, rng: random.Random) -> Mapping[str, float]:
        """One of the shots."""
        return rng.choice(self.shots)

    @staticmethod
    def of_run(parts: Mapping[str, float], whole_s: float) -> dict[str, Any]:
        """One shot as `vitrine bench` writes it.

        Args:
            parts: Seconds that each stage worked.
            whole_s: From request to answer.
        """
        return {part: round(seconds, 5) for part, seconds in parts.items()} | {
            AROUND: round(max(0.0, whole_s - sum(parts.values())), 5)
        }
