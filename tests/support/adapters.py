"""LoRA adapters of random numbers, as three programs write them."""

import torch
from safetensors.torch import save

#: A few layers of the tiny UNet, and their (out, in).
LAYERS = {
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q": (64, 64),
    "mid_block.attentions.0.transformer_blocks.0.ff.net.2": (64, 256),
    "up_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k": (64, 32),
}
NAMES = {
    "kohya": ("lora_unet_{}", ".lora_down.weight", ".lora_up.weight"),
    "peft": ("base_model.model.unet.{}", ".lora_A.weight", ".lora_B.weight"),
    "diffusers": ("unet.{}", ".lora_A.weight", ".lora_B.weight"),
}


def factors(seed=0, rank=4, layers=LAYERS):
    """Both factors of every layer."""
    generator = torch.Generator().manual_seed(seed)
    return {
        layer: (
            torch.randn(rank, width_in, generator=generator) * 0.3,
            torch.randn(out, rank, generator=generator) * 0.3,
        )
        for layer, (out, width_in) in layers.items()
    }


def adapter_data(style="kohya", *, alpha=None, more=None, **arguments):
    """The bytes of a file of `factors`."""
    stem, down_suffix, up_suffix = NAMES[style]
    tensors = {}
    for layer, (down, up) in factors(**arguments).items():
        name = stem.format(layer.replace(".", "_") if style == "kohya" else layer)
        tensors |= {name + down_suffix: down.contiguous(), name + up_suffix: up.contiguous()}
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(float(alpha))
    return save(tensors | (more or {}))
