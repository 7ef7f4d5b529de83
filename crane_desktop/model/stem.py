"""A small convolutional stem in place of CLIP's patch convolution.

Vision transformers with a stack of small convolutions in front learn far faster from few pictures than with
one wide patch convolution (Xiao et al., "Early Convolutions Help Transformers See Better", 2021). Only packs
trained from scratch use it; published CLIP weights have the patch convolution.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STEM_STRIDE = 16
"""Pixels per token along each side."""
STAGES = (24, 48, 96)
"""Channels at strides 2, 4 and 8; the last stage has the tower's width at stride 16."""
_NEIGHBOURHOOD = 8
_FLAT = 0.05
"""Standard deviation, of normalised pixels, below which a neighbourhood counts as flat."""


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


class ConvolutionalStem(nn.Sequential):
    """From normalised pictures ``(B, 3, S, S)`` to ``(B, width, S / 16, S / 16)``; S is a multiple of 16.

    It sees every pixel twice: as it is, and by how far it stands out from its neighbourhood, so that a scratch on
    dark rubber is as loud as one on bright metal.
    """

    def __init__(self, width: int) -> None:
        half, quarter, eighth = STAGES
        super().__init__(
            _unit(6, half, 2),
            nn.Sequential(_unit(half, quarter, 2), _Residual(quarter)),
            nn.Sequential(_unit(quarter, eighth, 2), _Residual(eighth), _Residual(eighth)),
            nn.Sequential(_unit(eighth, width, 2), _Residual(width), _Residual(width)),
        )

    def stages(self, images: Tensor) -> list[Tensor]:
        """Return what each stage makes of the pictures, at strides 2, 4, 8 and 16."""
        made = [torch.cat([images, local_contrast(images)], dim=1)]
        for stage in self:
            made.append(stage(made[-1]))
        return made[1:]

    def forward(self, images: Tensor) -> Tensor:
        """Return the last stage."""
        return self.stages(images)[-1]


def local_contrast(images: Tensor) -> Tensor:
    """Return ``(B, C, S, S)`` pixels less their neighbourhood's mean, over its standard deviation."""
    apart = images - _around(images)
    return apart / (_around(apart * apart).clamp(min=0).sqrt() + _FLAT)


def _around(values: Tensor) -> Tensor:
    """Mean over some 24 pixels around each; made small on the way, which is what makes it cheap."""
    small = F.avg_pool2d(values, _NEIGHBOURHOOD)
    small = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return F.interpolate(small, size=values.shape[-2:], mode="bilinear", align_corners=False)
