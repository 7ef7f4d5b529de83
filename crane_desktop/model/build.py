"""``pack build``: from published weights to a model pack. Nothing is downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from crane_desktop.decision.names import clean_name
from crane_desktop.domain.errors import InputError
from crane_desktop.model.checkpoints import read_checkpoint
from crane_desktop.model.config import Average, Context, Variant
from crane_desktop.model.manifest import About, Licence, Manifest, Words
from crane_desktop.model.packing import write_pack
from crane_desktop.model.shapes import infer_config
from crane_desktop.model.weights import crane_of
from crane_desktop.settings.texts import text

# Crane compares features by its own temperature, and its prompts carry their own token embeddings.
_UNUSED = {"logit_scale", "logit_bias", "input_resolution", "context_length", "vocab_size", "attn_mask"}
_UNUSED_PARTS = ("token_embedding.",)

_LICENCES = {
    "clip": Licence(part="clip", spdx="MIT", attribution="CLIP, Copyright (c) 2021 OpenAI"),
    "prompts": Licence(part="prompts", spdx="MIT", attribution="Crane, Copyright (c) its authors (arXiv 2504.11055)"),
    "dino": Licence(part="dino", spdx="Apache-2.0", attribution="DINOv2, Copyright (c) Meta Platforms, Inc."),
}


def build_pack(
    variant: Variant,
    clip_file: Path,
    prompts_file: Path,
    dino_file: Path | None,
    average: Average,
    context: Context,
    out: Path,
) -> Manifest:
    """Build a pack and write it whole or not at all.

    Parameters
    ----------
    clip_file
        A CLIP under OpenAI's names: TorchScript archive (``.pt``), state dict or safetensors.
    prompts_file
        The prompt learner's state as Crane's authors publish it (``.pth``), or safetensors.
    dino_file
        DINOv2 for ``crane-plus``, under timm's or Facebook's names.
    average
        How the feature entries are averaged; published: ``softmax`` for crane, ``logits`` for crane-plus.

    Raises
    ------
    InputError
        If a file is missing, or a weight is missing, left over or of the wrong shape: names it.
    """
    if (dino_file is not None) != (variant == "crane-plus"):
        raise InputError("model.dino_and_variant")
    if clean_name(out.stem) != out.stem:
        raise InputError("model.bad_pack_name", name=out.stem)
    files = {"clip": clip_file, "prompts": prompts_file} | ({"dino": dino_file} if dino_file else {})
    state = _clip_names(read_checkpoint(clip_file)) | _under("prompts", read_checkpoint(prompts_file))
    if dino_file is not None:
        state |= _under("dino", timm_names(read_checkpoint(dino_file)))
    shown = {"visual": clip_file, "text": clip_file, "prompts": prompts_file, "dino": dino_file or clip_file}
    config = infer_config(
        variant, state, average=average, context=context, names={part: file.name for part, file in shown.items()}
    )
    about = About(
        name=out.stem,
        description=Words(
            en=text("model.built_pack", "en", variant=variant), ja=text("model.built_pack", "ja", variant=variant)
        ),
        backbones={part: file.stem for part, file in files.items()},
        licences=tuple(_LICENCES[part] for part in files),
        provenance={part: {"file": file.name, "sha256": _sha256(file)} for part, file in files.items()},
    )
    return write_pack(out, about, crane_of(config, state))


def timm_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a DINOv2 under timm's names, given timm's or Facebook's.

    A position table with a row for the class token is split: the row goes into the class token, as timm keeps it.
    """
    own = {{"register_tokens": "reg_token"}.get(name, name): t for name, t in state.items() if name != "mask_token"}
    table, token = own.get("pos_embed"), own.get("cls_token")
    if table is None or token is None or table.ndim != 3 or token.shape != table[:, :1].shape:
        return own
    side = int((table.shape[1] - 1) ** 0.5)
    if side * side == table.shape[1] - 1:
        own["cls_token"], own["pos_embed"] = token + table[:, :1], table[:, 1:]
    return own


def _clip_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    kept = {n: t for n, t in state.items() if n not in _UNUSED and not n.startswith(_UNUSED_PARTS)}
    return {n if n.startswith("visual.") else f"text.{n}": t for n, t in kept.items()}


def _under(part: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{part}.{name}": tensor for name, tensor in state.items()}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
