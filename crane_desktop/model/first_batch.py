"""Score parts that nobody has labelled against each other: what no other part of the batch shows is odd.

Mutual scoring (MuSc: Li et al., ICLR 2024) on the front of EfficientNet-Lite0. For each patch of a picture the nearest
patch of every other picture is looked for; the mean of the lowest 30 % of these distances is the patch's oddness, so
that what a third of the batch shows, wherever it lies there, is usual. Two distances are taken, Euclidean (how strongly
a patch answers) and of the angle (what it answers to): each finds what the other passes over. Their logarithms are
brought to one scale by the batch's own spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crane_desktop.model.lite import LiteFeatures, as_lite_sees

SIZE_PX: Final = 320
_BLOCK: Final = 4
"""Measured on four real sets, six odd parts among 36: alone it beats blocks 1 and 2, at 320 px as well as at 448."""
_NEAREST_SHARE: Final = 0.3
_TOP_SHARE: Final = 0.01
"""Of a picture's patches; the mean of the oddest is the picture's."""
_MOST_OTHERS: Final = 64
"""Each picture is compared with so many others, drawn evenly: time grows with the batch, not with its square."""
_AT_ONCE: Final = 8
"""Others whose patches are compared at a time: some megabytes, which stay in the processor's cache."""
_LEAST_DISTANCE: Final = 1e-3
_LEAST_SPREAD: Final = 1e-3
_LEAST_WIDTH: Final = 0.02
"""Batches of real parts spread by .05 to .5; where all look the same, the last bits of a number must not decide."""
SUSPECT_FROM: Final = 3.5
"""Widths above the usual part: the modified z-score of Iglewicz and Hoaglin (1993), with their limit."""
_SOFTNESS: Final = 1.5
"""Widths; see `shown`."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a batch says about its parts, in the order in which they were given.

    Attributes
    ----------
    oddness
        float64 ``(N,)``: how far each part stands above the usual one, in robust widths of the batch; no bound.
    maps
        float32 ``(N, h, w)``: the same for each place.
    """

    oddness: NDArray[np.float64]
    maps: NDArray[np.float32]

    @property
    def suspects(self) -> NDArray[np.bool_]:
        """Which parts stand off the others, ``(N,)``."""
        return self.oddness > SUSPECT_FROM


def shown(oddness: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return oddness on 0..1, as maps and scores are shown: 0.5 where a part becomes a suspect, 0.1 for a usual one."""
    return np.asarray(1 / (1 + np.exp((SUSPECT_FROM - oddness) / _SOFTNESS)), np.float32)


def features_of(net: LiteFeatures, pixels: NDArray[np.uint8]) -> Tensor:
    """Return what the network sees of a uint8 picture ``(H, W)`` or ``(H, W, 3)`` RGB: float16 ``(C, h, w)``."""
    with torch.inference_mode():
        (seen,) = net(as_lite_sees(pixels, SIZE_PX), (_BLOCK,))
    return seen[0].half()


def judge_batch(features: list[Tensor], on_part: Callable[[int, int], None]) -> Judged:
    """Score every part against the others.

    Parameters
    ----------
    features
        Of three parts or more, ``(C, h, w)`` each; see `features_of`.
    on_part
        Told how many parts are done, and of how many; what it raises ends the work.
    """
    height, width = features[0].shape[-2:]
    parts = _standardised(features)
    others = _others(len(parts))
    found = np.empty((len(parts), 2, height * width), np.float64)
    with torch.inference_mode():
        for number, part in enumerate(parts):
            near = torch.cat([_nearest(part, parts[some]) for some in others[number].split(_AT_ONCE)], dim=1)
            fewest = max(1, round(_NEAREST_SHARE * near.shape[1]))
            found[number] = near.topk(fewest, dim=1, largest=False).values.mean(1).numpy()
            on_part(number + 1, len(parts))
    places = _on_one_scale(found)
    most = max(1, round(_TOP_SHARE * places.shape[1]))
    tops = np.sort(places, axis=1)[:, -most:].mean(axis=1)
    usual = np.median(tops)
    spread = max(1.4826 * float(np.median(np.abs(tops - usual))), _LEAST_WIDTH)
    maps = ((places - usual) / spread).astype(np.float32)
    return Judged((tops - usual) / spread, maps.reshape(-1, height, width))


def _standardised(features: list[Tensor]) -> Tensor:
    """Return float32 ``(N, places, C)``, each channel with mean 0 and spread 1 over the batch."""
    parts = torch.stack(features).flatten(2).transpose(1, 2).float()
    spread, mean = torch.std_mean(parts, dim=(0, 1))
    return (parts - mean).div_(spread.clamp_min(_LEAST_SPREAD))


def _others(count: int) -> list[Tensor]:
    """Return for each part the numbers of the others that it is compared with; each part is asked as often as any."""
    ring = torch.randperm(count, generator=torch.Generator().manual_seed(count))
    most = min(count - 1, _MOST_OTHERS)
    steps = torch.arange(1, most + 1)
    places = torch.argsort(ring)
    return [ring[(place + steps) % count] for place in places]


def _nearest(part: Tensor, others: Tensor) -> Tensor:
    """Return how near each place of a part ``(P, C)`` comes in others ``(M, P, C)``: ``(2, M, P)``, see above."""
    keys = others.flatten(0, 1)
    lengths, own = keys.norm(dim=1, keepdim=True), part.norm(dim=1)
    products = keys @ part.T
    shape = (len(others), -1, len(part))
    squares = torch.addcmul(products * -2, lengths, lengths).view(shape).amin(1) + own**2
    cosines = products.div_(lengths.clamp_min(_LEAST_DISTANCE)).view(shape).amax(1) / own.clamp_min(_LEAST_DISTANCE)
    distances = torch.stack((squares / part.shape[1], 2 - 2 * cosines))
    return distances.clamp_min_(0).sqrt_()


def _on_one_scale(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(N, places)`` of distances ``(N, 2, places)``: mean of their logarithms in spreads of the batch."""
    logs = np.log(np.maximum(found, _LEAST_DISTANCE))
    low, middle, high = np.quantile(logs, (0.25, 0.5, 0.75), axis=(0, 2), keepdims=True)
    scaled: NDArray[np.float64] = ((logs - middle) / np.maximum(high - low, _LEAST_SPREAD)).mean(axis=1)
    return scaled
