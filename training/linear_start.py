"""An autoencoder that begins as linear maps: patches' principal components in, smooth enlargement out.

Its residual branches begin at nothing (Zhang et al., arXiv 1901.09321), and two tricks take a signal through what is
not linear: SiLU(x) - SiLU(-x) = x, and a norm whose group holds the signal's negative and large constants divides by
nearly the same number whatever the picture.
"""

from typing import Any, Final

import torch
from torch import Tensor, nn

from training.patches import PatchBasis

#: The constants beside a signal, relative to its deviation.
_LARGE: Final = 8.0
_CONSTANTS: Final = 6
#: Logarithm of the latents' variance: noise that keeps the decoder from reading more than latents can hold.
_LOG_VARIANCE: Final = -8.0


@torch.no_grad()
def start_linear(vae: Any, basis: PatchBasis) -> None:
    """Set an untrained autoencoder's weights.

    Args:
        vae: Of `networks.new_autoencoder`.
        basis: As many components as it has latent channels.
    """
    for block in _residual_blocks(vae):
        nn.init.zeros_(block.conv2.weight)
        nn.init.zeros_(block.conv2.bias)
    # Fine components count less than their deviation's share: they are half hidden in noise while coarse ones form.
    scales = basis.deviations.sqrt()
    _start_encoder(vae.encoder, basis, scales / scales.mean() / basis.deviations)
    _identity(vae.quant_conv, vae.quant_conv.out_channels)
    _identity(vae.post_quant_conv, vae.post_quant_conv.out_channels)
    means = basis.columns.view(3, -1, len(basis.deviations)).mean(1)  # each component's mean colour
    gains = basis.deviations / (scales / scales.mean())
    _start_decoder(vae.decoder, means * gains, basis.mean.view(3, -1).mean(1))


def _start_encoder(encoder: Any, basis: PatchBasis, scales: Tensor) -> None:
    components = len(scales)
    _identity(encoder.conv_in, 3)
    gather_0, gather_1 = (encoder.down_blocks[level].downsamplers[0].conv for level in (0, 1))
    _gather(gather_0, 3)
    _identity(encoder.down_blocks[1].resnets[0].conv_shortcut, 12)
    _gather(gather_1, 12)
    _identity(encoder.down_blocks[2].resnets[0].conv_shortcut, 48)
    project = encoder.down_blocks[2].downsamplers[0].conv
    rows = (basis.rows * scales[:, None]).view(
        components, 3, 2, 2, 2, 2, 2, 2
    )  # colour, then rows and columns by halves
    project.weight[: components + 1] = 0
    # The gathers stack channels as (fine row, fine column, colour), the coarser pair before them.
    placed = rows.permute(0, 2, 5, 3, 6, 4, 7, 1)
    for row in range(2):
        for column in range(2):
            project.weight[:components, :48, row, column] = placed[:, row, column].reshape(components, 48)
    project.bias[:components] = -(basis.rows @ basis.mean) * scales
    project.bias[components] = 1.0
    groups = encoder.conv_norm_out.num_groups
    _pair_up(encoder.down_blocks[3].resnets[0].conv_shortcut, components, groups)
    _read_pairs(encoder.conv_norm_out, encoder.conv_out, components)
    encoder.conv_out.weight[components:] = 0
    encoder.conv_out.bias[components:] = _LOG_VARIANCE


def _start_decoder(decoder: Any, colours: Tensor, mean: Tensor) -> None:
    """Each cell's mean colour, enlarged by smooth interpolation; the rest of the latents goes along for training."""
    channels = colours.shape[1]
    decoder.conv_in.weight[: 4 + channels] = 0
    decoder.conv_in.weight[:3, :, 1, 1] = colours
    decoder.conv_in.weight[4 : 4 + channels, :, 1, 1] = torch.eye(channels)
    decoder.conv_in.bias[: 4 + channels] = 0
    decoder.conv_in.bias[:3] = mean
    decoder.conv_in.bias[3] = 1.0
    tent = torch.tensor([0.25, 0.5, 0.25])
    for block in decoder.up_blocks:
        shortcut = block.resnets[0].conv_shortcut
        if shortcut is not None and block is not decoder.up_blocks[-1]:
            _identity(shortcut, 4 + channels)
        if block.upsamplers:
            conv = block.upsamplers[0].conv
            _identity(conv, 4 + channels)
            for channel in range(3):
                conv.weight[channel, channel] = tent[:, None] * tent[None, :]
    _pair_up(decoder.up_blocks[-1].resnets[0].conv_shortcut, 3, decoder.conv_norm_out.num_groups)
    _read_pairs(decoder.conv_norm_out, decoder.conv_out, 3)


def _residual_blocks(vae: Any) -> list[Any]:
    return [module for module in vae.modules() if type(module).__name__ == "ResnetBlock2D"]


def _identity(conv: nn.Conv2d, channels: int) -> None:
    """The first channels pass unchanged, and nothing else is added to them."""
    conv.weight[:channels] = 0
    middle = conv.kernel_size[0] // 2
    for channel in range(channels):
        conv.weight[channel, channel, middle, middle] = 1
    if conv.bias is not None:
        conv.bias[:channels] = 0


def _gather(conv: nn.Conv2d, channels: int) -> None:
    """Every 2 x 2 of the first channels, stacked as (row, column, channel); the kernel begins at the cell's corner."""
    conv.weight[: 4 * channels] = 0
    for place in range(4):
        for channel in range(channels):
            conv.weight[place * channels + channel, channel, place // 2, place % 2] = 1
    if conv.bias is not None:
        conv.bias[: 4 * channels] = 0


def _pair_up(shortcut: Any, signals: int, groups: int) -> None:
    """Each signal with its negative and constants in a group of its own; the constant 1 comes after the signals."""
    size = shortcut.out_channels // groups
    constants = min(_CONSTANTS, size - 2)
    for signal in range(signals):
        first, end = signal * size, signal * size + 2 + constants
        shortcut.weight[first:end] = 0
        shortcut.bias[first:end] = 0
        shortcut.weight[first, signal] = 1
        shortcut.weight[first + 1, signal] = -1
        for place in range(constants):
            shortcut.weight[first + 2 + place, signals] = _LARGE * (-1) ** place


def _read_pairs(norm: nn.GroupNorm, conv: Any, signals: int) -> None:
    size = norm.num_channels // norm.num_groups
    constants = min(_CONSTANTS, size - 2)
    conv.weight[:signals] = 0
    conv.bias[:signals] = 0
    for signal in range(signals):
        first = signal * size
        norm.weight[first : first + 2] = _LARGE * (constants / size) ** 0.5
        conv.weight[signal, first, 1, 1] = 1
        conv.weight[signal, first + 1, 1, 1] = -1
