"""The shape of a Crane: everything its forward pass needs to know besides the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, LiteralString, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Variant = Literal["crane", "crane-plus"]
Average = Literal["softmax", "logits"]
Context = Literal["static", "guided"]


# A manifest comes from outside: no number in it may make the program build something absurd.
_Count: TypeAlias = Annotated[int, Field(ge=1, le=256)]
_Width: TypeAlias = Annotated[int, Field(ge=8, le=8192)]
LARGEST_SIDE_PX = 2048
_Pixels: TypeAlias = Annotated[int, Field(ge=1, le=LARGEST_SIDE_PX)]


LARGEST_GRID = 64
"""Patches along a side; attention's room grows with the fourth power: a gigabyte at 64 with 16 heads."""


@dataclass(frozen=True, slots=True)
class StemShape:
    """What a convolutional stem is made of.

    Attributes
    ----------
    blocks
        Residual blocks at strides 4, 8 and 16. What a defect is made of lies at the fine strides.
    token_px
        Width of the tower's tokens, a multiple of 16.
    detail
        Whether there are patch features every 8 pixels as well (see `stem.Detail`).
    """

    blocks: tuple[int, int, int]
    token_px: int
    detail: bool


STEMS: Mapping[str, StemShape] = {
    "conv": StemShape((1, 2, 2), 16, detail=False),
    "deep": StemShape((3, 4, 2), 16, detail=False),
    "dense": StemShape((3, 4, 2), 32, detail=True),
    "lean": StemShape((1, 2, 1), 32, detail=True),
}
"""Every stem that packs may have, by its name."""
DETAIL_PX = 8
"""Distance of the patch features of a stem with detail."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TowerConfig(_Frozen):
    """A stack of transformer blocks of `width` features, with `heads` attention heads each."""

    width: _Width
    layers: _Count
    heads: _Count

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.width % self.heads:
            raise PydanticCustomError("tower", "the width is no multiple of the heads")
        return self


class VisionConfig(TowerConfig):
    """CLIP's vision tower; its position table has ``position_grid ** 2 + 1`` rows.

    `stem` is CLIP's own patch convolution, or one of the small convolutional stems of packs trained from scratch:
    ``"deep"`` has more of it at the fine strides than ``"conv"``. ``"dense"`` and ``"lean"`` have few, wide tokens and
    more patch features than tokens, so that large pictures stay cheap; ``"lean"`` has half the convolutions.
    """

    patch_size_px: _Pixels
    position_grid: _Count
    stem: Literal["patch", "conv", "deep", "dense", "lean"] = "patch"

    @property
    def stem_shape(self) -> StemShape | None:
        """What the stem is made of; None: CLIP's patch convolution."""
        return STEMS.get(self.stem)


class DinoConfig(TowerConfig):
    """DINOv2 with registers (Crane+), as timm's VisionTransformer."""

    patch_size_px: _Pixels
    registers: Annotated[int, Field(ge=0, le=64)] = 4


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
    image_size_px: _Pixels
    embed_dim: _Width
    vision: VisionConfig
    text: TowerConfig
    dino: DinoConfig | None = None
    dual_from: Annotated[int, Field(ge=0, le=255)]
    context_length: _Count = 77
    prompt_tokens: _Count = 12
    deep_tokens: _Count = 4
    deep_layers: Annotated[int, Field(ge=0, le=255)] = 8
    average: Average = "softmax"
    context: Context = "static"
    temperature: Annotated[float, Field(gt=0, le=100)] = 0.07
    smoothing_sigma_px: Annotated[float, Field(gt=0, le=256)] = 4.0

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        for wrong, why in self._misfits():
            if wrong:
                raise PydanticCustomError("crane", why)
        return self

    def _misfits(self) -> tuple[tuple[bool, LiteralString], ...]:
        """Return what would not work, each with its reason."""
        dino, stem = self.dino, self.vision.stem_shape
        return (
            (self.image_size_px % self.vision.patch_size_px != 0, "the image size is no multiple of the patch size"),
            (self.grid > LARGEST_GRID, "the picture is cut into too many patches"),
            (
                stem is not None and self.vision.patch_size_px != stem.token_px,
                "the stem's tokens have another width",
            ),
            (self._detailed and dino is not None, "DINOv2 has no patches as fine as the stem's"),
            (self.dual_from >= self.vision.layers, "no block is left for E-Attn"),
            ((dino is not None) != (self.variant == "crane-plus"), "crane-plus, and no other, needs DINOv2"),
            (
                dino is not None and dino.patch_size_px * self.grid != self.image_size_px,
                "CLIP and DINOv2 cut the picture into different patches",
            ),
            (
                self.context == "guided" and self.text.width != self.embed_dim,
                "a guided prompt needs text as wide as the joint space",
            ),
            (self.deep_layers >= self.text.layers, "more deep prompts than text blocks after the first"),
            (self.deep_tokens + 1 > self.context_length, "more deep tokens than the text has places"),
            # Start, context, "damaged object.", end of text, and the image's token where it is guided.
            (self.prompt_tokens + 6 > self.context_length, "the prompt does not fit into the text's length"),
        )

    @property
    def grid(self) -> int:
        """Patches along one side of the picture."""
        return self.image_size_px // self.vision.patch_size_px

    @property
    def map_grid(self) -> int:
        """Patch features, and so cells of the map, along one side."""
        return self.image_size_px // DETAIL_PX if self._detailed else self.grid

    @property
    def entries(self) -> int:
        """Kinds of patch features that the map is the mean of."""
        return 1 + (self.dino is not None) + self._detailed

    @property
    def _detailed(self) -> bool:
        stem = self.vision.stem_shape
        return stem is not None and stem.detail
