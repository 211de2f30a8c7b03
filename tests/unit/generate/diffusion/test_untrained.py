import numpy as np

from services.generate.diffusion.request import Inpainting
from services.generate.diffusion.untrained import count_weights, untrained_checkpoint, untrained_networks
from services.generate.pipeline import InpaintPipeline
from tests.support.diffusion import held_square, run_alone, sample_request, soft_picture

SMALL = (32,) * 4


def untrained(size_px):
    return InpaintPipeline(untrained_checkpoint(size_px), untrained_networks(size_px, SMALL))


def test_untrained_networks_draw_in_their_size():
    pictures = Inpainting.plain(soft_picture(size_hw=(64, 64)), held_square((64, 64)))
    request = sample_request(pictures=pictures, steps=2)
    first, second = run_alone(untrained(64), request), run_alone(untrained(64), request)
    assert (first.shape, first.dtype) == ((64, 64, 3), np.uint8)
    assert np.array_equal(first, second)


def test_weights_are_counted_by_network():
    counted = count_weights(untrained_networks(64, SMALL))
    assert counted.keys() == {"unet", "vae", "text_encoder"}
    assert min(counted.values()) > 0
