"""The published computation, written down plainly: what our own forward pass is measured against.

Same weights and same modules as our `Crane`, but computed step by step as the authors' code does it (GOLDEN section
2): attention matrices are materialised, every soft-max is one of its own, D-Attn's matrix is repeated for every head,
the text tower runs for every picture, and SciPy smooths the map. `crane-inspector bench --against` runs it beside ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from crane_desktop.model.crane import Crane
from crane_desktop.model.vision import resized_positions


@torch.no_grad()
def published(crane: Crane, images: Tensor, dino_images: Tensor | None) -> tuple[float, NDArray[np.float32]]:
    """Score one picture, ``(1, 3, S, S)``; return the score and the smoothed map ``(S, S)``."""
    image, entries = _image_features(crane, images, dino_images)
    text = _text_features(crane, image)
    tau = crane.config.temperature
    logits = [entry @ text.T / tau for entry in entries]
    size_px = crane.config.image_size_px
    if crane.config.average == "softmax":
        raw = torch.stack([_enlarged(x.softmax(-1), size_px) for x in logits]).mean(0)[0, 1]
    else:
        raw = torch.stack([_enlarged(x, size_px) for x in logits]).mean(0).softmax(1)[0, 1]
    weights = torch.stack(logits).mean(0).softmax(-1)[..., 1:]
    pooled = F.normalize((weights * torch.stack(entries).mean(0)).sum(1), dim=-1)
    joined = F.normalize(0.5 * pooled + 0.5 * image, dim=-1)
    score = (joined @ text.T / tau).softmax(-1)[0, 1]
    return float(score), gaussian_filter(raw.numpy(), sigma=crane.config.smoothing_sigma_px)


def _image_features(crane: Crane, images: Tensor, dino_images: Tensor | None) -> tuple[Tensor, list[Tensor]]:
    visual: Any = crane.visual
    tokens = visual.conv1(images)
    grid = tokens.shape[-1]
    tokens = tokens.reshape(1, tokens.shape[1], -1).permute(0, 2, 1)
    tokens = torch.cat([visual.class_embedding.reshape(1, 1, -1), tokens], dim=1)
    plain = visual.ln_pre(tokens + resized_positions(visual.positional_embedding, grid))
    extra = plain.clone()
    for index, block in enumerate(visual.transformer.resblocks):
        q, k, v = _qkv(block, block.ln_1(plain))
        attended = plain + _joined(block, _matrix(q, k) @ v)
        if index == crane.config.dual_from:
            extra = plain.clone()
        if index >= crane.config.dual_from:
            extra = extra + _joined(block, (_matrix(q, q) + _matrix(k, k) + _matrix(v, v)) @ v)
        dense_input = block.ln_1(attended)
        plain = attended + block.mlp(block.ln_2(attended))
    image = visual.ln_post(plain[:, 0]) @ visual.proj
    entries = [visual.ln_post(extra[:, 1:]) @ visual.proj]
    if crane.dino is not None:
        if dino_images is None:
            raise ValueError("Crane+ needs the picture normalised for DINOv2 as well")
        entries.insert(0, _dense_features(visual, dense_input[:, 1:], _dino_tokens(crane.dino, dino_images)))
    return F.normalize(image, dim=-1), [F.normalize(entry, dim=-1) for entry in entries]


def _qkv(block: Any, tokens: Tensor) -> list[Tensor]:
    heads, width = block.attn.num_heads, tokens.shape[-1]
    qkv = F.linear(tokens, block.attn.in_proj_weight, block.attn.in_proj_bias)
    qkv = qkv.reshape(1, tokens.shape[1], 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    return [qkv[0], qkv[1], qkv[2]]


def _matrix(left: Tensor, right: Tensor) -> Tensor:
    return (left @ right.transpose(-2, -1) * left.shape[-1] ** -0.5).softmax(dim=-1)


def _joined(block: Any, values: Tensor) -> Tensor:
    joined: Tensor = block.attn.out_proj(values.transpose(1, 2).reshape(1, values.shape[2], -1))
    return joined


def _dino_tokens(dino: Any, images: Tensor) -> Tensor:
    tokens = dino._pos_embed(dino.patch_embed(images))
    for block in dino.blocks:
        attn, inner = block.attn, block.norm1(tokens)
        count, width = inner.shape[1:]
        q, k, v = attn.qkv(inner).reshape(1, count, 3, attn.num_heads, width // attn.num_heads).permute(2, 0, 3, 1, 4)
        tokens = tokens + block.ls1(attn.proj((_matrix(q, k) @ v).transpose(1, 2).reshape(1, count, width)))
        tokens = tokens + block.ls2(block.mlp(block.norm2(tokens)))
    patches: Tensor = dino.norm(tokens)[:, dino.num_prefix_tokens :]
    return patches


def _dense_features(visual: Any, dense_input: Tensor, dino_tokens: Tensor) -> Tensor:
    unit = F.normalize(dino_tokens, dim=-1)
    similarity = torch.einsum("bnc,bmc->bnm", unit, unit)
    centred = 3.0 * (similarity - 1.2 * similarity.mean())
    centred[centred < 0] = float("-inf")
    block = visual.transformer.resblocks[-1]
    values = _qkv(block, dense_input)[2]
    attention = centred.unsqueeze(1).repeat(1, block.attn.num_heads, 1, 1).softmax(dim=-1)
    dense: Tensor = visual.ln_post(_joined(block, attention @ values)) @ visual.proj
    return dense


def _text_features(crane: Crane, image: Tensor) -> Tensor:
    guided = image if crane.config.context == "guided" else None
    tokens = crane.prompts.embedded(guided) + crane.text.positional_embedding
    causal = torch.full((tokens.shape[1], tokens.shape[1]), float("-inf")).triu(1)
    tower: Any = crane.text.transformer
    for index, block in enumerate(tower.resblocks):
        if 1 <= index <= len(crane.prompts.compound_prompts_text):
            deep = crane.prompts.compound_prompts_text[index - 1].half().float().expand(2, -1, -1)
            tokens = torch.cat([tokens[:, :1], deep, tokens[:, 1 + deep.shape[1] :]], dim=1)
        tokens = tokens + block.attn(*[block.ln_1(tokens)] * 3, need_weights=False, attn_mask=causal)[0]
        tokens = tokens + block.mlp(block.ln_2(tokens))
    tokens = crane.text.ln_final(tokens)
    ends = crane.prompts.ends(guided=guided is not None)
    last = torch.stack([tokens[row, end] for row, end in enumerate(ends)])
    return F.normalize(last @ crane.text.text_projection, dim=-1)


def _enlarged(patches: Tensor, size_px: int) -> Tensor:
    side = int(patches.shape[1] ** 0.5)
    grid = patches.permute(0, 2, 1).reshape(1, -1, side, side)
    return F.interpolate(grid, size=(size_px, size_px), mode="bilinear", align_corners=False)
