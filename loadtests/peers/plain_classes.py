"""Peer (d): Vitrine's plain classes in one process, walked by its workflow, without gateway and Serve.

python -m loadtests.peers.plain_classes --http-port 7000 --data-dir out/peers/plain-classes
"""

import asyncio
from pathlib import Path

from loadtests.peers.lines import Ask, answer_lines
from loadtests.peers.program import arguments
from services.api.common import ImageSource, OutputOptions
from services.api.studio import Canvas, CreateCutoutRequest, CreateShotRequest
from services.common.image import ImageFormat
from services.common.pose import Pose
from services.common.settings import Settings
from services.generate.scene import SceneCatalog
from services.storage.store import open_store
from services.workflow.local import open_local_stages
from services.workflow.shot import ShotWorkflow


class PlainStudio:
    """Asks through the workflow.

    Args:
        settings: Of the service.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = open_store(settings)
        stages, scenes = open_local_stages(settings), SceneCatalog.open(settings.generate.scenes_dir)
        self._workflow = ShotWorkflow(stages, scenes, settings.limits, settings.segment.min_confidence)

    async def make(self, ask: Ask) -> bytes:
        """The picture's file, out of the blob store."""
        image, png = ImageSource(content=ask.content), OutputOptions(format=ImageFormat.PNG)
        if not ask.scene_id:
            cutout = await self._workflow.cutout(CreateCutoutRequest(image=image, output=png))
            return self._store.get(cutout.image.key)
        canvas = Canvas(width=ask.width, height=ask.height)
        request = CreateShotRequest(
            image=image, output=png, scene_id=ask.scene_id, seed=ask.seed, canvas=canvas, pose=Pose.STANDING,
            camera_pitch_deg=ask.pitch_deg,
        )  # fmt: skip
        shot = await self._workflow.shot(request)
        return self._store.get(shot.image.key)


if __name__ == "__main__":
    asked = arguments()
    studio = PlainStudio(Settings(data_dir=Path(asked.data_dir)))
    asyncio.run(answer_lines(studio.make, asked.host, asked.http_port))
