"""Peer (a): the plain script, one picture after the other.

python -m loadtests.peers.plain_script --http-port 7000
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from loadtests.peers.lines import Ask, answer_lines
from loadtests.peers.program import arguments
from loadtests.peers.studio import RembgStudio


async def run(host: str, port: int) -> None:
    """Work until the process ends."""
    studio = RembgStudio.open()

    def made(ask: Ask) -> bytes:
        if ask.scene_id:
            return studio.shot(ask.content, ask.scene_id, ask.pitch_deg, ask.seed)
        return studio.cutout(ask.content)

    with ThreadPoolExecutor(1) as script:

        async def make(ask: Ask) -> bytes:
            return await asyncio.get_running_loop().run_in_executor(script, made, ask)

        await answer_lines(make, host, port)


if __name__ == "__main__":
    asked = arguments()
    asyncio.run(run(asked.host, asked.http_port))
