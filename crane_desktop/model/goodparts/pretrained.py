"""What photographs taught to see in a part, place by place: EfficientNet-Lite0's blocks 2 and 4.

Of its blocks, their unions and sizes of 224 to 448 pixels, 2 and 4 together at 256 ranked good and defective parts best
on three of four real sets, at half of what 320 pixels cost; on the fourth (bare circuits) no pretrained block helps,
and texture and the pack see what is wrong.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from crane_desktop.model.lite import BLOCKS, LiteFeatures, as_lite_sees, load_lite
from crane_desktop.model.runner import PatchFeatures, joined

SIDE_PX: Final = 256
_BLOCKS: Final = (2, 4)
FAMILIES: Final = tuple(BLOCKS[number].channels for number in _BLOCKS)


def pretrained(pixels: NDArray[np.uint8]) -> PatchFeatures:
    """Return what the network sees in a uint8 ``(H, W)`` or ``(H, W, 3)`` picture, every 8 pixels of its square.

    Raises
    ------
    StationFault
        If the program's weights are missing or damaged.
    """
    with torch.inference_mode():
        return joined(_network()(as_lite_sees(pixels, SIDE_PX), _BLOCKS))


@cache
def _network() -> LiteFeatures:
    return load_lite()
