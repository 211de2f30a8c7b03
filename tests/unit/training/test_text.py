"""The tokenizer knows the captions' words and spells all others."""

from transformers import CLIPTokenizer

from services.generate.scene import SceneCatalog
from training.networks import PLACES
from training.text import build_tokenizer


def test_every_word_of_the_shipped_scenes_is_one_token(tokenizer):
    for scene in SceneCatalog.shipped().scenes.values():
        prompt = scene.words.compose().positive
        assert all(token.endswith("</w>") for token in tokenizer.tokenize(prompt)), scene.id


def test_it_is_the_same_however_often_it_is_built(tokenizer):
    # A training that goes on, and the packing at its end, build it anew.
    assert build_tokenizer().get_vocab() == tokenizer.get_vocab()


def test_unknown_words_are_spelled_by_known_parts(tokenizer):
    tokens = tokenizer("zebra ünïcödé 猫").input_ids
    assert tokens[0] == tokenizer.bos_token_id
    assert tokens.count(tokenizer.eos_token_id) == 1


def test_it_is_the_same_from_disk(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    read = CLIPTokenizer.from_pretrained(tmp_path)
    text = "product photograph of a zebra on an oak table, dappled light"
    assert read(text).input_ids == tokenizer(text).input_ids
    assert read.model_max_length == PLACES
