"""Weights between a Crane and the members of a pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.container import PackReader
from crane_desktop.model.crane import Crane
from crane_desktop.model.manifest import Precision

_DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


def stored_state(crane: Crane, precision: Precision) -> dict[str, Tensor]:
    """Return the weights as a pack stores them.

    The prompts stay float32: they are small, and the published ones do not fit into float16. ``float32`` takes half
    the space wherever that loses nothing, as with OpenAI's weights, which are float16 by origin.
    """
    return {name: _stored(name, tensor.detach().cpu(), precision) for name, tensor in crane.state_dict().items()}


def _stored(name: str, tensor: Tensor, precision: Precision) -> Tensor:
    if not tensor.is_floating_point() or name.startswith("prompts."):
        return tensor.contiguous()
    half = tensor.to(torch.float16)
    if precision == "float32" and not torch.equal(half.float(), tensor.float()):
        return tensor.float().contiguous()
    return (half if precision == "float32" else tensor.to(_DTYPES[precision])).contiguous()


def weight_members(state: Mapping[str, Tensor]) -> dict[str, bytes]:
    """Return the weights as members of a pack, a file for each part that has its own origin and licence."""
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        head = name.split(".")[0]
        parts.setdefault(head if head in {"prompts", "dino"} else "clip", {})[name] = tensor
    return {f"weights/{part}.safetensors": save(tensors) for part, tensors in sorted(parts.items())}


@dataclass(frozen=True, slots=True)
class Misfit:
    """A weight that is missing (`found` is None), left over (`wanted` is None), or of the wrong shape."""

    name: str
    found: list[int] | None
    wanted: list[int] | None


def wanted_shapes(config: CraneConfig) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every weight of such a Crane; nothing is allocated."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in Crane(config).state_dict().items()}


def find_misfit(wanted: Mapping[str, tuple[int, ...]], state: Mapping[str, Tensor]) -> Misfit | None:
    """Return the first weight that does not fit, or None: missing ones before surplus ones before wrong shapes."""
    for name in sorted(wanted.keys() - state.keys()):
        return Misfit(name, None, list(wanted[name]))
    for name in sorted(state.keys() - wanted.keys()):
        return Misfit(name, list(state[name].shape), None)
    for name, shape in wanted.items():
        if tuple(state[name].shape) != shape:
            return Misfit(name, list(state[name].shape), list(shape))
    return None


def crane_of(config: CraneConfig, state: Mapping[str, Tensor]) -> Crane:
    """Return a Crane of this shape with these weights, in float32.

    Nothing is allocated before every name and shape is known to fit.

    Raises
    ------
    InputError
        If a weight is missing, left over, or of the wrong shape: names it.
    """
    with torch.device("meta"):
        crane = Crane(config)
    misfit = find_misfit({name: tuple(tensor.shape) for name, tensor in crane.state_dict().items()}, state)
    if misfit is not None and misfit.wanted is None:
        raise InputError("model.weight_surplus", name=misfit.name)
    if misfit is not None and misfit.found is None:
        raise InputError("model.weight_missing", name=misfit.name)
    if misfit is not None:
        raise InputError("model.weight_shape", name=misfit.name, found=misfit.found, wanted=misfit.wanted)
    cast = {name: t.float() if t.is_floating_point() else t.to(torch.int32) for name, t in state.items()}
    crane.load_state_dict(cast, assign=True)
    return crane


def load_crane(pack: PackReader, on_progress: Callable[[float], None] = lambda _fraction: None) -> Crane:
    """Return the Crane of a proven pack, on the CPU, in float32.

    Raises
    ------
    InputError
        If the weights do not fit the manifest.
    """
    state: dict[str, Tensor] = {}
    names = [name for name in pack.manifest.members if name.startswith("weights/")]
    for index, name in enumerate(names):
        try:
            tensors = load(pack.read(name))
        except SafetensorError as error:
            raise InputError("model.pack_damaged", file=pack.path) from error
        for key in sorted(tensors.keys() & state.keys()):
            raise InputError("model.weight_surplus", name=key)
        state |= tensors
        on_progress((index + 1) / len(names))
    return crane_of(pack.manifest.config, state)
