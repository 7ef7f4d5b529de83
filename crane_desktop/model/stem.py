"""A small convolutional stem in place of CLIP's patch convolution.

Vision transformers with a stack of small convolutions in front learn far faster from few pictures than with
one wide patch convolution (Xiao et al., "Early Convolutions Help Transformers See Better", 2021). Only packs
trained from scratch use it; published CLIP weights have the patch convolution.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from crane_desktop.model.config import StemShape

STAGES = (24, 48, 96)
"""Channels at strides 2, 4 and 8; the last stage has the tower's width at stride 16."""
_COARSEST = 16
"""Stride of the last stage, in pixels."""
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
    """From normalised pictures ``(B, 3, S, S)`` to ``(B, width, S / 16, S / 16)``; S is a multiple of a token's width.

    A token wider than 16 pixels is the mean of several places of the last stage. Every pixel is seen twice: as it is,
    and by how far it stands out from its neighbourhood, so that a scratch on dark rubber is as loud as one on bright
    metal.
    """

    def __init__(self, width: int, shape: StemShape) -> None:
        half, quarter, eighth = STAGES
        super().__init__(
            _unit(6, half, 2),
            _stage(half, quarter, shape.blocks[0]),
            _stage(quarter, eighth, shape.blocks[1]),
            _stage(eighth, width, shape.blocks[2]),
        )
        self._pooled = shape.token_px // _COARSEST

    def stages(self, images: Tensor) -> list[Tensor]:
        """Return what each stage makes of the pictures, at strides 2, 4, 8 and 16."""
        made = [torch.cat([images, local_contrast(images)], dim=1)]
        for stage in self:
            made.append(stage(made[-1]))
        return made[1:]

    def pooled(self, last: Tensor) -> Tensor:
        """Return the tokens, ``(B, width, g, g)``, that the last stage makes."""
        return F.avg_pool2d(last, self._pooled) if self._pooled > 1 else last

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


class Detail(nn.Module):
    """Patch features every 8 pixels: what the tower made of its tokens, and what the stem saw at strides 16 and 8.

    The tower knows what belongs where, the stem where exactly something does not; a flaw much smaller than a token is
    lost on the way through the tower. One MLP weighs them. It is the idea of feature pyramids (Lin et al. 2017).
    Beside it stands what the stem alone says, straight in the joint space: as DINOv2's patches stand beside CLIP's in
    Crane+, its opinion does not depend on how well the tower knows such parts.
    """

    def __init__(self, width: int, embed_dim: int) -> None:
        super().__init__()
        self.alone = nn.Linear(STAGES[-1], embed_dim)
        self.seen = nn.Linear(STAGES[-1], width)
        self.middle = nn.Linear(width, width)
        self.ln_before = nn.LayerNorm(width)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, tokens: Tensor, middle: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        """Return features ``(B, h * h, W)`` that the tower has a say in, and ``(B, h * h, D)`` of the stem alone.

        Parameters
        ----------
        tokens
            ``(B, g * g, W)`` of the tower.
        middle, fine
            The stages at strides 16 and 8, ``(B, W, h / 2, h / 2)`` and ``(B, C, h, h)``.
        """
        side, here = fine.shape[-1], _flat(fine)
        joined = self.seen(here) + _enlarged(tokens, side) + _enlarged(self.middle(_flat(middle)), side)
        return joined + self.second(F.gelu(self.first(self.ln_before(joined)))), self.alone(here)

    def stand_by(self) -> None:
        """Hand on what the tower made, until something else is learnt."""
        with torch.no_grad():
            for layer in (self.seen, self.middle, self.second):
                layer.weight.zero_()
                layer.bias.zero_()


def _flat(grid: Tensor) -> Tensor:
    return grid.flatten(2).transpose(1, 2)


def _enlarged(tokens: Tensor, side: int) -> Tensor:
    batch, count, width = tokens.shape
    grid = tokens.view(batch, int(count**0.5), -1, width).permute(0, 3, 1, 2)  # channels last: nothing is copied
    return _flat(F.interpolate(grid, size=(side, side), mode="bilinear", align_corners=False))


def local_contrast(images: Tensor) -> Tensor:
    """Return ``(B, C, S, S)`` pixels less their neighbourhood's mean, over its standard deviation."""
    apart = images - _around(images)
    return apart / (_around(apart * apart).clamp(min=0).sqrt() + _FLAT)


def _around(values: Tensor) -> Tensor:
    """Mean over some 24 pixels around each; made small on the way, which is what makes it cheap."""
    small = F.avg_pool2d(values, _NEIGHBOURHOOD)
    small = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return F.interpolate(small, size=values.shape[-2:], mode="bilinear", align_corners=False)
