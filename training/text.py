"""The tokenizer: CLIP's, with a vocabulary learned from captions, so that their words are one token each."""

import json
from collections.abc import Iterator
from typing import Any, Final

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from services.generate.prompt import NEGATIVE
from services.generate.scene import SceneCatalog
from training import vocabulary
from training.networks import PLACES

#: More than the words there are, so that each gets a token of its own.
_TOKENS: Final = 4096
_MARKS: Final = ("<|startoftext|>", "<|endoftext|>")


def build_tokenizer() -> Any:
    """A `CLIPTokenizer` that knows the captions' words; others are spelled by their parts, down to bytes."""
    bytes_alone = sorted(ByteLevel.alphabet())
    symbols = [*bytes_alone, *(f"{symbol}</w>" for symbol in bytes_alone), *_MARKS]
    untrained = CLIPTokenizer(vocab=_numbered(symbols), merges=[])
    # Pairs that are as frequent as each other are merged in the order of their symbols' numbers. Left to itself the
    # trainer numbers symbols as its hash table has them, another way each time; as special tokens they come in order.
    learned = untrained.train_new_from_iterator(corpus(), _TOKENS, new_special_tokens=symbols[:-2], show_progress=False)
    merges = [tuple(pair) for pair in json.loads(learned.backend_tokenizer.to_str())["model"]["merges"]]
    tokens = dict.fromkeys([*symbols[:-2], *("".join(pair) for pair in merges), *_MARKS])
    return CLIPTokenizer(vocab=_numbered(list(tokens)), merges=merges, model_max_length=PLACES)


def corpus() -> Iterator[str]:
    """What captions are made of, every shipped scene's prompt, and what no scene wants."""
    for name in vocabulary.TABLES:
        for phrases in name.values():
            yield from phrases
    yield "product photograph of, studio product photograph of, flat lay photograph of, packshot of a product on"
    yield "hanging before, seen from above, behind"
    yield NEGATIVE
    for scene in SceneCatalog.shipped().scenes.values():
        yield scene.words.compose().positive


def _numbered(tokens: list[str]) -> dict[str, int]:
    return {token: number for number, token in enumerate(tokens)}
