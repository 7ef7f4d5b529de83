"""D-Attn (Crane+): DINOv2's patch similarity as attention over CLIP's values (paper, sec. 3.2)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crane_desktop.model.vision import join_heads, project, split_qkv

_SHARPNESS = 3.0
_CENTRE = 1.2


def similarity_attention(dino: Tensor) -> Tensor:
    """Turn DINOv2 patch tokens ``(B, N, C)`` into attention weights ``(B, N, N)``.

    The mean is taken per picture, so that the batch's composition never changes a result (GOLDEN fact 9). Where
    every similarity of a row falls below the centre, the row is NaN (fact 10); the score then is NaN too, and
    the line makes that NONE.
    """
    with torch.autocast(dino.device.type, enabled=False):  # rounding would move entries across the threshold
        unit = F.normalize(dino.float(), dim=-1)
        similarity = unit @ unit.transpose(1, 2)
        centred = _SHARPNESS * (similarity - _CENTRE * similarity.mean(dim=(1, 2), keepdim=True))
        return torch.softmax(centred.masked_fill(centred < 0, float("-inf")), dim=-1)


def dense_features(visual: nn.Module, dense_input: Tensor, attention: Tensor) -> Tensor:
    """Return D-Attn's patch features ``(B, N, D)``; every head shares one matrix."""
    tower: Any = visual
    block = tower.transformer.resblocks[-1]
    _, _, values = split_qkv(block, dense_input)
    return project(visual, join_heads(block, attention.to(values.dtype).unsqueeze(1) @ values))


def run_dino(dino: nn.Module, images: Tensor) -> Tensor:
    """Return DINOv2's patch tokens after its final LayerNorm, ``(B, N, C)``, class and registers dropped."""
    tower: Any = dino
    tokens: Tensor = tower.forward_features(images)
    return tokens[:, tower.num_prefix_tokens :]
