"""Whether drawings go where their styles are in memory: replicas that draw nothing, with Serve's hint and without.

    python -m loadtests.styles.routing

What counts is how many styles were read anew, which does not depend on the machine.
"""

import argparse
import asyncio
import os
import random
import statistics
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import ray
from ray import serve

from services.generate.deployment import STYLES_HERE

REPLICAS: Final = 3
#: Styles that a replica has in memory.
KEPT: Final = 4
STYLES: Final = 12
CALLS: Final = 300
AT_ONCE: Final = 4
#: That a drawing takes here.
WORK_S: Final = 0.05


class Drawer:
    """A replica that only remembers; known by its styles as `services.generate.deployment.Generate` is."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, None] = OrderedDict()

    @serve.multiplexed(max_num_models_per_replica=STYLES_HERE)  # type: ignore[untyped-decorator] # Serve's own
    async def _styles(self, name: str) -> str:
        return name

    async def run(self, style: str) -> bool:
        """Whether the style had to be read anew."""
        if name := serve.get_multiplexed_model_id():
            await self._styles(name)
        anew = style not in self._kept
        self._kept[style] = None
        self._kept.move_to_end(style)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        await asyncio.sleep(WORK_S)
        return anew


async def read_anew(handle: Any, seed: int, *, hinted: bool) -> int:
    """How many of a round's calls had to read their style."""
    draw, places = random.Random(seed), asyncio.Semaphore(AT_ONCE)  # noqa: S311 - no secret

    async def call(style: str) -> bool:
        async with places:
            to = handle.options(multiplexed_model_id=style) if hinted else handle
            return bool(await to.run.remote(style))

    # Names of this round alone: nothing is known of them yet.
    styles = [f"{seed}-{hinted}-{draw.randrange(STYLES)}" for _ in range(CALLS)]
    return sum(await asyncio.gather(*map(call, styles)))


def main(words: Sequence[str] | None = None) -> None:
    """Measure both in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(words).rounds
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address="local", num_cpus=REPLICAS, object_store_memory=100 << 20, include_dashboard=False)
    options = {"num_replicas": REPLICAS, "max_ongoing_requests": AT_ONCE, "ray_actor_options": {"num_cpus": 0.1}}
    handle = serve.run(serve.deployment(**options)(Drawer).bind(), name="routing", route_prefix=None)
    found: dict[bool, list[int]] = {False: [], True: []}
    for seed in range(rounds):
        for hinted, counts in found.items():
            counts.append(asyncio.run(read_anew(handle, seed, hinted=hinted)))
    for hinted, counts in found.items():
        told = f"{statistics.median(counts):g} ({min(counts)} to {max(counts)})"
        print(f"{'with' if hinted else 'without'} the hint: {told} of {CALLS} calls read a style anew")
    serve.shutdown()  # type: ignore[no-untyped-call] # Serve's own
    ray.shutdown()


if __name__ == "__main__":
    main()
