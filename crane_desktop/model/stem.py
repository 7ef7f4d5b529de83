"""A small convolutional stem in place of CLIP's patch convolution.

Vision transformers with a stack of small convolutions in front learn far faster from few pictures than with
one wide patch convolution (Xiao et al., "Early Convolutions Help Transformers See Better", 2021). Only packs
trained from scratch use it; published CLIP weights have the patch convolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STEM_STRIDE = 16
"""Pixels per token along each side."""
STAGES = (24, 48, 96)
"""Channels at strides 2, 4 and 8; the last stage has the tower's width at stride 16."""
BLOCKS: Mapping[str, tuple[int, int, int]] = {"conv": (1, 2, 2), "deep": (3, 4, 2)}
"""Residual blocks at strides 4, 8 and 16, by the stem's name. What a defect is made of lies at the fine strides."""
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


def _stage(channels_in: int, channels_out: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(_unit(channels_in, channels_out, 2), *[_Residual(channels_out) for _ in range(blocks)])


class ConvolutionalStem(nn.Sequential):
    """From normalised pictures ``(B, 3, S, S)`` to ``(B, width, S / 16, S / 16)``; S is a multiple of 16.

    `blocks` are residual blocks at strides 4, 8 and 16. Every pixel is seen twice: as it is, and by how far it
    stands out from its neighbourhood, so that a scratch on dark rubber is as loud as one on bright metal.
    """

    def __init__(self, width: int, blocks: tuple[int, int, int]) -> None:
        half, quarter, eighth = STAGES
        super().__init__(
            _unit(6, half, 2),
            _stage(half, quarter, blocks[0]),
            _stage(quarter, eighth, blocks[1]),
            _stage(eighth, width, blocks[2]),
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

    def settle(self) -> None:
        """Make it answer faster from now on, and learn no more: batch norms are folded into the convolutions.

        It stays float32: in bfloat16 it would be faster still, and put scores off by more than profiles may be.
        """
        units: list[Any] = [part for part in self.modules() if isinstance(part, nn.Sequential)]
        for unit in units:
            if isinstance(unit[0], nn.Conv2d):
                unit[0], unit[1] = fuse_conv_bn_eval(unit[0], unit[1]), nn.Identity()
        whole: Any = self
        whole.to(memory_format=torch.channels_last)


def local_contrast(images: Tensor) -> Tensor:
    """Return ``(B, C, S, S)`` pixels less their neighbourhood's mean, over its standard deviation."""
    apart = images - _around(images)
    return apart / (_around(apart * apart).clamp(min=0).sqrt() + _FLAT)


def _around(values: Tensor) -> Tensor:
    """Mean over some 24 pixels around each; made small on the way, which is what makes it cheap."""
    small = F.avg_pool2d(values, _NEIGHBOURHOOD)
    small = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return F.interpolate(small, size=values.shape[-2:], mode="bilinear", align_corners=False)
