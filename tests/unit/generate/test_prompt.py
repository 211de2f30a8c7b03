import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.common.errors import InvalidInput
from services.generate.prompt import SLOTS, ScenePrompt
from services.generate.scene import SceneCatalog

MARBLE = ScenePrompt(surface="a marble top", light="soft daylight", palette="white")
SCENES = SceneCatalog.shipped().scenes


def test_scene_alone_speaks_with_its_own_words():
    assert MARBLE.compose().positive == "product photograph of a product on a marble top, soft daylight, white"


def test_text_without_slots_extends_the_scene():
    positive = MARBLE.compose("eucalyptus leaves").positive
    assert positive == f"{MARBLE.compose().positive}, eucalyptus leaves"


def test_text_with_a_slot_replaces_the_scene():
    assert MARBLE.compose("{product} in the desert, {light}").positive == "a product in the desert, soft daylight"


def test_negative_text_extends_or_replaces_likewise():
    assert MARBLE.compose(negative="flowers").negative == f"{MARBLE.negative}, flowers"
    assert MARBLE.compose(negative="{palette} walls").negative == "white walls"


def test_slots_of_the_caller_take_the_place_of_the_scenes():
    positive = MARBLE.compose(slots={"product": "a blue cup", "season": "winter"}).positive
    assert positive == "product photograph of a blue cup on a marble top, soft daylight, white, winter"


def test_wearer_makes_a_fashion_photograph_in_which_people_may_be():
    prompt = MARBLE.compose("in a garden", slots={"wearer": "a young woman", "product": "a linen dress"})
    assert prompt.positive == (
        "fashion photograph of a young woman wearing a linen dress, soft daylight, white, in a garden"
    )
    assert "people" in MARBLE.negative
    assert "people" not in prompt.negative


@pytest.mark.parametrize("text", ["{weather}", "{", "a }", "{product!r}", "{product:>99999999}", "{0}", "{}", "{a.b}"])
@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_brace_that_is_no_slot_is_refused(field, text):
    with pytest.raises(InvalidInput) as caught:
        MARBLE.compose(**{"text" if field == "prompt" else "negative": text})
    assert caught.value.details["field"] == field


def test_unknown_slot_of_the_caller_is_refused():
    with pytest.raises(InvalidInput, match="weather"):
        MARBLE.compose(slots={"weather": "rain"})


@pytest.mark.parametrize("template", ["{weather}", "{", "{product"])
def test_scene_file_with_an_unknown_slot_is_refused(template):
    with pytest.raises(ValidationError):
        ScenePrompt(template=template)


@given(text=st.text(st.characters(exclude_characters="{}", codec="utf-8"), max_size=60))
def test_words_of_the_caller_are_never_lost(text):
    assert MARBLE.compose(text).positive.endswith(text.strip())


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_shipped_scene_has_words_that_fit_a_text_encoder(scene):
    """A word is one to two of CLIP's 75 tokens; the caller's own need room too."""
    positive, negative = scene.prompt.compose()
    assert len(positive.split()) <= 40
    assert len(negative.split()) <= 20
    assert not {"{", "}"} & set(positive)
    assert all(f"{{{slot}}}" in scene.prompt.template for slot in SLOTS if slot != "wearer")


def test_scene_without_words_is_told_by_its_description():
    scene = SCENES["marble"].model_copy(update={"prompt": None, "description": "A {polished} marble top."})
    assert scene.words.compose().positive == "product photograph of a product, A polished marble top"
