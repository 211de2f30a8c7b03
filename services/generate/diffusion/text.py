"""Words to what the denoiser listens to."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from services.common.errors import InvalidInput
from services.common.recent import Recent
from services.generate.diffusion.networks import Networks
from services.generate.engine.lora import AdapterSet, fused
from services.generate.engine.spec import Part
from services.generate.engine.styled import StyledRunner

#: Prompts whose embeddings are kept: scenes and negative prompts repeat. One takes 0.2 to 0.7 MB.
KEPT: Final = 64
#: The start and the end mark take two of a prompt's tokens.
_MARKS: Final = 2
_PARTS: Final = (Part.TEXT_ENCODER, Part.TEXT_ENCODER_2)


@dataclass(frozen=True, eq=False)
class TextCondition:
    """One text, encoded.

    Args:
        embeds: (1, T, D) of all tokens.
        pooled: (1, P) of the text as a whole; None for checkpoints with one encoder.
    """

    embeds: Tensor
    pooled: Tensor | None


class TextEncoder:
    """Encodes prompts as diffusers' pipelines do; `check` may be called by other threads meanwhile.

    Args:
        networks: With one or two CLIP tokenizers, and the configurations of as many text encoders.
        runners: Compute these, with styles or without; with two, the next to last layer counts, and the second one's
            pooled text.
        zero_negative: Whether no negative prompt means zeros.
    """

    def __init__(self, networks: Networks, runners: Mapping[Part, StyledRunner], *, zero_negative: bool) -> None:
        self._tokenizers = networks.tokenizers
        self._encoders = networks.encoders
        self._runners = [runners[part] for part in _PARTS[: len(self._encoders)]]
        self._zero_negative = zero_negative
        self._recent: Recent[TextCondition] = Recent(KEPT)
        # Tokenizers keep the padding of a call as their own state: without turns, a text that is only counted takes it
        # from one that is encoded, which then has too few tokens.
        self._tokenizing = threading.Lock()

    @property
    def max_tokens(self) -> int:
        """Tokens that a prompt may have, without the start and the end mark."""
        return min(_places(*pair) for pair in zip(self._tokenizers, self._encoders, strict=True)) - _MARKS

    def encode(self, prompt: str, field: str = "prompt", styles: AdapterSet = ()) -> TextCondition:
        """Encode a prompt whole; diffusers would cut off what is too long.

        Args:
            prompt: What to encode.
            field: Its name in the request, for errors.
            styles: Adapters, of which those count that change an encoder.

        Raises:
            InvalidInput: It has too many tokens.
        """
        self.check(field, prompt)
        worn = tuple(fused(runner.own(styles)) for runner in self._runners)
        return self._recent.get((prompt, worn), lambda: self._encode(prompt, styles))

    def encode_negative(self, prompt: str, styles: AdapterSet = ()) -> TextCondition:
        """Encode a negative prompt; an empty one may mean zeros.

        Raises:
            InvalidInput: It has too many tokens.
        """
        condition = self.encode(prompt, "negative_prompt", styles)
        if prompt or not self._zero_negative or condition.pooled is None:
            return condition
        return TextCondition(torch.zeros_like(condition.embeds), torch.zeros_like(condition.pooled))

    def check(self, field: str, prompt: str) -> None:
        """Refuse a prompt that is too long.

        Raises:
            InvalidInput: It has too many tokens.
        """
        with self._tokenizing:
            # Not `verbose`: it would warn of a length that is refused in our own words.
            counts = [len(tokenizer(prompt, verbose=False).input_ids) for tokenizer in self._tokenizers]
            got = max(counts) - _MARKS
        if got > self.max_tokens:
            raise InvalidInput(
                f"{field} has {got} tokens; this checkpoint reads {self.max_tokens}",
                field=field, got=got, min=0, max=self.max_tokens,
            )  # fmt: skip

    def _encode(self, prompt: str, styles: AdapterSet) -> TextCondition:
        triples = zip(self._tokenizers, self._encoders, self._runners, strict=True)
        outputs = [self._run(*triple, prompt, styles) for triple in triples]
        if len(outputs) == 1:
            return TextCondition(outputs[0]["last_hidden_state"], None)
        embeds = torch.cat([output["penultimate_hidden_state"] for output in outputs], dim=-1)
        return TextCondition(embeds, outputs[-1]["pooled"])

    def _run(
        self, tokenizer: Any, encoder: Any, runner: StyledRunner, prompt: str, styles: AdapterSet
    ) -> dict[str, Tensor]:
        places = _places(tokenizer, encoder)
        with self._tokenizing:
            tokens = tokenizer(prompt, padding="max_length", max_length=places, truncation=True, return_tensors="pt")
        inputs = {"input_ids": tokens.input_ids.to(encoder.device)}
        # Stable Diffusion 1 lets padding take part, Stable Diffusion 2 does not; the configuration says which.
        if getattr(encoder.config, "use_attention_mask", None):
            inputs["attention_mask"] = tokens.attention_mask.to(encoder.device)
        return runner.run(inputs, styles)


def _places(tokenizer: Any, encoder: Any) -> int:
    """Tokens that an encoder takes, marks included."""
    # A tokenizer whose configuration tells no length has one of 10^30.
    return min(int(tokenizer.model_max_length), int(encoder.config.max_position_embeddings))
