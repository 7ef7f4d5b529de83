"""A small convolutional stem in place of CLIP's patch convolution.

Vision transformers with a stack of small convolutions in front learn far faster from few pictures than with
one wide patch convolution (Xiao et al., "Early Convolutions Help Transformers See Better", 2021). Only packs
trained from scratch use it; published CLIP weights have the patch convolution.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

STEM_STRIDE = 16
"""Pixels per token along each side."""


def _unit(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False), nn.BatchNorm2d(channels_out), nn.GELU()
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _unit(channels, channels, 1)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.second(self.first(x)))


def convolutional_stem(width: int) -> nn.Sequential:
    """Return a stem from ``(B, 3, S, S)`` to ``(B, width, S / 16, S / 16)``."""
    return nn.Sequential(
        _unit(3, 24, 2),
        _unit(24, 48, 2),
        _Residual(48),
        _unit(48, 96, 2),
        _Residual(96),
        _Residual(96),
        nn.Conv2d(96, width, 3, 2, 1),
    )
