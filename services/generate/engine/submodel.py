"""A checkpoint's networks as modules that take and give plain tensors, so that any library can compile them.

SubModel            what they have in common
├── UNet            one step's denoising
├── TextEncoder     tokens to embeddings
├── VaeEncoder      picture to the distribution of its latents
└── VaeDecoder      latents to picture
"""

from abc import ABC, abstractmethod
from typing import Any, Final

import torch
from torch import Tensor, nn

from services.generate.diffusion.networks import Networks
from services.generate.engine.interface import HEIGHT, ROWS, WIDTH, Interface, TensorSpec
from services.generate.engine.spec import Part


class SubModel(nn.Module, ABC):
    """A network whose inputs are an interface's, in its order.

    Args:
        part: Which it is.
        network: In evaluation mode.
        interface: Its inputs and outputs.
        in_channels: Of the picture or the latents that go in.
    """

    def __init__(self, part: Part, network: nn.Module, interface: Interface, in_channels: int) -> None:
        super().__init__()
        self.part = part
        self.network = network
        self.interface = interface
        self.in_channels = in_channels

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return next(self.network.parameters()).dtype

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """All outputs, from all inputs."""
        return self.compute({spec.name: tensor for spec, tensor in zip(self.interface.inputs, tensors, strict=True)})

    @abstractmethod
    def compute(self, named: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """All outputs, from inputs by name."""

    def weight_names(self) -> set[str]:
        """Names in the network's `state_dict` of all weights that count; the exported graph has the same."""
        return set(self.network.state_dict())


class UNet(SubModel):
    """(2B, C, h, w) noisy latents to the predicted noise; C is 9 where mask and masked picture come with them.

    Each row has a timestep of its own, so that requests at different steps can share a batch.
    """

    #: Inputs that some configurations have; the first two are SDXL's.
    _ADDED: Final = ("text_embeds", "time_ids")

    def __init__(self, unet: Any) -> None:
        config, dtype = unet.config, dtype_name(unet.dtype)
        inputs = [
            TensorSpec("sample", dtype, (ROWS, config.in_channels, HEIGHT, WIDTH)),
            TensorSpec("timestep", "float32", (ROWS,)),
            TensorSpec("encoder_hidden_states", dtype, (ROWS, _TOKENS, config.cross_attention_dim)),
        ]
        if config.addition_embed_type == "text_time":
            ids = 6
            pooled = config.projection_class_embeddings_input_dim - ids * config.addition_time_embed_dim
            inputs += [
                TensorSpec("text_embeds", dtype, (ROWS, pooled)),
                TensorSpec("time_ids", dtype, (ROWS, ids)),
            ]
        if config.time_cond_proj_dim:
            inputs.append(TensorSpec("timestep_cond", dtype, (ROWS, config.time_cond_proj_dim)))
        outputs = (TensorSpec("noise_pred", dtype, (ROWS, config.out_channels, HEIGHT, WIDTH)),)
        halvings = len(config.block_out_channels) - 1
        interface = Interface(tuple(inputs), outputs, cell_px=8, rows_per_picture=2, multiple=2**halvings)
        super().__init__(Part.UNET, unet, interface, config.in_channels)

    def compute(self, named: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The predicted noise, or velocity."""
        # Diffusers concatenates them with float32 features; ONNX has no promotion of types.
        added = {name: named[name].float() for name in self._ADDED if name in named}
        return tuple(
            self.network(
                named["sample"], named["timestep"], named["encoder_hidden_states"],
                timestep_cond=named.get("timestep_cond"), added_cond_kwargs=added or None, return_dict=False,
            )
        )  # fmt: skip


class TextEncoder(SubModel):
    """(B, 77) tokens to the last layer's embeddings, the one before it, and the text's pooled embedding."""

    def __init__(self, part: Part, encoder: Any) -> None:
        config, dtype = encoder.config, dtype_name(encoder.dtype)
        inputs = [TensorSpec("input_ids", "int64", (ROWS, config.max_position_embeddings))]
        if getattr(config, "use_attention_mask", None):
            inputs.append(TensorSpec("attention_mask", "int64", (ROWS, config.max_position_embeddings)))
        hidden = (ROWS, config.max_position_embeddings, config.hidden_size)
        self._projects = part == Part.TEXT_ENCODER_2
        pooled = config.projection_dim if self._projects else config.hidden_size
        outputs = (
            TensorSpec("last_hidden_state", dtype, hidden),
            TensorSpec("penultimate_hidden_state", dtype, hidden),
            TensorSpec("pooled", dtype, (ROWS, pooled)),
        )
        super().__init__(part, encoder, Interface(tuple(inputs), outputs), in_channels=0)

    def compute(self, named: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """What Stable Diffusion 1, SDXL and SDXL's added conditions listen to."""
        output = self.network(named["input_ids"], attention_mask=named.get("attention_mask"), output_hidden_states=True)
        pooled = output.text_embeds if self._projects else output.pooler_output
        return output.last_hidden_state, output.hidden_states[-2], pooled


class VaeEncoder(SubModel):
    """(B, 3, H, W) in [-1, 1] sRGB to mean and log variance of the latents, (B, 8, H / 8, W / 8), unscaled."""

    def __init__(self, vae: Any) -> None:
        dtype = dtype_name(vae.dtype)
        halvings = len(vae.config.block_out_channels) - 1
        inputs = (TensorSpec("image", dtype, (ROWS, vae.config.in_channels, HEIGHT, WIDTH)),)
        outputs = (TensorSpec("moments", dtype, (ROWS, 2 * vae.config.latent_channels, "cells_high", "cells_wide")),)
        interface = Interface(inputs, outputs, multiple=2**halvings)
        super().__init__(Part.VAE_ENCODER, vae, interface, vae.config.in_channels)

    @property
    def _vae(self) -> Any:
        return self.network

    def compute(self, named: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Mean and log variance."""
        moments = self._vae.encoder(named["image"])
        return (self._vae.quant_conv(moments) if self._vae.quant_conv is not None else moments,)

    def weight_names(self) -> set[str]:
        """The encoder's half."""
        return {name for name in super().weight_names() if name.startswith(("encoder.", "quant_conv."))}


class VaeDecoder(SubModel):
    """(B, 4, h, w) latents, unscaled, to a picture, (B, 3, 8h, 8w) in about [-1, 1] sRGB."""

    def __init__(self, vae: Any) -> None:
        dtype = dtype_name(vae.dtype)
        inputs = (TensorSpec("latents", dtype, (ROWS, vae.config.latent_channels, HEIGHT, WIDTH)),)
        outputs = (TensorSpec("image", dtype, (ROWS, vae.config.out_channels, "pixels_high", "pixels_wide")),)
        interface = Interface(inputs, outputs, cell_px=2 ** (len(vae.config.block_out_channels) - 1))
        super().__init__(Part.VAE_DECODER, vae, interface, vae.config.latent_channels)

    @property
    def _vae(self) -> Any:
        return self.network

    def compute(self, named: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """The picture."""
        latents = named["latents"]
        if self._vae.post_quant_conv is not None:
            latents = self._vae.post_quant_conv(latents)
        return (self._vae.decoder(latents),)

    def weight_names(self) -> set[str]:
        """The decoder's half."""
        return {name for name in super().weight_names() if name.startswith(("decoder.", "post_quant_conv."))}


#: Places of CLIP's text encoders; the UNet listens to all of them.
_TOKENS: Final = 77


def sub_models(networks: Networks) -> dict[Part, SubModel]:
    """All sub-models of a checkpoint; they share its networks' weights."""
    encoders = (Part.TEXT_ENCODER, Part.TEXT_ENCODER_2)
    texts = {part: TextEncoder(part, encoder) for part, encoder in zip(encoders, networks.encoders, strict=False)}
    return {
        **texts,
        Part.UNET: UNet(networks.unet),
        Part.VAE_ENCODER: VaeEncoder(networks.vae),
        Part.VAE_DECODER: VaeDecoder(networks.vae),
    }


def dtype_name(dtype: torch.dtype) -> str:
    """A type's name in a `TensorSpec`: "float16" for torch.float16."""
    return str(dtype).removeprefix("torch.")
