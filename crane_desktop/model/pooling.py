"""From features to a map and a score (GOLDEN steps 10, 11 and 13)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from crane_desktop.model.config import Average


def pixel_logits(features: Tensor, text: Tensor, temperature: float) -> Tensor:
    """Return ``(B, N, 2)`` logits of unit patch features ``(B, N, D)`` against ``(2, D)`` or ``(B, 2, D)`` text."""
    return features @ text.transpose(-1, -2) / temperature


def raw_map(logits: Sequence[Tensor], size_px: int, average: Average) -> Tensor:
    """Return the unsmoothed anomaly map ``(B, S, S)`` in [0, 1].

    ``softmax`` averages the entries' probabilities, ``logits`` their logits (the published code's ``soft_mean``).
    """
    if average == "softmax":
        return torch.stack([_enlarged(x.softmax(-1)[..., 1:], size_px) for x in logits]).mean(0)[:, 0]
    return torch.stack([_enlarged(x, size_px) for x in logits]).mean(0).softmax(1)[:, 1]


def _enlarged(patches: Tensor, size_px: int) -> Tensor:
    side = int(patches.shape[1] ** 0.5)
    grid = patches.transpose(1, 2).reshape(len(patches), -1, side, side).float()
    return F.interpolate(grid, size=(size_px, size_px), mode="bilinear", align_corners=False)


def image_logits(
    entries: Sequence[Tensor], logits: Sequence[Tensor], image: Tensor, text: Tensor, temperature: float
) -> Tensor:
    """Return the image's logits ``(B, 2)`` by score-based pooling (paper, sec. 3.3).

    Patches are weighted by their anomaly probability, and the pooled feature is joined half and half with the
    image's own feature.
    """
    weights = torch.stack(list(logits)).mean(0).softmax(-1)[..., 1:]
    pooled = F.normalize((weights * torch.stack(list(entries)).mean(0)).sum(1), dim=-1)
    joined = F.normalize(0.5 * pooled + 0.5 * image, dim=-1)
    return (joined.unsqueeze(1) @ text.transpose(-1, -2)).squeeze(1) / temperature
