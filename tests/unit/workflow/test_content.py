"""The content policy: photo before the work, picture behind it, for tenants that have it."""

from types import SimpleNamespace

import pytest

from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.common.errors import ContentRefused
from services.database.tables import QuotaPeriod, UsageRow
from services.tenants.caller import Limits
from tests.support.gateway_parts import Parts, call

LOOKED_AT = Limits(content_policy=True)


class Scores:
    """A classifier that gives these, one after the other."""

    def __init__(self, *scores):
        self.scores = list(scores)
        self.shapes = []

    def classify(self, image):
        self.shapes.append(image.shape)
        return SimpleNamespace(nsfw=self.scores.pop(0))


@pytest.fixture
def parts(tmp_path):
    return lambda classifier=None, **options: Parts(tmp_path, classifier=classifier, **options)


@pytest.fixture
def shot(photo):
    return CreateShotRequest(image={"content": photo}, scene_id="white", layers=["SHADOW"])


async def test_real_classifier_lets_a_cup_of_coffee_pass(parts, shot):
    answer = await parts().studio.create_shot(shot, call(limits=LOOKED_AT))
    assert answer.image.key


async def test_photo_and_picture_are_both_looked_at(parts, shot):
    scores = Scores(0.1, 0.1)
    answer = await parts(scores).studio.create_shot(shot, call(limits=LOOKED_AT))
    assert scores.shapes == [(400, 600, 3), (answer.image.height, answer.image.width, 3)]


async def test_photo_that_is_refused_makes_no_work(parts, shot):
    made = parts(Scores(0.9))
    with pytest.raises(ContentRefused, match="the photo is against") as caught:
        await made.studio.create_shot(shot, call(limits=LOOKED_AT))
    assert caught.value.details == {"score": 0.9, "limit": 0.8, "picture": "photo"}
    assert made.fakes.requests == {}


async def test_picture_that_is_refused_is_removed_and_not_counted(parts, shot):
    made = parts(Scores(0.1, 0.8))
    with pytest.raises(ContentRefused, match="the picture is against"):
        await made.studio.create_shot(shot, call(limits=LOOKED_AT))
    assert made.fakes.requests["postprocess"]
    root = made.store._root
    assert [path for path in root.rglob("shots/*/*") if path.is_file()] == []
    with made.database.reading() as session:
        assert session.query(QuotaPeriod).one().items == 0
        assert session.query(UsageRow).count() == 0


async def test_cutout_is_looked_at_too(parts, photo):
    with pytest.raises(ContentRefused):
        await parts(Scores(0.1, 1.0)).studio.create_cutout(
            CreateCutoutRequest(image={"content": photo}), call(limits=LOOKED_AT)
        )


async def test_tenant_without_the_policy_is_not_looked_at(parts, shot):
    scores = Scores()
    await parts(scores).studio.create_shot(shot, call())
    assert scores.shapes == []


async def test_real_classifier_refuses_from_the_threshold_on(parts, shot):
    with pytest.raises(ContentRefused):
        await parts(tenants={"content_threshold": 0}).studio.create_shot(shot, call(limits=LOOKED_AT))
