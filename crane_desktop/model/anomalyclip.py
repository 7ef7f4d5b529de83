"""A baseline in the manner of AnomalyCLIP (arXiv 2310.18961): v-v attention beside the untouched stream.

Its diagonally prominent attention sums ``softmax(v v^T) v`` over the same blocks where Crane has E-Attn, its prompts
are static, and its score is the picture's own token against the text. AnomalyCLIP also sums the maps of four layers;
here, as with Crane, the last one speaks. The prompts are the pack's.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from crane_desktop.model.crane import Crane
from crane_desktop.model.pooling import pixel_logits, raw_map
from crane_desktop.model.tokens import attend, bring_out, image_tokens, queries_keys_values


def anomalyclip(crane: Crane, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return scores ``(B,)`` and raw maps ``(B, S, S)`` of CLIP-normalised pictures ``(B, 3, S, S)``."""
    tower: Any = crane.visual
    plain = extra = image_tokens(tower, images)
    for index, block in enumerate(tower.transformer.resblocks):
        query, key, value = queries_keys_values(block, plain)
        if index >= crane.config.dual_from:
            extra = (plain if index == crane.config.dual_from else extra) + attend(block, value, value, value)
        plain = plain + attend(block, query, key, value)
        plain = plain + block.mlp(block.ln_2(plain))
    text, temperature = crane.encode_text(), crane.config.temperature
    image = F.normalize(bring_out(tower, plain[:, :1]), dim=-1)
    patches = F.normalize(bring_out(tower, extra[:, 1:]), dim=-1)
    score = pixel_logits(image, text, temperature)[:, 0].softmax(-1)[:, 1]
    return score, raw_map([pixel_logits(patches, text, temperature)], crane.config.image_size_px, "softmax")
