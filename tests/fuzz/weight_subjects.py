"""Published weights of a Crane that are whole files and no such weights: of other shapes, kinds, names and values."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from random import Random

import torch
from builders import crane_config
from tasting import Subject
from torch import Tensor

from crane_desktop.model.build import build_pack
from crane_desktop.model.crane import new_crane

State = dict[str, Tensor]
_KINDS = (torch.int64, torch.bool, torch.complex64, torch.float64, torch.bfloat16, torch.uint8)


def built_subjects(place: Path) -> list[Subject]:
    """Return `pack build` with weights of CLIP, and of the prompts, that somebody changed."""
    place.mkdir()
    vision = {"width": 64, "layers": 2, "heads": 1, "patch_size_px": 74, "position_grid": 3}
    text = {"width": 64, "layers": 3, "heads": 1}
    crane = new_crane(crane_config(image_size_px=518, embed_dim=64, vision=vision, text=text), seed=5)
    state = {name: tensor.detach() for name, tensor in crane.state_dict().items()}
    prompts = {name.removeprefix("prompts."): t for name, t in state.items() if name.startswith("prompts.")}
    clip = {name.removeprefix("text."): t for name, t in state.items() if not name.startswith("prompts.")}
    clip_file, prompts_file, out = place / "clip.pt", place / "prompts.pth", place / "out.cranepack"

    def taste(changed: Path, content: bytes) -> None:
        torch.save(clip, clip_file)
        torch.save(prompts, prompts_file)
        changed.write_bytes(content)
        build_pack("crane", clip_file, prompts_file, None, "softmax", "static", out)

    return [
        Subject(f"built-{file.stem}", partial(_other, whole), partial(taste, file), 400, 3)
        for file, whole in ((clip_file, clip), (prompts_file, prompts))
    ]


def _other(whole: State, draw: Random) -> bytes:
    state: dict[object, object] = dict(whole)
    for _ in range(draw.choice((1, 1, 2, 4))):
        name = draw.choice(list(whole))
        state[name] = _another(draw, whole[name])
        if draw.random() < 0.2:
            del state[name]
        if draw.random() < 0.2:
            state[draw.choice(("model", "state_dict", 7, "transformer.resblocks.99.ln_1.weight", ""))] = state
    target = io.BytesIO()
    torch.save(state, target)
    return target.getvalue()


def _another(draw: Random, tensor: Tensor) -> object:
    """Return something in a weight's place."""
    wide, odd = draw.choice((0, 1, 2, 7, 64, 200)), draw.choice((float("nan"), float("inf"), 1e38))
    return draw.choice((
        lambda: tensor.reshape(-1),
        lambda: tensor.unsqueeze(0),
        lambda: tensor.reshape(-1)[:0],
        lambda: torch.zeros([wide, *tensor.shape[1:]]),
        lambda: torch.zeros([*tensor.shape[:-1], wide]),
        lambda: torch.zeros(()),
        lambda: tensor.to(draw.choice(_KINDS)),
        lambda: torch.full(tensor.shape, odd),
        lambda: torch.zeros(1).expand(1 << 40),
        lambda: torch.zeros(1).expand(tensor.shape),
        lambda: tensor.float().to_sparse(),
        lambda: "no tensor",
    ))()  # fmt: skip
