"""Crane: zero-shot anomaly detection with CLIP (arXiv 2504.11055), our forward pass over open_clip's modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from crane_desktop._preload import guard_torchvision, torch_without_compiler
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.dattn import dense_features, run_dino, similarity_attention
from crane_desktop.model.pooling import image_logits, pixel_logits, raw_map
from crane_desktop.model.prompts import Prompts
from crane_desktop.model.stem import ConvolutionalStem, Detail
from crane_desktop.model.text import TextTower
from crane_desktop.model.vision import run_vision


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """Unit features: `image` ``(B, D)`` and the list of patch features, each ``(B, N, D)``.

    N is ``config.map_grid`` squared. `local` are grids ``(B, C, g, g)`` for the memory of good parts, where they were
    asked for.
    """

    image: Tensor
    entries: tuple[Tensor, ...]
    local: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True)
class CraneOutput:
    """What a picture gets.

    Attributes
    ----------
    score
        ``(B,)`` in [0, 1], NaN where D-Attn found nothing similar.
    image_logits, pixel_logits
        ``(B, 2)``, and ``(B, N, 2)`` per feature entry; columns normal, anomalous.
    raw_map
        ``(B, S, S)`` in [0, 1], before smoothing.
    """

    score: Tensor
    image_logits: Tensor
    pixel_logits: tuple[Tensor, ...]
    raw_map: Tensor


class Crane(nn.Module):
    """Vision tower, text tower, prompts and, for Crane+, DINOv2. Differentiable throughout.

    Attributes
    ----------
    compute
        What the layers and the attention of the image towers compute in; everything else is float32.
    """

    def __init__(self, config: CraneConfig) -> None:
        super().__init__()
        guard_torchvision()
        from open_clip.transformer import LayerNorm, QuickGELU, Transformer, VisionTransformer

        self.config = config
        self.compute = torch.float32
        vision, words = config.vision, config.text
        self.visual: nn.Module = VisionTransformer(
            image_size=vision.position_grid * vision.patch_size_px,
            patch_size=vision.patch_size_px,
            width=vision.width,
            layers=vision.layers,
            heads=vision.heads,
            mlp_ratio=4.0,
            output_dim=config.embed_dim,
            act_layer=QuickGELU,
        )
        stem = vision.stem_shape
        if stem is not None:
            self.visual.conv1 = ConvolutionalStem(vision.width, stem)
        if stem is not None and stem.detail:
            self.visual.detail = Detail(vision.width, config.embed_dim)
        self.text = TextTower(
            Transformer(width=words.width, layers=words.layers, heads=words.heads, act_layer=QuickGELU),
            width=words.width,
            context_length=config.context_length,
            embed_dim=config.embed_dim,
            norm=LayerNorm(words.width),
        )
        self.prompts = Prompts(config)
        self.dino: nn.Module | None = _new_dino(config) if config.dino is not None else None

    def encode_image(
        self, images: Tensor, dino_images: Tensor | None = None, *, with_local: bool = False
    ) -> ImageFeatures:
        """Encode CLIP-normalised images ``(B, 3, S, S)`` (and ImageNet-normalised ones for Crane+)."""
        dual_from, compute = self.config.dual_from, self.compute
        streams = run_vision(self.visual, images, dual_from=dual_from, compute=compute, with_local=with_local)
        entries = [streams.patches, *streams.alone]
        local = streams.local
        if self.dino is not None:
            if dino_images is None:
                raise ValueError("Crane+ needs the picture normalised for DINOv2 as well")
            seen = run_dino(self.dino, dino_images, self.compute)
            entries.insert(0, dense_features(self.visual, streams.dense_input, similarity_attention(seen)))
            if with_local:
                side = self.config.grid
                local = (*local, seen.transpose(1, 2).reshape(len(seen), -1, side, side))
        unit = tuple(F.normalize(e, dim=-1) for e in entries)
        return ImageFeatures(F.normalize(streams.image, dim=-1), unit, local)

    def encode_text(self, image: Tensor | None = None) -> Tensor:
        """Return unit text features: ``(2, D)``, or ``(B, 2, D)`` guided by unit image features ``(B, D)``."""
        features: Tensor = self.text(self.prompts, image)
        return features

    def answer(self, features: ImageFeatures, text: Tensor) -> CraneOutput:
        """Compare image and text features, in float32 whatever autocast says: the temperature enlarges errors."""
        tau = self.config.temperature
        with torch.autocast(text.device.type, enabled=False):
            entries, words = tuple(entry.float() for entry in features.entries), text.float()
            logits = tuple(pixel_logits(entry, words, tau) for entry in entries)
            whole = image_logits(entries, logits, features.image.float(), words, tau)
            pictured = raw_map(logits, self.config.image_size_px, self.config.average)
            return CraneOutput(whole.softmax(-1)[:, 1], whole, logits, pictured)

    def forward(self, images: Tensor, dino_images: Tensor | None = None) -> CraneOutput:
        """Score images ``(B, 3, S, S)`` with the configured prompts."""
        features = self.encode_image(images, dino_images)
        return self.answer(features, self.encode_text(features.image if self.config.context == "guided" else None))


def at_size(crane: Crane, image_size_px: int) -> Crane:
    """Have a Crane see pictures of another size from now on; once only, since its DINOv2's positions are resized.

    The Gaussian over the map covers as much of the part as before.

    Raises
    ------
    pydantic.ValidationError
        If its towers cannot see such a size.
    """
    old = crane.config
    if image_size_px == old.image_size_px:
        return crane
    sigma_px = old.smoothing_sigma_px * image_size_px / old.image_size_px
    changes = {"image_size_px": image_size_px, "smoothing_sigma_px": sigma_px}
    crane.config = CraneConfig.model_validate(old.model_dump() | changes)
    if crane.dino is not None:
        dino: Any = crane.dino
        dino.set_input_size((image_size_px, image_size_px))
    return crane


def _new_dino(config: CraneConfig) -> nn.Module:
    with torch_without_compiler():
        from timm.models.vision_transformer import VisionTransformer

    dino = config.dino
    if dino is None:
        raise ValueError("no DINOv2 in this configuration")
    tower: Any = VisionTransformer(
        img_size=config.image_size_px,
        patch_size=dino.patch_size_px,
        embed_dim=dino.width,
        depth=dino.layers,
        num_heads=dino.heads,
        mlp_ratio=4,
        init_values=1e-5,
        reg_tokens=dino.registers,
        no_embed_class=True,
        num_classes=0,
    )
    module: nn.Module = tower
    return module


def new_crane(config: CraneConfig, seed: int) -> Crane:
    """Return a Crane with weights drawn from `seed`, ready to be trained from scratch."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        crane = Crane(config)
        _draw_weights(crane)
    return crane


def _draw_weights(crane: Crane) -> None:
    for name, parameter in [*crane.named_parameters(), *crane.named_buffers()]:
        own = crane.config.vision.stem != "patch" and name.startswith("visual.conv1.")
        if own or not parameter.is_floating_point() or name.startswith("dino."):
            continue  # these modules draw their own
        with torch.no_grad():
            if "ln_" in name:
                parameter.fill_(1.0 if name.endswith("weight") else 0.0)
            elif name.endswith("bias"):
                parameter.zero_()
            elif name.endswith(("proj", "text_projection")):
                parameter.normal_(std=parameter.shape[0] ** -0.5)
            else:
                parameter.normal_(std=0.02)
    for row, name in enumerate(("pos", "neg")):
        ids = getattr(crane.prompts, f"tokenized_prompts_{name}")
        # End of text follows start, the context tokens and "object." / "damaged object." (GOLDEN step 9).
        ids[0, 0, crane.config.prompt_tokens + 3 + row] = 49407
