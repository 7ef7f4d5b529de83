"""Weights between a Crane and the members of a pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from pydantic import ValidationError
from safetensors.torch import save
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.container import PackReader
from crane_desktop.model.crane import Crane, at_size
from crane_desktop.model.manifest import Precision, Profile
from crane_desktop.model.meta_init import empty_weights
from crane_desktop.model.tensors import TensorsDamaged, read_tensors

Hold = Callable[[str, Tensor], Tensor]
"""How a model holds a weight of that name in memory, given as it is stored."""

_LARGE = 1 << 19
"""Elements; widening smaller matrices again and again would cost more than it saves."""
_DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


def hold_float32(_name: str, tensor: Tensor) -> Tensor:
    """Hold every weight in float32: for training, and for whatever reads the weights."""
    return tensor.float() if tensor.is_floating_point() else tensor.to(torch.int32)


def hold_for(compute: Precision) -> Hold:
    """Return how a model that only answers in `compute` holds its weights.

    Where it computes in float32, large matrices that are stored in half the space stay so and are widened when they
    are used: nothing is lost, and a published Crane needs half the memory. Where it computes in less, matrices are
    rounded once.
    """
    dtype = _DTYPES[compute]

    def hold(name: str, tensor: Tensor) -> Tensor:
        if not _is_large_matrix(name, tensor):
            return hold_float32(name, tensor)
        if compute == "float32":
            return tensor if tensor.dtype.itemsize == 2 else tensor.float()
        return tensor.to(dtype)

    return hold


def _is_large_matrix(name: str, tensor: Tensor) -> bool:
    """Return whether it is one of those that `vision.linear` applies; they are nearly all of a Crane."""
    return name.startswith(("visual.transformer.", "text.transformer.", "dino.blocks.")) and (
        tensor.ndim == 2 and tensor.numel() >= _LARGE
    )


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
    with empty_weights():
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


def crane_of(config: CraneConfig, state: Mapping[str, Tensor], hold: Hold = hold_float32) -> Crane:
    """Return a Crane of this shape with these weights, held as `hold` says.

    Nothing is allocated before every name and shape is known to fit.

    Raises
    ------
    InputError
        If a weight is missing, left over, of the wrong shape or of another kind of numbers: names it.
    """
    with empty_weights():
        crane = Crane(config)
    wanted = crane.state_dict()
    misfit = find_misfit({name: tuple(tensor.shape) for name, tensor in wanted.items()}, state)
    if misfit is not None and misfit.wanted is None:
        raise InputError("model.weight_surplus", name=misfit.name)
    if misfit is not None and misfit.found is None:
        raise InputError("model.weight_missing", name=misfit.name)
    if misfit is not None:
        raise InputError("model.weight_shape", name=misfit.name, found=misfit.found, wanted=misfit.wanted)
    for name, tensor in wanted.items():
        if state[name].is_floating_point() != tensor.is_floating_point() or state[name].is_complex():
            raise InputError("model.weight_kind", name=name)
    crane.load_state_dict({name: hold(name, tensor) for name, tensor in state.items()}, assign=True)
    return crane


def load_crane(
    pack: PackReader,
    on_progress: Callable[[float], None] = lambda _fraction: None,
    hold: Hold = hold_float32,
) -> Crane:
    """Return the Crane of a proven pack, on the CPU, its weights held as `hold` says.

    Raises
    ------
    InputError
        If the weights do not fit the manifest.
    """
    state: dict[str, Tensor] = {}
    members = {name: member for name, member in pack.manifest.members.items() if name.startswith("weights/")}
    whole, done = sum(member.size for member in members.values()), 0
    for name, member in members.items():
        with pack.stream(name) as stream:
            try:
                for key, tensor in read_tensors(stream, member.size):
                    if key in state:
                        raise InputError("model.weight_surplus", name=key)
                    state[key] = hold(key, tensor)
                    done += tensor.nbytes
                    on_progress(min(1.0, done / whole))
            except TensorsDamaged as error:
                raise InputError("model.pack_damaged", file=pack.path) from error
    return crane_of(pack.manifest.config, state, hold)


def load_profile(
    pack: PackReader, profile: Profile, on_progress: Callable[[float], None] = lambda _fraction: None
) -> Crane:
    """Return the Crane of a proven pack, on the CPU, as a profile runs it.

    Raises
    ------
    InputError
        If the weights do not fit the manifest, or the towers cannot see the profile's size.
    """
    crane = load_crane(pack, on_progress, hold_for(profile.precision))
    try:
        crane = at_size(crane, profile.image_size_px)
    except ValidationError as error:
        raise InputError(
            "model.pack_manifest", file=pack.path, detail=f"profiles.{profile.name}.image_size_px"
        ) from error
    crane.compute = _DTYPES[profile.precision]
    return crane
