"""What training minimises."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_DEFECTIVE_SHARE = 0.05
"""A patch is defective from this share of its pixels on; below it (but above none) it teaches nothing."""


def patch_loss(logits: Sequence[Tensor], masks: Tensor, defect_weight: float) -> Tensor:
    """Cross-entropy of patch logits ``(B, N, 2)`` against masks ``(B, S, S)``, defective patches weighted.

    Close to the patches, its gradient does not fade as that of a loss on the map does; it makes training from
    scratch short. Each entry of `logits` may have a number of patches N of its own; their losses are averaged.
    """
    return torch.stack([_one_patch_loss(entry, masks, defect_weight) for entry in logits]).mean()


def _one_patch_loss(logits: Tensor, masks: Tensor, defect_weight: float) -> Tensor:
    side = int(logits.shape[1] ** 0.5)
    share = F.adaptive_avg_pool2d(masks.unsqueeze(1), side).flatten(1)
    target = (share >= _DEFECTIVE_SHARE).long()
    weight = torch.where(target == 1, defect_weight, 1.0) * ((share == 0) | (target == 1))
    losses = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none")
    return (losses * weight.flatten()).sum() / weight.sum()


def image_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy of image logits ``(B, 2)`` against whether there is any defect."""
    return F.cross_entropy(logits, masks.flatten(1).any(1).long())


def focal_loss(maps: Tensor, masks: Tensor, gamma: float = 2.0) -> Tensor:
    """Focal loss (Lin et al. 2017) of maps ``(B, S, S)`` in [0, 1] against masks; as in the paper."""
    p = maps.clamp(1e-5, 1 - 1e-5)
    right = torch.where(masks > 0.5, p, 1 - p)
    return (-((1 - right) ** gamma) * right.log()).mean()


def dice_loss(maps: Tensor, masks: Tensor) -> Tensor:
    """One minus the Dice overlap of maps and masks ``(B, S, S)``, over the pictures that have a defect."""
    overlap = 2 * (maps * masks).sum((1, 2)) + 1
    both = maps.sum((1, 2)) + masks.sum((1, 2)) + 1
    defective = masks.flatten(1).any(1).float()
    return ((1 - overlap / both) * defective).sum() / defective.sum().clamp(min=1)
