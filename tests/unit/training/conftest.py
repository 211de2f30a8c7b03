"""Small pictures, shards and networks."""

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from services.generate.diffusion.masks import extend_edges
from services.generate.environment import Environment
from services.generate.plates.materials.catalog import build_texture
from tests.support.panorama import room_with_window
from training.captions import Labels
from training.denoiser import Painter
from training.latents import LatentShard
from training.plates import TrainingPicture
from training.shards import Shard, write_shard
from training.text import build_tokenizer

LABELS = Labels(
    kind="table", surface="oak", behind="", environment="forest", depth="blurred", side="left", hardness="soft",
    warmth="warm", brightness="middle", pattern="", shadow="soft", palette="brown", product="round",
)  # fmt: skip


class SmallStock:
    """One synthetic room and small materials in place of the catalogue's."""

    def __init__(self) -> None:
        self._environment = Environment(room_with_window(200, 40))
        self._textures = {}

    def environment(self, name):
        return self._environment

    def texture(self, material, variant):
        if material not in self._textures:
            self._textures[material] = build_texture(material, variant, 128)
        return self._textures[material]


def drawn_picture(seed: int, size_hw=(72, 56)) -> TrainingPicture:
    """A smooth coloured picture with a block in its middle that is held."""
    height, width = size_hw
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 255, (2, 2, 3))
    y, x = np.linspace(0, 1, height)[:, None, None], np.linspace(0, 1, width)[None, :, None]
    image = (1 - y) * ((1 - x) * corners[0, 0] + x * corners[0, 1]) + y * ((1 - x) * corners[1, 0] + x * corners[1, 1])
    image = image.astype(np.uint8)
    held = np.zeros(size_hw, np.bool_)
    held[height // 3 : -height // 3, width // 3 : -width // 3] = True
    image[held] = (200, 30, 30)
    context, known = extend_edges(image, held)
    return TrainingPicture(image, context, held, known, LABELS)


@pytest.fixture(scope="session")
def stock():
    return SmallStock()


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """Two shards of one size, of four pictures each."""
    folder = tmp_path_factory.mktemp("plates")
    for number in (0, 2):
        write_shard(folder / f"shard-{number:04}", [drawn_picture(10 * number + index) for index in range(4)])
    return [Shard.read(folder / f"shard-{number:04}") for number in (0, 2)]


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer()


@pytest.fixture
def small_painter(tokenizer):
    """Makes painters of the checkpoint's kind with a few thousand weights, the same ones each time."""

    def make() -> Painter:
        torch.manual_seed(0)
        unet = UNet2DConditionModel(
            sample_size=8, in_channels=9, out_channels=4, layers_per_block=1, block_out_channels=(8, 16),
            norm_num_groups=4, attention_head_dim=2, cross_attention_dim=16,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        )  # fmt: skip
        text = CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=1, eos_token_id=tokenizer.eos_token_id,
        )  # fmt: skip
        return Painter(unet, CLIPTextModel(text))

    return make


@pytest.fixture
def latent_shards():
    """Latents of noise, of two sizes."""
    generator = torch.Generator().manual_seed(0)

    def shard(height, width):
        mask = torch.ones(6, 1, height, width, dtype=torch.bool)
        mask[:, :, 2:5, 2:5] = False
        latents, context = (torch.randn(6, 4, height, width, generator=generator).half() for _ in range(2))
        return LatentShard(latents, context, mask, (LABELS,) * 6)

    return [shard(8, 8), shard(12, 8)]
