"""Score parts that nobody has labelled against each other: what no other part of the batch shows is odd.

Mutual scoring (MuSc: Li et al., ICLR 2024) on the front of EfficientNet-Lite0. For each patch of a picture the nearest
patch of every other picture is looked for; the mean of the lowest 30 % of these distances is the patch's oddness, so
that what a third of the batch shows, wherever it lies there, is usual. Two distances are taken, Euclidean (how strongly
a patch answers) and of the angle (what it answers to): each finds what the other passes over. Their logarithms are
brought to one scale by the batch's own spread.

Each picture is looked at twice: as a whole (what the parts are made of), and finely (lines and edges, as on circuit
boards). Odd parts stretch the upper end of the scores; where the first look finds a long lower end in its place, it
only tells simple parts from busy ones, and the fine look judges.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from crane_desktop.model.lite import LiteFeatures, as_lite_sees

Looks: TypeAlias = tuple[Tensor, ...]
"""What each view sees of one part: float16 ``(C, h, w)``."""


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at a part.

    Attributes
    ----------
    size_px
        The picture is brought to this side.
    block
        Of the network, whose answer is taken.
    step
        From patch to patch, in places of the block's answer.
    tops
        Of a picture's patches; their mean is the picture's.
    pairs
        Pictures that are compared with each other at most: time grows with the batch, not with its square.
    """

    size_px: int
    block: int
    step: int
    tops: int
    pairs: int


WHOLE: Final = View(size_px=320, block=4, step=1, tops=8, pairs=9_600)
FINE: Final = View(size_px=448, block=2, step=2, tops=2, pairs=6_400)
VIEWS: Final = (WHOLE, FINE)
"""Measured on four real sets, six odd parts among 36."""

_NEAREST_SHARE: Final = 0.3
_LEAST_SKEWNESS: Final = 0.2
"""Of the scores of the first look. With six odd parts among 36 three real sets have 0.4 to 1.3, circuit boards less."""
_AT_ONCE: Final = 640_000
"""Distances that are computed at a time: they stay in the processor's cache."""
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
    return np.asarray(expit((oddness - SUSPECT_FROM) / _SOFTNESS), np.float32)


def features_of(net: LiteFeatures, pixels: NDArray[np.uint8]) -> Looks:
    """Return what each view sees of a uint8 picture ``(H, W)`` or ``(H, W, 3)`` RGB: float16 ``(C, h, w)`` each."""
    return tuple(_seen(net, pixels, view) for view in VIEWS)


def judge_batch(features: Sequence[Looks], on_part: Callable[[int, int], None]) -> Judged:
    """Score every part against the others.

    Parameters
    ----------
    features
        Of three parts or more; see `features_of`.
    on_part
        Told how many parts are done, and of how many, from 1 to the last, then perhaps the last again for each part
        that is looked at finely; what it raises ends the work.
    """
    whole = [part[0] for part in features]
    places = _places(whole, WHOLE, on_part)
    tops = _tops(places, WHOLE)
    if _skewness(tops) < _LEAST_SKEWNESS:
        whole = [part[1] for part in features]
        places = _places(whole, FINE, lambda _done, of: on_part(of, of))
        tops = _tops(places, FINE)
    usual = np.median(tops)
    width = max(1.4826 * float(np.median(np.abs(tops - usual))), _LEAST_WIDTH)
    maps = ((places - usual) / width).astype(np.float32)
    return Judged((tops - usual) / width, maps.reshape(len(tops), *whole[0].shape[-2:]))


def _seen(net: LiteFeatures, pixels: NDArray[np.uint8], view: View) -> Tensor:
    with torch.inference_mode():
        (found,) = net(as_lite_sees(pixels, view.size_px), (view.block,))
        patches: Tensor = found[0, :, :: view.step, :: view.step].half().contiguous()
        return patches


def _places(parts: Sequence[Tensor], view: View, on_part: Callable[[int, int], None]) -> NDArray[np.float64]:
    """Return how odd each place of each part is, ``(N, places)``, in spreads of the batch."""
    with torch.inference_mode():
        asked = _standardised(parts)
        others = _others(len(asked), view.pairs)
        found = np.empty((len(asked), 2, asked.shape[1]), np.float64)
        at_once = max(1, _AT_ONCE // asked.shape[1] ** 2)
        for number, part in enumerate(asked):
            some = (others[number][first : first + at_once] for first in range(0, len(others[number]), at_once))
            near = torch.cat([_nearest(part, asked[one]) for one in some], dim=1)
            fewest = max(1, round(_NEAREST_SHARE * near.shape[1]))
            found[number] = near.topk(fewest, dim=1, largest=False).values.mean(1).numpy()
            on_part(number + 1, len(asked))
    return _on_one_scale(found)


def _tops(places: NDArray[np.float64], view: View) -> NDArray[np.float64]:
    tops: NDArray[np.float64] = np.sort(places, axis=1)[:, -view.tops :].mean(axis=1)
    return tops


def _skewness(values: NDArray[np.float64]) -> float:
    off = values - values.mean()
    return float((off**3).mean() / max(float((off**2).mean()) ** 1.5, _LEAST_SPREAD**3))


def _standardised(features: Sequence[Tensor]) -> Tensor:
    """Return float32 ``(N, places, C)``, each channel with mean 0 and spread 1 over the batch."""
    parts = torch.stack(list(features)).flatten(2).transpose(1, 2).float()
    spread, mean = torch.std_mean(parts, dim=(0, 1))
    return (parts - mean).div_(spread.clamp_min(_LEAST_SPREAD))


def _others(count: int, pairs: int) -> list[Tensor]:
    """Return for each part the numbers of the others that it is compared with; each part is asked as often as any."""
    ring = torch.randperm(count, generator=torch.Generator().manual_seed(count))
    steps = torch.arange(1, min(count - 1, max(1, pairs // count)) + 1)
    return [ring[(place + steps) % count] for place in torch.argsort(ring)]


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
