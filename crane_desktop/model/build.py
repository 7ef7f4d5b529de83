"""``pack build``: from published weights to a model pack. Nothing is downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.model.checkpoints import read_checkpoint
from crane_desktop.model.config import Average, Context, CraneConfig, Variant
from crane_desktop.model.manifest import About, Licence, Manifest, Words
from crane_desktop.model.naming import clip_names, dino_names, name_in_file, prompt_names
from crane_desktop.model.packing import ProfileWish, write_pack
from crane_desktop.model.shapes import infer_config
from crane_desktop.model.weights import crane_of, find_misfit, hold_for, wanted_shapes
from crane_desktop.recipe.names import clean_name
from crane_desktop.settings.regular_file import open_regular
from crane_desktop.settings.texts import text

_NAMES: dict[str, Callable[[Mapping[str, Tensor]], dict[str, Tensor]]] = {
    "clip": clip_names,
    "prompts": prompt_names,
    "dino": dino_names,
}
_LICENCES = {
    "clip": Licence(part="clip", spdx="MIT", attribution="CLIP, Copyright (c) 2021 OpenAI"),
    "prompts": Licence(part="prompts", spdx="MIT", attribution="Crane, Copyright (c) its authors (arXiv 2504.11055)"),
    "dino": Licence(part="dino", spdx="Apache-2.0", attribution="DINOv2, Copyright (c) Meta Platforms, Inc."),
}


@dataclass(frozen=True)
class _Source:
    """A weight file: the names that it uses, and its weights under Crane's."""

    file: Path
    names: Collection[str]
    state: dict[str, Tensor]


def build_pack(
    variant: Variant,
    clip_file: Path,
    prompts_file: Path,
    dino_file: Path | None,
    average: Average,
    context: Context,
    out: Path,
    profiles: Sequence[ProfileWish] = (),
) -> Manifest:
    """Build a pack and write it whole or not at all.

    Parameters
    ----------
    clip_file
        A CLIP under OpenAI's or open_clip's names: TorchScript archive (``.pt``), state dict or safetensors.
    prompts_file
        The prompt learner's state as Crane's authors publish it (``.pth``), or safetensors.
    dino_file
        DINOv2 for ``crane-plus``, under timm's or Facebook's names.
    average
        How the feature entries are averaged; published: ``softmax`` for crane, ``logits`` for crane-plus.
    profiles
        Ways to run it beside those that every pack has.

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
    sources = {part: _read(part, file) for part, file in files.items()}
    state = {name: tensor for source in sources.values() for name, tensor in source.state.items()}
    config = infer_config(variant, state, average=average, context=context, origin=lambda name: _origin(name, sources))
    _fits(config, state, sources)
    about = About(
        name=out.stem,
        description=Words(
            en=text("model.built_pack", "en", variant=variant), ja=text("model.built_pack", "ja", variant=variant)
        ),
        backbones={part: file.stem for part, file in files.items()},
        licences=tuple(_LICENCES[part] for part in files),
        provenance={part: {"file": file.name, "sha256": _sha256(file)} for part, file in files.items()},
    )
    return write_pack(out, about, crane_of(config, state, hold_for("float32")), profiles=profiles)


def _read(part: str, file: Path) -> _Source:
    raw = read_checkpoint(file)
    return _Source(file, raw.keys(), _NAMES[part](raw))


def _origin(name: str, sources: Mapping[str, _Source]) -> tuple[str, str]:
    """Return the file that one of Crane's weights comes from, and its name there."""
    source = sources.get(name.split(".")[0], sources["clip"])
    return source.file.name, name_in_file(name, source.names)


def _fits(config: CraneConfig, state: Mapping[str, Tensor], sources: Mapping[str, _Source]) -> None:
    """Tell a weight that does not fit by its file and by its name there."""
    misfit = find_misfit(wanted_shapes(config), state)
    if misfit is None:
        return
    file, name = _origin(misfit.name, sources)
    if misfit.found is None:
        raise InputError("model.checkpoint_weight_missing", file=file, name=name)
    if misfit.wanted is None:
        raise InputError("model.checkpoint_weight_surplus", file=file, name=name)
    raise InputError(
        "model.checkpoint_weight_wrong_shape", file=file, name=name, found=misfit.found, wanted=misfit.wanted
    )


def _sha256(file: Path) -> str:
    with open_regular(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
