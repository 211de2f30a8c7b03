"""`vitrine serve`, with stages in place of the real ones that take 50 ms each, in replicas of their own."""

import asyncio

from ray import serve

import services.app
from services.cli.main import app
from services.storage.store import open_store
from tests.support.fake_stages import FakeStages

STAGE_S = 0.05


async def given(result):
    """A result that came by reference, as the fakes want it."""
    return result


class SlowSegment:
    """The product is the middle of the photo."""

    def __init__(self, settings):
        self._stages = FakeStages().stages

    async def run(self, request):
        await asyncio.sleep(STAGE_S)
        return await self._stages.segment.run(request)

    async def ready(self):
        return True


class SlowGenerate:
    """Backgrounds of one colour."""

    def __init__(self, settings):
        self._stages = FakeStages().stages

    async def run(self, request):
        await asyncio.sleep(STAGE_S)
        return await self._stages.generate.run(request)

    async def ready(self):
        return True


class SlowPostprocess:
    """Keeps real files. It works in threads, as the real one: what is cancelled there goes on to its end."""

    def __init__(self, settings):
        self._stages = FakeStages(open_store(settings))

    async def shot(self, request, cutout, scene):
        return await self._work(lambda: self._stages.shot(request, given(cutout), given(scene)))

    async def cutout(self, request, image, cutout):
        return await self._work(lambda: self._stages.cutout(request, image, given(cutout)))

    async def discard(self, request):
        return await self._work(lambda: self._stages.discard(request))

    async def ready(self):
        return True

    async def _work(self, begin):
        async def done():
            return await begin()

        await asyncio.sleep(STAGE_S)
        return await asyncio.to_thread(asyncio.run, done())


if __name__ == "__main__":
    # What died is missed, and replaced, sooner than by Serve's own period.
    watched = {"health_check_period_s": 1}
    for name, stage in {"Segment": SlowSegment, "Generate": SlowGenerate, "Postprocess": SlowPostprocess}.items():
        setattr(services.app, f"{name}Deployment", serve.deployment(name=name, **watched)(stage))
    for name in ("DispatcherDeployment", "GatewayDeployment"):
        setattr(services.app, name, getattr(services.app, name).options(**watched))
    app()
