"""CLIP's text tower with deep prompts (GOLDEN step 9)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crane_desktop.model.prompts import Prompts
from crane_desktop.model.vision import join_heads, run_mlp, split_qkv


class TextTower(nn.Module):
    """The text side of a CLIP without its token table: the prompts carry their own embeddings."""

    def __init__(
        self, transformer: nn.Module, *, width: int, context_length: int, embed_dim: int, norm: nn.Module
    ) -> None:
        super().__init__()
        self.transformer = transformer
        self.positional_embedding = nn.Parameter(torch.zeros(context_length, width))
        self.ln_final = norm
        self.text_projection = nn.Parameter(torch.zeros(width, embed_dim))

    def forward(self, prompts: Prompts, image: Tensor | None) -> Tensor:
        """Return unit text features, ``(2, D)`` static or ``(B, 2, D)`` guided by unit image features ``(B, D)``."""
        ends = prompts.ends(guided=image is not None)
        # Attention is causal: what stands behind the end of the text never reaches it, and is not computed.
        tokens = (prompts.embedded(image) + self.positional_embedding)[:, : max(ends) + 1]
        tower: Any = self.transformer
        for index, block in enumerate(tower.resblocks):
            if 1 <= index <= len(prompts.compound_prompts_text):
                tokens = _with_deep_tokens(tokens, prompts.compound_prompts_text[index - 1])
            q, k, v = split_qkv(block, block.ln_1(tokens))
            tokens = tokens + join_heads(block, F.scaled_dot_product_attention(q, k, v, is_causal=True))
            tokens = tokens + run_mlp(block, block.ln_2(tokens))
        pairs = self.ln_final(tokens).unflatten(0, (-1, 2))
        last = torch.stack([pairs[:, row, end] for row, end in enumerate(ends)], dim=1)
        features = F.normalize(last @ self.text_projection, dim=-1)
        return features[0] if image is None else features


def _with_deep_tokens(tokens: Tensor, deep: Tensor) -> Tensor:
    """Overwrite the tokens after the first one; the values are rounded to float16 as published (GOLDEN fact 8).

    The rounding lets gradients through unchanged.
    """
    rounded = deep + (deep.detach().half().float() - deep.detach())
    count = deep.shape[0]
    middle = rounded.to(tokens.dtype).expand(tokens.shape[0], -1, -1)
    return torch.cat([tokens[:, :1], middle, tokens[:, 1 + count :]], dim=1)
