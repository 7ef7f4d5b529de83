"""The report's pictures: which ones the model got most wrong, and what it saw in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.samples import Sample
from crane_desktop.evaluation.evaluate import Evaluation
from crane_desktop.overlay.render import with_heatmap

MOST_OF_A_CLASS = 4
"""Misses of a class that are shown, and false alarms."""
MOST = 64
"""Pictures of all classes together: the page stays below some megabytes."""
_LONGER_SIDE_PX = 300
_OUTLINE = (0, 255, 255)
_EDGE = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A picture that lies on the wrong side.

    Attributes
    ----------
    beyond
        Share of the other label's pictures that lie at its score or beyond it: 1 where no threshold helps.
    """

    group: str
    sample: Sample
    score: float
    beyond: float


def worst(evaluation: Evaluation, *, misses: bool) -> list[Wrong]:
    """Return the defective pictures with the lowest scores, or the good ones with the highest, class by class.

    Those that all pictures of the other label leave behind are not wrong, and left out. Where there are more classes
    than the page has room for, those that are worst in their class come first.
    """
    found: list[Wrong] = []
    groups = evaluation.scores
    for group, scores in groups.items():
        sign = 1.0 if misses else -1.0
        known = ~np.isnan(scores.scores)
        mine, others = (known & (scores.defective == which) for which in (misses, not misses))
        beyond = np.sort(sign * scores.scores[others])
        if not len(beyond):
            continue
        indexes = np.flatnonzero(mine)
        order = indexes[np.argsort(sign * scores.scores[indexes], kind="stable")][:MOST_OF_A_CLASS]
        for index in order:
            at = int(np.searchsorted(beyond, sign * scores.scores[index], side="left"))
            share = 1 - at / len(beyond)
            if share > 0:
                found.append(Wrong(group, scores.samples[index], float(scores.scores[index]), share))
    room = MOST // 2
    if len(found) > room:
        chosen = {id(wrong) for wrong in sorted(found, key=lambda wrong: -wrong.beyond)[:room]}
        found = [wrong for wrong in found if id(wrong) in chosen]
    return found


def shown(scorer: Scorer, sample: Sample) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a picture and, beside it, its heatmap with the drawn defects outlined: uint8 ``(h, w, 3)`` each.

    Raises
    ------
    InputError
        If the picture or its mask cannot be read any more.
    """
    pixels = sample.pixels()
    scored = scorer.score(pixels)
    height, width = pixels.shape[:2]
    factor = min(1.0, _LONGER_SIDE_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    place = scored.anomaly_map.placement
    x, y = size[0] / width, size[1] / height
    moved = Placement(place.x_px * x, place.y_px * y, place.width_px * x, place.height_px * y)
    seen = with_heatmap(small, AnomalyMap(scored.anomaly_map.values, moved))
    mask = sample.mask((height, width))
    if mask is not None and mask.any():
        _outline(seen, mask, size)
    plain = np.repeat(small[:, :, None], 3, axis=2) if small.ndim == 2 else small
    return plain, seen


def _outline(picture: NDArray[np.uint8], mask: NDArray[np.bool_], size: tuple[int, int]) -> None:
    # A defect of one pixel must not get lost in the small picture: any share of it counts.
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    wide = cv2.dilate((share > 0).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=2)
    contours, _ = cv2.findContours(wide, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, contours, -1, _EDGE, 3)
    cv2.drawContours(picture, contours, -1, _OUTLINE, 1)
