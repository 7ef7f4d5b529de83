"""The shape of a Crane: everything its forward pass needs to know besides the weights."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

Variant = Literal["crane", "crane-plus"]
Average = Literal["softmax", "logits"]
Context = Literal["static", "guided"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TowerConfig(_Frozen):
    """A stack of transformer blocks."""

    width: PositiveInt
    layers: PositiveInt
    heads: PositiveInt


class VisionConfig(TowerConfig):
    """CLIP's vision tower; its position table has ``position_grid ** 2 + 1`` rows."""

    patch_size_px: PositiveInt
    position_grid: PositiveInt


class DinoConfig(TowerConfig):
    """DINOv2 with registers (Crane+), as timm's VisionTransformer."""

    patch_size_px: PositiveInt
    registers: int = 4


class CraneConfig(_Frozen):
    """A Crane as published, or a smaller one.

    Attributes
    ----------
    dual_from
        0-based index of the first vision block with the E-Attn path (published: 5 of 24).
    smoothing_sigma_px
        Standard deviation of the Gaussian over the map, in map pixels (published: 4 at 518).
    temperature
        Of the pixel logits and of the image score.
    """

    variant: Variant
    image_size_px: PositiveInt
    embed_dim: PositiveInt
    vision: VisionConfig
    text: TowerConfig
    dino: DinoConfig | None = None
    dual_from: PositiveInt
    context_length: PositiveInt = 77
    prompt_tokens: PositiveInt = 12
    deep_tokens: PositiveInt = 4
    deep_layers: int = 8
    average: Average = "softmax"
    context: Context = "static"
    temperature: PositiveFloat = 0.07
    smoothing_sigma_px: PositiveFloat = 4.0

    @property
    def grid(self) -> int:
        """Patches along one side of the picture."""
        return self.image_size_px // self.vision.patch_size_px
