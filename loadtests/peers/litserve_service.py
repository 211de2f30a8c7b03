"""Peer (c): the same script behind LitServe, as its documents advise for a CPU: a worker per core, no batches.

    python -m loadtests.peers.litserve_service --http-port 7000 --workers 2

Batches would save nothing here: the network takes as long per photo in a batch on a CPU, and photos have many sizes.
"""

from typing import Any

import litserve
from fastapi import Request, Response

from loadtests.peers.program import arguments
from loadtests.peers.studio import RembgStudio


class StudioAPI(litserve.LitAPI):
    """One session per worker.

    Args:
        threads: Compute threads of each; 0 = one per core.
    """

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._threads = threads

    def setup(self, device: str) -> None:
        """Load the session."""
        del device
        self._studio = RembgStudio.open(self._threads)

    def decode_request(self, request: Request) -> dict[str, Any]:
        """A form with the photo and, for a shot, what it is to show."""
        return {**request, "image": request["image"].file.read()}

    def predict(self, asked: dict[str, Any]) -> bytes:
        """A cutout, or a shot where a scene is named."""
        if "scene_id" not in asked:
            return self._studio.cutout(asked["image"])
        return self._studio.shot(
            asked["image"], asked["scene_id"], float(asked["camera_pitch_deg"]), int(asked["seed"])
        )  # fmt: skip

    def encode_response(self, output: bytes) -> Response:
        """A PNG file."""
        return Response(output, media_type="image/png")


if __name__ == "__main__":
    wanted = arguments(workers=1, compute_threads=0)
    server = litserve.LitServer(
        StudioAPI(wanted.compute_threads), accelerator="cpu", workers_per_device=wanted.workers
    )  # fmt: skip
    server.run(host=wanted.host, port=wanted.http_port, generate_client_file=False, log_level="warning")
