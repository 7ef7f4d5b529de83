"""CLIP's vision tower in plain steps, for the baselines: clear rather than fast, and apart from Crane's own pass."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from crane_desktop.model.vision import resized_positions


def image_tokens(tower: Any, images: Tensor) -> Tensor:
    """Return the tokens ``(B, 1 + N, W)`` that enter the first block, of pictures ``(B, 3, S, S)``."""
    patches = tower.conv1(images)
    first = tower.class_embedding.expand(len(images), 1, -1)
    tokens = torch.cat([first, patches.flatten(2).transpose(1, 2)], dim=1)
    entered: Tensor = tower.ln_pre(tokens + resized_positions(tower.positional_embedding, patches.shape[-1]))
    return entered


def queries_keys_values(block: Any, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what a block's attention asks, answers and tells of its tokens, ``(B, heads, N, W / heads)`` each."""
    together = F.linear(block.ln_1(tokens), block.attn.in_proj_weight, block.attn.in_proj_bias)
    batch, count, _ = tokens.shape
    query, key, value = (
        part.reshape(batch, count, block.attn.num_heads, -1).transpose(1, 2) for part in together.chunk(3, dim=-1)
    )
    return query, key, value


def attend(block: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return what attention adds to the tokens, ``(B, N, W)``."""
    heads = F.scaled_dot_product_attention(query, key, value)
    added: Tensor = block.attn.out_proj(heads.transpose(1, 2).flatten(2))
    return added


def bring_out(tower: Any, tokens: Tensor) -> Tensor:
    """Bring tokens ``(B, N, W)`` into the joint space, ``(B, N, D)``."""
    outside: Tensor = tower.ln_post(tokens) @ tower.proj
    return outside
