"""Sub-models of untrained, tiny networks, as they are exported."""

import torch

from services.generate.engine.factors import WithFactors
from services.generate.engine.spec import Part
from services.generate.engine.submodel import SubModel, TextEncoder, UNet, VaeDecoder, VaeEncoder
from tests.support.tiny_checkpoint import tiny_encoders, tiny_unet, tiny_vae

#: Heads of 16 at the width of the attentions, the smallest that TensorRT-RTX takes as one operator.
_HEADS = {"attention_head_dim": 4}


def tiny_submodel(part: Part, dtype=torch.float32, *, xl=False, channels=9, adapters=False, seed=7) -> SubModel:
    """One sub-model, the same every time.

    Args:
        part: Which.
        dtype: Of its weights.
        xl: SDXL's shape, with one transformer layer where the real one has up to ten.
        channels: Of the UNet.
        adapters: Whether their factors are inputs.
        seed: Of the weights.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = _made(part, dtype, xl, channels)
    model.eval().requires_grad_(requires_grad=False)
    return WithFactors(model) if adapters else model


def _made(part, dtype, xl, channels) -> SubModel:
    if part == Part.UNET:
        more = _HEADS | ({"transformer_layers_per_block": 1} if xl else {})
        return UNet(tiny_unet(xl, channels, more).to(dtype))
    if part in {Part.TEXT_ENCODER, Part.TEXT_ENCODER_2}:
        return TextEncoder(part, tiny_encoders(xl=True)[part].to(dtype))
    return {Part.VAE_ENCODER: VaeEncoder, Part.VAE_DECODER: VaeDecoder}[part](tiny_vae().to(dtype))
