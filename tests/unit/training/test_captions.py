"""Captions say what labels say."""

import numpy as np
import pytest

from services.generate.prompt import NEGATIVE
from training import vocabulary
from training.captions import Captioner, Labels

ON_OAK = Labels(
    kind="table", surface="oak", behind="", environment="forest", depth="blurred", side="left", hardness="soft",
    warmth="warm", brightness="middle", pattern="leaves", shadow="soft", palette="brown", product="round",
)  # fmt: skip


def captioner(seed: int = 0) -> Captioner:
    return Captioner(np.random.default_rng(seed))


def test_labels_survive_json():
    assert Labels.from_json(ON_OAK.to_json()) == ON_OAK


@pytest.mark.parametrize("seed", range(20))
def test_a_description_names_surface_and_surroundings(seed):
    said = captioner(seed).describe(ON_OAK)
    assert any(phrase in said for phrase in vocabulary.SURFACES["oak"])
    assert any(phrase in said for phrase in vocabulary.ENVIRONMENTS["forest"])


def test_captions_differ_but_repeat_with_their_seed():
    first, second = captioner(1), captioner(1)
    said = [first.say(ON_OAK) for _ in range(10)]
    assert len(set(said)) > 5
    assert said == [second.say(ON_OAK) for _ in range(10)]


def test_some_captions_say_nothing_or_only_what_no_scene_wants():
    one = captioner()
    silent = [said for said in (one.say(ON_OAK) for _ in range(400)) if "on " not in said]
    assert 20 < len(silent) < 80
    assert "" in silent
    unwanted = set(NEGATIVE.split(", "))
    assert all(set(said.split(", ")) <= unwanted for said in silent if said)


def test_what_hangs_is_said_to_hang_before_a_wall():
    hanging = Labels.from_json(ON_OAK.to_json() | {"kind": "wall", "environment": "", "product": "garment"})
    assert "hanging before a wooden wall" in captioner().describe(hanging)
