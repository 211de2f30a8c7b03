"""Pictures told step by step: a bar for each while it is drawn, and its previews as files."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from services.cli.batch import Job, write_file
from services.client import CreateShotResponse, DenoisingStep, ShotOptions, StreamOptions
from services.common.errors import Internal

if TYPE_CHECKING:
    from rich.progress import Progress

    from services.client import AsyncVitrine


@dataclass(frozen=True)
class Previews:
    """Makes pictures while somebody watches.

    Args:
        folder: Where previews go, as `<picture>-<attempt>-<step>.jpg`.
        every: After how many steps there is one.
        bars: Where steps are shown.
    """

    folder: Path
    every: int
    bars: "Progress"

    async def shot(self, vitrine: "AsyncVitrine", job: Job, options: ShotOptions) -> CreateShotResponse:
        """The finished picture.

        Raises:
            InvalidInput: A preview can't be written.
            VitrineError: As `AsyncVitrine.stream_shot`.
        """
        asked: StreamOptions = {**options, "preview_every": self.every}
        bar = self.bars.add_task(f"{job.target.stem}: step", total=None, visible=False)
        try:
            async for event in vitrine.stream_shot(job.photo, job.label, **asked):
                if isinstance(event, CreateShotResponse):
                    return event
                if isinstance(event, DenoisingStep):
                    self.bars.update(bar, completed=event.step, total=event.steps, visible=True)
                    await self._keep(job, event)
        finally:
            self.bars.remove_task(bar)
        raise Internal("the service's stream ended without a picture")

    async def _keep(self, job: Job, step: DenoisingStep) -> None:
        if step.preview:
            file = self.folder / f"{job.target.stem}-{step.attempt}-{step.step:03}.jpg"
            await asyncio.to_thread(write_file, file, step.preview)
