import copy
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.networks import Networks
from services.generate.diffusion.text import TextEncoder
from services.generate.engine.runners.eager import torch_runners
from services.generate.engine.styled import styled_runners
from tests.support.tiny_checkpoint import WIDTH, write_tiny_checkpoint


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), xl=True)
    return Networks.load(Checkpoint.read(folder), torch.device("cpu"), torch.float32)


def encoder(networks, *, zero_negative=True):
    return TextEncoder(networks, styled_runners(networks, torch_runners(networks)), zero_negative=zero_negative)


def test_two_encoders_give_wide_tokens_and_one_pooled_text(networks):
    condition = encoder(networks).encode("a red cup")
    assert condition.embeds.shape == (1, 77, 2 * WIDTH)
    assert condition.pooled.shape == (1, WIDTH)


def test_one_encoder_gives_no_pooled_text(networks):
    alone = replace(networks, tokenizers=networks.tokenizers[:1], encoders=networks.encoders[:1])
    assert encoder(alone).encode("a red cup").pooled is None


@pytest.mark.parametrize(
    ("zero_negative", "prompt", "zeros"), [(True, "", True), (True, "cup", False), (False, "", False)]
)
def test_no_negative_prompt_is_zeros_where_the_checkpoint_wants_it(networks, zero_negative, prompt, zeros):
    negative = encoder(networks, zero_negative=zero_negative).encode_negative(prompt)
    assert (not negative.embeds.any() and not negative.pooled.any()) == zeros


def test_repeated_prompt_is_encoded_once(networks):
    texts = encoder(networks)
    assert texts.encode("a cup") is texts.encode("a cup")


def test_known_words_are_one_token_and_all_bytes_have_one(networks):
    tokenizer = networks.tokenizers[0]
    assert len(tokenizer("a red cup").input_ids) == 5
    assert tokenizer.unk_token_id not in tokenizer("é世🎁").input_ids[1:-1]


def test_tokenizer_without_a_length_takes_its_encoders(networks):
    tokenizers = tuple(copy.copy(tokenizer) for tokenizer in networks.tokenizers)
    for tokenizer in tokenizers:
        tokenizer.model_max_length = int(1e30)
    texts = encoder(replace(networks, tokenizers=tokenizers))
    assert texts.max_tokens == 75
    assert texts.encode("a cup").embeds.shape[1] == 77


def test_texts_may_be_checked_while_others_are_encoded(networks):
    """A tokenizer keeps the padding of its last call, which checks must not take from an encoding."""
    shared, before = encoder(networks), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            checks = [pool.submit(shared.check, "prompt", "a red cup") for _ in range(3000)]
            lengths = {shared.encode(f"cup {number}").embeds.shape[1] for number in range(60)}
            assert [check.exception() for check in checks] == [None] * 3000
    finally:
        sys.setswitchinterval(before)
    assert lengths == {77}
