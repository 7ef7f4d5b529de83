"""The part of a Crane that prompts are learned in: text tower and prompts. The image towers stay on disk."""

from __future__ import annotations

from torch import nn

from crane_desktop.domain.errors import InputError
from crane_desktop.model.container import PackReader
from crane_desktop.model.crane import Crane
from crane_desktop.model.meta_init import empty_weights
from crane_desktop.model.tensors import TensorsDamaged, read_tensors
from crane_desktop.model.weights import hold_float32

_HEADS = ("text.", "prompts.")


def load_text_side(pack: PackReader) -> Crane:
    """Return a Crane that can encode text and answer for given features, but sees no picture.

    Its image towers are gone: of a published pack 1.5 GB stay out of memory. Members are read a tensor at a time.

    Raises
    ------
    InputError
        If the text side's weights are missing or do not fit the manifest.
    """
    with empty_weights():
        crane = Crane(pack.manifest.config)
    crane.visual, crane.dino = nn.Identity(), None
    state = {}
    for name, member in pack.manifest.members.items():
        if not name.startswith("weights/"):
            continue
        with pack.stream(name) as stream:
            try:
                for key, tensor in read_tensors(stream, member.size):
                    if key.startswith(_HEADS):
                        state[key] = hold_float32(key, tensor)
            except TensorsDamaged as error:
                raise InputError("model.pack_damaged", file=pack.path) from error
    wanted = {key: tensor.shape for key, tensor in crane.state_dict().items()}
    for key, shape in wanted.items():
        if key not in state:
            raise InputError("model.weight_missing", name=key)
        if state[key].shape != shape:
            raise InputError("model.weight_shape", name=key, found=list(state[key].shape), wanted=list(shape))
    crane.load_state_dict({key: state[key] for key in wanted}, assign=True)
    return crane
