"""The shape of a Crane, read off its weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import Average, Context, CraneConfig, Variant

Origin = Callable[[str], tuple[str, str]]

_PUBLISHED_SIZE_PX = 518
_DUAL_BLOCKS = 19
"""The published code asks for 20 and gets 19 (GOLDEN fact 3)."""


def infer_config(
    variant: Variant, state: Mapping[str, Tensor], *, average: Average, context: Context, origin: Origin
) -> CraneConfig:
    """Return the configuration of a Crane with these weights at the published image size.

    Parameters
    ----------
    state
        Under Crane's own names.
    origin
        Gives a weight's file and its name there, for people.

    Raises
    ------
    InputError
        If a weight that tells the shape is missing or senseless: names it.
    """
    read = _ShapeReader(state, origin)
    width, _, patch_px, _ = read.shape("visual.conv1.weight", 4)
    positions, _ = read.shape("visual.positional_embedding", 2)
    layers = read.blocks("visual.transformer.resblocks.")
    length, text_width = read.shape("text.positional_embedding", 2)
    _, embed_dim = read.shape("visual.proj", 2)
    _, _, prompt_tokens, _ = read.shape("prompts.ctx_pos", 4)
    deep_tokens, _ = read.shape("prompts.compound_prompts_text.0", 2)
    raw = {
        "variant": variant,
        "image_size_px": round(_PUBLISHED_SIZE_PX / patch_px) * patch_px,
        "embed_dim": embed_dim,
        "vision": {
            **_tower(width, layers),
            "patch_size_px": patch_px,
            "position_grid": read.side("visual.positional_embedding", positions - 1),
        },
        "text": _tower(text_width, read.blocks("text.transformer.resblocks.")),
        "dino": _dino(read) if variant == "crane-plus" else None,
        "dual_from": max(1, layers - _DUAL_BLOCKS),
        "context_length": length,
        "prompt_tokens": prompt_tokens,
        "deep_tokens": deep_tokens,
        "deep_layers": read.blocks("prompts.compound_prompts_text."),
        "average": average,
        "context": context,
    }
    try:
        return CraneConfig.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError("model.weights_do_not_fit", detail=place or variant) from error


def _dino(read: _ShapeReader) -> dict[str, Any]:
    width, _, patch_px, _ = read.shape("dino.patch_embed.proj.weight", 4)
    registers = read.shape("dino.reg_token", 3)[1] if read.has("dino.reg_token") else 0
    return {**_tower(width, read.blocks("dino.blocks.")), "patch_size_px": patch_px, "registers": registers}


def _tower(width: int, layers: int) -> dict[str, int]:
    # CLIP and DINOv2 have heads of 64 features; towers too narrow for that have heads of 32.
    return {"width": width, "layers": layers, "heads": max(1, width // (32 if width % 64 else 64))}


class _ShapeReader:
    """Looks shapes up and names the culprit where one is not there."""

    def __init__(self, state: Mapping[str, Tensor], origin: Origin) -> None:
        self._state = state
        self._origin = origin

    def has(self, name: str) -> bool:
        return name in self._state

    def shape(self, name: str, dims: int) -> tuple[int, ...]:
        if name not in self._state:
            raise self._missing(name)
        shape = tuple(self._state[name].shape)
        if len(shape) != dims or 0 in shape:
            raise self._senseless(name)
        return shape

    def blocks(self, head: str) -> int:
        """Return how many numbered parts there are."""
        numbers = {n[len(head) :].split(".")[0] for n in self._state if n.startswith(head)}
        if not numbers or not all(n.isdecimal() for n in numbers):
            raise self._missing(f"{head}0")
        return 1 + max(int(n) for n in numbers)

    def side(self, name: str, count: int) -> int:
        """Return the side of a square of `count` places."""
        side = math.isqrt(count)
        if side * side != count:
            raise self._senseless(name)
        return side

    def _missing(self, name: str) -> InputError:
        file, own = self._origin(name)
        return InputError("model.checkpoint_weight_missing", file=file, name=own)

    def _senseless(self, name: str) -> InputError:
        file, own = self._origin(name)
        return InputError("model.checkpoint_weight_shape", file=file, name=own, found=list(self._state[name].shape))
