"""Scenes without a product: made in a place, stored, and handed out."""

import pytest

from services.api.common import OutputOptions
from services.api.studio import Canvas
from services.common.errors import DeadlineExceeded, NotReady, Overloaded
from services.common.image import ImageFormat
from services.database.tables import UsageRow
from services.gateway.admission import Admission
from services.gateway.scenery import SceneryStudio
from services.provenance.writer import PictureWriter
from services.workflow.scenery import SceneryWorkflow
from tests.support.gateway_parts import Parts, call


@pytest.fixture
def create(tmp_path):
    def made(output=None, admission=None, timeout_s=60, **fakes):
        parts = Parts(tmp_path, **fakes)
        workflow = SceneryWorkflow(parts.fakes.stages.generate, parts.scenes, 4096)
        places = admission or Admission(1, 0)
        writer = PictureWriter(marked=True)
        studio = SceneryStudio(
            workflow,
            parts.store,
            writer,
            places,
            parts.readiness,
            parts.tenancy.creations,
            timeout_s,
        )
        return parts, studio.create("white", Canvas(width=64, height=48), output or OutputOptions(), call("r-1"))

    return made


async def test_picture_lies_at_its_address(create):
    parts, work = create()
    blob = await work
    assert (blob.width, blob.height, blob.media_type) == (64, 48, "image/jpeg")
    assert blob.key.startswith("shots/local/r-1-")
    assert blob.url.startswith("http://testserver/v1/blobs/shots/local/r-1-")
    assert len(parts.store.get(blob.key)) == blob.size_bytes


async def test_picture_says_that_it_is_a_composite(create):
    parts, work = create()
    assert b'digitalsourcetype/composite"' in parts.store.get((await work).key)


async def test_format_is_the_callers(create):
    _, work = create(OutputOptions(format=ImageFormat.PNG))
    assert (await work).media_type == "image/png"


async def test_nothing_is_made_before_all_is_warm(create):
    _, work = create(faults={"segment": NotReady("starting")})
    with pytest.raises(NotReady):
        await work


async def test_places_are_those_of_all_pictures(create):
    admission = Admission(1, 0)
    _, work = create(admission=admission)
    async with admission.place():
        with pytest.raises(Overloaded):
            await work


async def test_time_runs_out(create):
    _, work = create(timeout_s=0)
    with pytest.raises(DeadlineExceeded):
        await work


async def test_scene_is_written_down_like_any_picture(create):
    parts, work = create()
    await work
    with parts.database.reading() as session:
        row = session.query(UsageRow).one()
    assert (row.items, row.bytes_in, row.megapixels) == (1, 0, 64 * 48 / 1e6)
    assert row.generate_s > 0
