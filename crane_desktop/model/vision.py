"""CLIP's vision tower with E-Attn: an untouched stream and a self-correlation stream beside it (paper, sec. 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crane_desktop.model.attention import attend, self_correlation
from crane_desktop.model.stem import ConvolutionalStem, Detail

_QUICK_GELU = 1.702


@dataclass(frozen=True, slots=True)
class VisionStreams:
    """What the tower leaves behind.

    Attributes
    ----------
    image
        ``(B, D)`` class token of the untouched stream after ``ln_post`` and projection.
    patches
        ``(B, N, D)`` patch tokens of the E-Attn stream after ``ln_post`` and projection; more of them
        where the stem adds its detail.
    dense_input
        ``(B, N, W)`` what D-Attn's value projection reads: LN1 of the last block's untouched stream after its
        attention residual and before its MLP, class token dropped (GOLDEN fact 2).
    alone
        ``(B, N, D)`` of the stem alone, where it adds its detail.
    local
        Where it was asked for: grids ``(B, C, g, g)`` of what the tower saw on its way, for the memory of good parts.
    """

    image: Tensor
    patches: Tensor
    dense_input: Tensor
    alone: tuple[Tensor, ...] = ()
    local: tuple[Tensor, ...] = ()


def linear(tokens: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Apply a layer in the precision of its tokens, whatever its weights are kept in (see `computing`)."""
    return F.linear(tokens, weight.to(tokens.dtype), bias.to(tokens.dtype))


def split_qkv(block: Any, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Project ``(B, N, W)`` tokens to queries, keys and values ``(B, heads, N, W / heads)``."""
    attn = block.attn
    batch, count, width = tokens.shape
    qkv = linear(tokens, attn.in_proj_weight, attn.in_proj_bias)
    parts = qkv.view(batch, count, 3, attn.num_heads, width // attn.num_heads).permute(2, 0, 3, 1, 4)
    return parts[0], parts[1], parts[2]


def join_heads(block: Any, values: Tensor) -> Tensor:
    """Join ``(B, heads, N, d)`` and apply the block's output projection, ``(B, N, W)``."""
    batch, _, count, _ = values.shape
    out = block.attn.out_proj
    return linear(values.transpose(1, 2).reshape(batch, count, -1), out.weight, out.bias)


def run_mlp(block: Any, tokens: Tensor) -> Tensor:
    """Apply the block's two layers with QuickGELU between them, ``(B, N, W)``.

    x sigmoid(a x) is silu(a x) / a: the scale goes into the two products, where it costs nothing, and what is left
    between them is one pass in place.
    """
    flat, mlp = tokens.flatten(0, -2), block.mlp
    weights = (part.to(flat.dtype) for layer in (mlp.c_fc, mlp.c_proj) for part in (layer.weight, layer.bias))
    first, first_bias, second, second_bias = weights
    hidden = torch.addmm(_QUICK_GELU * first_bias, flat, first.t(), alpha=_QUICK_GELU)
    hidden = F.silu(hidden, inplace=not torch.is_grad_enabled())
    return torch.addmm(second_bias, hidden, second.t(), alpha=1 / _QUICK_GELU).view(tokens.shape)


def resized_positions(table: Tensor, grid: int) -> Tensor:
    """Resize the patch part of a position table ``(1 + g * g, W)`` bilinearly to `grid` (GOLDEN fact 6)."""
    side = int((table.shape[0] - 1) ** 0.5)
    if side == grid:
        return table
    patches = table[1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    patches = F.interpolate(patches, size=(grid, grid), mode="bilinear", align_corners=False)
    return torch.cat([table[:1], patches.flatten(2).squeeze(0).T])


def run_vision(
    visual: nn.Module,
    images: Tensor,
    *,
    dual_from: int,
    compute: torch.dtype = torch.float32,
    with_local: bool = False,
) -> VisionStreams:
    """Run open_clip's vision tower `visual` on normalised images ``(B, 3, S, S)``.

    Layers and attention compute in `compute`; the streams, the norms and the projection stay float32, and so does
    attention behind a stem: it costs little there, and its large logits would err by more than a profile may.

    Parameters
    ----------
    with_local
        Keep what the middle of the tower saw, too: a stem's fine stages, or the blocks half-way and three quarters
        through where there is none. With a stem the blocks know too much of what lies around: a good patch among
        new neighbours looked odd to the memory, a nick in a conductor did not. It changes nothing else.
    """
    tower: Any = visual
    blocks = list(tower.transformer.resblocks)
    stem = tower.conv1
    seen = stem.stages(images) if isinstance(stem, ConvolutionalStem) else []
    places = stem.pooled(seen[-1]) if seen else stem(images)
    local = seen[1:3] if with_local else []
    kept = {len(blocks) // 2 - 1, 3 * len(blocks) // 4 - 1} if with_local and not seen else set()
    grid = places.shape[-1]
    tokens = places.flatten(2).transpose(1, 2)
    first = tower.class_embedding.to(tokens.dtype).expand(tokens.shape[0], 1, -1)
    tokens = torch.cat([first, tokens], dim=1) + resized_positions(tower.positional_embedding, grid).to(tokens.dtype)
    plain = tower.ln_pre(tokens)
    extra = plain
    attention = torch.float32 if seen else compute
    for index, block in enumerate(blocks):
        q, k, v = split_qkv(block, block.ln_1(plain).to(attention))
        if index >= dual_from:
            extra = (plain if index == dual_from else extra) + join_heads(block, self_correlation(q, k, v))
        plain = plain + join_heads(block, attend(q, k, v))
        if block is blocks[-1]:
            dense_input = block.ln_1(plain)[:, 1:]
            plain = plain[:, :1]  # nothing else of this stream is looked at
        plain = plain + run_mlp(block, block.ln_2(plain).to(compute))
        if index in kept and block is not blocks[-1]:
            local.append(plain[:, 1:].transpose(1, 2).reshape(len(plain), -1, grid, grid))
    patches: tuple[Tensor, ...] = (extra[:, 1:],)
    if isinstance(getattr(tower, "detail", None), Detail):
        patches = tower.detail(extra[:, 1:], seen[-1], seen[-2])
    image, ours = project(tower, plain[:, 0]), project(tower, patches[0])
    return VisionStreams(image, ours, dense_input, patches[1:], tuple(local))


def project(visual: nn.Module, tokens: Tensor) -> Tensor:
    """Bring tokens ``(..., W)`` into the joint space: ``ln_post``, then the projection, ``(..., D)``."""
    tower: Any = visual
    projected: Tensor = tower.ln_post(tokens) @ tower.proj
    return projected
