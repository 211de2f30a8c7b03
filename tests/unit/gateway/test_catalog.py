"""Catalogues are told page by page, nothing twice and nothing left out."""

import pytest

from services.api.catalog import ListModelsRequest, ListScenesRequest
from services.common.errors import InvalidInput
from tests.support.gateway_parts import Parts


@pytest.fixture
def catalog(tmp_path):
    return Parts(tmp_path).catalog


@pytest.mark.parametrize("page_size", [1, 2, 5, 50])
def test_pages_hold_every_scene_once_and_in_order(catalog, page_size):
    seen, token = [], ""
    while True:
        page = catalog.list_scenes(ListScenesRequest(page_size=page_size, page_token=token))
        assert len(page.scenes) <= page_size
        seen += [scene.scene_id for scene in page.scenes]
        token = page.next_page_token
        if not token:
            break
    assert seen == [scene.scene_id for scene in catalog.list_scenes(ListScenesRequest()).scenes]
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("token", ["%", "====", "a", "_w", "é"])
def test_token_that_is_not_ours_is_refused(catalog, token):
    with pytest.raises(InvalidInput) as caught:
        catalog.list_scenes(ListScenesRequest(page_token=token))
    assert caught.value.details["field"] == "page_token"


def test_scene_tells_what_lights_it(catalog):
    scenes = {scene.scene_id: scene for scene in catalog.list_scenes(ListScenesRequest()).scenes}
    assert scenes["white"].environment == ""
    assert scenes["marble"].environment != ""
    assert scenes["marble"].pitch_min_deg <= scenes["marble"].pitch_default_deg <= scenes["marble"].pitch_max_deg


def test_model_tells_its_digest_licence_and_whether_it_is_here(catalog):
    models = {model.name: model for model in catalog.list_models(ListModelsRequest()).models}
    isnet = models["isnet"]
    assert isnet.kind == "SEGMENTATION"
    assert len(isnet.sha256) == 64
    assert isnet.license
    assert not isnet.cached
