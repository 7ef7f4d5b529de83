"""CLIP's vision tower with E-Attn: an untouched stream and a self-correlation stream beside it (paper, sec. 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class VisionStreams:
    """What the tower leaves behind.

    Attributes
    ----------
    image
        ``(B, D)`` class token of the untouched stream after ``ln_post`` and projection.
    patches
        ``(B, N, D)`` patch tokens of the E-Attn stream after ``ln_post`` and projection.
    dense_input
        ``(B, N, W)`` what D-Attn's value projection reads: LN1 of the last block's untouched stream after its
        attention residual and before its MLP, class token dropped (GOLDEN fact 2).
    """

    image: Tensor
    patches: Tensor
    dense_input: Tensor


def split_qkv(block: Any, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Project ``(B, N, W)`` tokens to queries, keys and values ``(B, heads, N, W / heads)``."""
    attn = block.attn
    batch, count, width = tokens.shape
    qkv = F.linear(tokens, attn.in_proj_weight, attn.in_proj_bias)
    parts = qkv.view(batch, count, 3, attn.num_heads, width // attn.num_heads).permute(2, 0, 3, 1, 4)
    return parts[0], parts[1], parts[2]


def join_heads(block: Any, values: Tensor) -> Tensor:
    """Join ``(B, heads, N, d)`` and apply the block's output projection, ``(B, N, W)``."""
    batch, _, count, _ = values.shape
    joined: Tensor = block.attn.out_proj(values.transpose(1, 2).reshape(batch, count, -1))
    return joined


def self_correlation(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """E-Attn: the soft-maxes of q-q, k-k and v-v are summed (not averaged) and applied to v (GOLDEN fact 4)."""
    attend = F.scaled_dot_product_attention
    return attend(q, q, v) + attend(k, k, v) + attend(v, v, v)


def resized_positions(table: Tensor, grid: int) -> Tensor:
    """Resize the patch part of a position table ``(1 + g * g, W)`` bilinearly to `grid` (GOLDEN fact 6)."""
    side = int((table.shape[0] - 1) ** 0.5)
    if side == grid:
        return table
    patches = table[1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    patches = F.interpolate(patches, size=(grid, grid), mode="bilinear", align_corners=False)
    return torch.cat([table[:1], patches.flatten(2).squeeze(0).T])


def run_vision(visual: nn.Module, images: Tensor, *, dual_from: int) -> VisionStreams:
    """Run open_clip's vision tower `visual` on normalised images ``(B, 3, S, S)``."""
    tower: Any = visual
    grid_of_patches = tower.conv1(images)
    grid = grid_of_patches.shape[-1]
    tokens = grid_of_patches.flatten(2).transpose(1, 2)
    first = tower.class_embedding.to(tokens.dtype).expand(tokens.shape[0], 1, -1)
    tokens = torch.cat([first, tokens], dim=1) + resized_positions(tower.positional_embedding, grid).to(tokens.dtype)
    plain = tower.ln_pre(tokens)
    extra = plain
    blocks = list(tower.transformer.resblocks)
    for index, block in enumerate(blocks):
        q, k, v = split_qkv(block, block.ln_1(plain))
        if index >= dual_from:
            extra = (plain if index == dual_from else extra) + join_heads(block, self_correlation(q, k, v))
        plain = plain + join_heads(block, F.scaled_dot_product_attention(q, k, v))
        if block is blocks[-1]:
            dense_input = block.ln_1(plain)[:, 1:]
        plain = plain + block.mlp(block.ln_2(plain))
    return VisionStreams(project(tower, plain[:, 0]), project(tower, extra[:, 1:]), dense_input)


def project(visual: nn.Module, tokens: Tensor) -> Tensor:
    """Bring tokens ``(..., W)`` into the joint space: ``ln_post``, then the projection, ``(..., D)``."""
    tower: Any = visual
    projected: Tensor = tower.ln_post(tokens) @ tower.proj
    return projected
