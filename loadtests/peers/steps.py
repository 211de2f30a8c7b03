"""Where the CPU time of a picture goes, step by step: Vitrine's plain classes, one picture after the other.

    pip install -e ".[load]" -c constraints.txt
    python -m loadtests.peers.steps --docs docs/performance.md

Profiled by yappi in CPU time, in all threads. A step's time includes what it calls in its own thread; work that it
hands to other threads is told as steps of their own.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadtests.markdown import put_section, table
from loadtests.peers.callers import CUTOUT, KINDS, SHOT
from loadtests.peers.lines import Ask
from loadtests.peers.load import Scene
from loadtests.peers.photo import open_photos
from loadtests.peers.plain_classes import PlainStudio
from services.cli.machine import machine_facts
from services.common.settings import SegmentSettings, Settings

PROGRAM: Final = "loadtests.peers.steps"
#: Steps that take a smaller share of both pictures are not told.
_WORTH_TELLING: Final = 0.02
_ROOMS: Final = ("segment", "generate", "postprocess", "codecs")


@dataclass(frozen=True)
class Step:
    """A function of the service.

    Args:
        name: File and function.
        own_s: CPU time for each picture, with all that it calls in its own thread.
    """

    name: str
    own_s: float


class Studied:
    """Makes pictures, with and without the profiler.

    Args:
        settings: Of the service; no cutout is remembered.
        scene: Of shots.
        folder: For the photos.
    """

    def __init__(self, settings: Settings, scene: Scene, folder: Path) -> None:
        self._studio = PlainStudio(settings)
        self._scene = scene
        self._photos = open_photos([])
        self._files = [folder / f"{number}.jpg" for number in range(len(self._photos))]
        for photo, file in zip(self._photos, self._files, strict=True):
            file.write_bytes(photo.content)
        self._number = 0

    async def make(self, kind: str, count: int) -> float:
        """So many pictures, each photo in turn.

        Returns:
            CPU time of this process for each, in seconds.
        """
        began_s = time.process_time()
        for turn in range(count):
            self._number += 1
            height, width = self._photos[turn % len(self._photos)].size_hw
            file = str(self._files[turn % len(self._files)])
            scene_id = self._scene.scene_id if kind == SHOT else ""
            ask = Ask(self._number, file, width, height, self._scene.pitch_deg, scene_id, seed=self._number)
            await self._studio.make(ask)
        return (time.process_time() - began_s) / count

    async def steps(self, kind: str, count: int) -> list[Step]:
        """The same, profiled."""
        import yappi  # noqa: PLC0415 - of the extra `load`, which tests of the table do without

        yappi.set_clock_type("cpu")
        yappi.clear_stats()
        yappi.start()
        try:
            await self.make(kind, count)
        finally:
            yappi.stop()
        return [Step(each.full_name, each.ttot / count) for each in yappi.get_func_stats()]


def told(steps: Iterable[Step]) -> dict[str, float]:
    """Seconds by name, of functions in the rooms where pictures are made; `segment/matting.py run`."""
    found = {}
    for step in steps:
        path, _, function = step.name.rpartition(" ")
        _, inside, file = path.partition("/services/")
        if inside and file.partition("/")[0] in _ROOMS:
            found[f"{file.partition(':')[0]} {function}"] = step.own_s
    return found


def page(about: str, whole_s: dict[str, float], steps: dict[str, dict[str, float]]) -> str:
    """As Markdown.

    Args:
        about: Command and machine.
        whole_s: CPU time of a picture without the profiler, by kind.
        steps: By kind, as `told` gives them.
    """
    names = sorted({*steps[CUTOUT], *steps[SHOT]}, key=lambda name: -steps[SHOT].get(name, 0.0))
    lines = [("**all of it, without the profiler**", *(f"**{1000 * whole_s[kind]:.0f} ms**" for kind in KINDS))]
    for name in names:
        shares = [steps[kind].get(name, 0.0) / whole_s[kind] for kind in KINDS]
        if max(shares) >= _WORTH_TELLING:
            lines.append((f"`{name}`", *(f"{1000 * steps[kind].get(name, 0.0):.0f} ms" for kind in KINDS)))
    return f"{about}\n\n{table(('CPU time for each', *(f'a {kind}' for kind in KINDS)), lines)}"


async def study(studied: Studied, count: int) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Both kinds: the whole, and its steps."""
    whole_s, steps = {}, {}
    for kind in KINDS:
        await studied.make(kind, 3)  # what is made once
        whole_s[kind] = await studied.make(kind, count)
        steps[kind] = told(await studied.steps(kind, count))
    return whole_s, steps


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write into a document if one is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=12, help="Pictures of each kind.")
    parser.add_argument("--docs", type=Path, help="Such as docs/performance.md.")
    options = parser.parse_args(arguments)
    facts = machine_facts()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), segment=SegmentSettings(cutouts_mb=0))
        whole_s, steps = asyncio.run(study(Studied(settings, Scene(), Path(folder)), options.count))
    machine = facts["machine"]
    about = (
        f"`python -m {PROGRAM}`: {machine['cpu']}, {machine['cores']} cores, load {machine['load_1min']} before; "
        f"commit {facts['commit']}; n = {options.count} of each, means."
    )
    text = page(about, whole_s, steps)
    if options.docs is not None:
        put_section(text, PROGRAM, options.docs)
    print(text)


if __name__ == "__main__":
    main()
