"""Plain CLIP as a baseline: the patch tokens of the untouched stream, and the picture's own token, against the text.

The text is the pack's, without a picture's context. Nothing of Crane's refined attention or pooling is in it.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from crane_desktop.model.crane import Crane
from crane_desktop.model.pooling import pixel_logits, raw_map
from crane_desktop.model.tokens import attend, bring_out, image_tokens, queries_keys_values


def plain_clip(crane: Crane, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return scores ``(B,)`` and raw maps ``(B, S, S)`` of CLIP-normalised pictures ``(B, 3, S, S)``."""
    tower: Any = crane.visual
    tokens = image_tokens(tower, images)
    for block in tower.transformer.resblocks:
        query, key, value = queries_keys_values(block, tokens)
        tokens = tokens + attend(block, query, key, value)
        tokens = tokens + block.mlp(block.ln_2(tokens))
    features = F.normalize(bring_out(tower, tokens), dim=-1)
    logits = pixel_logits(features, crane.encode_text(), crane.config.temperature)
    return logits[:, 0].softmax(-1)[:, 1], raw_map([logits[:, 1:]], crane.config.image_size_px, "softmax")
