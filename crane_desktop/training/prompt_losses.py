"""What prompt learning minimises, after the authors' code (train.py beside arXiv 2504.11055) and AnomalyCLIP's.

``2 * (focal + dice) + 0.2 * cross-entropy``, the map's part summed over the feature entries (Crane: E-Attn; Crane+:
D-Attn and E-Attn), each entry's soft-max enlarged by itself.

Where this differs, and why:

* *Dice on both maps.* The authors fold the two maps into one before Dice, ``(1 - normal + abnormal) / 2``, which is the
  abnormal map alone since the two sum to 1. We add Dice of the normal map against the good area, as AnomalyCLIP (arXiv
  2310.18961, eq. 4) does: on a good picture the first term hardly has a gradient (its overlap is 0 whatever the map).
* *Maps are enlarged bilinearly*, as they are judged; the authors' retraining default is the nearest neighbour.
* *Masks* are brought to the model's size by area (`features.small_mask`), so that a thin defect stays in them.
* *Pictures without a mask* (a site's own frames) have the cross-entropy only; the published sets all have masks.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from crane_desktop.model.crane import CraneOutput
from crane_desktop.model.pooling import raw_map

MAP_WEIGHT = 2.0
SCORE_WEIGHT = 0.2
SHARPER = 7.0
"""The image logits' temperature is 0.01 while learning and 0.07 while judging."""

_GAMMA = 2.0
_SMOOTHING = 1e-5


def prompt_loss(output: CraneOutput, defective: Tensor, masks: Tensor, drawn: Tensor) -> Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    defective, drawn
        bool ``(B,)``: whether a picture is defective, and whether it is known where.
    masks
        float32 ``(B, S, S)``, 1 where defective.
    """
    loss = SCORE_WEIGHT * F.cross_entropy(SHARPER * output.image_logits, defective.long())
    if bool(drawn.any()):
        own = masks[drawn]
        for logits in output.pixel_logits:
            abnormal = raw_map([logits[drawn]], masks.shape[-1], "softmax")
            loss = loss + MAP_WEIGHT * map_loss(abnormal, own)
    return loss


def map_loss(abnormal: Tensor, masks: Tensor) -> Tensor:
    """Return focal and Dice loss of maps ``(B, S, S)`` in [0, 1] against masks of the same shape."""
    return focal(abnormal, masks) + dice(abnormal, masks) + dice(1 - abnormal, 1 - masks)


def focal(abnormal: Tensor, masks: Tensor) -> Tensor:
    """Return the focal loss (Lin et al. 2017, gamma 2) over the maps [normal, abnormal], labels smoothed by 1e-5."""
    target = masks.clamp(_SMOOTHING, 1 - _SMOOTHING)
    right = target * abnormal + (1 - target) * (1 - abnormal) + _SMOOTHING
    return (-((1 - right).clamp(min=0) ** _GAMMA) * right.log()).mean()


def dice(maps: Tensor, masks: Tensor) -> Tensor:
    """Return one minus the Dice overlap, averaged over the pictures; smoothed by 1, so an empty pair overlaps."""
    overlap = 2 * (maps * masks).sum((1, 2)) + 1
    return (1 - overlap / (maps.sum((1, 2)) + masks.sum((1, 2)) + 1)).mean()
