"""D-Attn (Crane+): DINOv2's patch similarity as attention over CLIP's values (paper, sec. 3.2)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crane_desktop.model.attention import attend
from crane_desktop.model.vision import linear, project

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
    """Return D-Attn's patch features ``(B, N, D)``.

    Every head shares one matrix: their values stand side by side, as the value projection leaves them, and one
    product serves all. Always in float32: it is a hundredth of the work, and a fifth of a reduced precision's error.
    """
    tower: Any = visual
    attn = tower.transformer.resblocks[-1].attn
    width = dense_input.shape[-1]
    values = linear(dense_input, attn.in_proj_weight[2 * width :], attn.in_proj_bias[2 * width :])
    joined = linear(attention.to(values.dtype) @ values, attn.out_proj.weight, attn.out_proj.bias)
    return project(visual, joined)


def run_dino(dino: nn.Module, images: Tensor, compute: torch.dtype = torch.float32) -> Tensor:
    """Return DINOv2's patch tokens after its final LayerNorm, ``(B, N, C)``, class and registers dropped."""
    tower: Any = dino
    tokens: Tensor = tower.norm_pre(tower._pos_embed(tower.patch_embed(images)))
    for block in tower.blocks:
        tokens = tokens + block.ls1(_dino_attention(block.attn, block.norm1(tokens).to(compute)))
        inner, mlp = block.norm2(tokens).to(compute), block.mlp
        hidden = F.gelu(linear(inner, mlp.fc1.weight, mlp.fc1.bias))
        tokens = tokens + block.ls2(linear(hidden, mlp.fc2.weight, mlp.fc2.bias))
    tokens = tower.norm(tokens)
    return tokens[:, tower.num_prefix_tokens :]


def _dino_attention(attn: Any, tokens: Tensor) -> Tensor:
    batch, count, width = tokens.shape
    qkv = linear(tokens, attn.qkv.weight, attn.qkv.bias)
    q, k, v = qkv.view(batch, count, 3, attn.num_heads, width // attn.num_heads).permute(2, 0, 3, 1, 4)
    joined = attend(q, k, v).transpose(1, 2).reshape(batch, count, width)
    return linear(joined, attn.proj.weight, attn.proj.bias)
