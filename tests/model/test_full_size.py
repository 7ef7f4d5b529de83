"""The published size end to end, with weights drawn from a seed: CLIP ViT-L/14-336 and DINOv2 ViT-B/14 with registers.

Not in the default run (minutes, some 8 GB of memory): ``pytest -m full_size -s tests/model/test_full_size.py``.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from crane_desktop._preload import guard_torchvision

pytestmark = [pytest.mark.full_size, pytest.mark.timeout(3000)]

SEED = 336


def drawn(module: torch.nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """Weights that let an answer through: norms near one, matrices as wide as their inputs ask for; float16 exactly."""
    state = {}
    for name, tensor in module.state_dict().items():
        shape = tuple(tensor.shape)
        if "ln_" in name or "norm" in name:
            value = torch.full(shape, 1.0 if name.endswith("weight") else 0.0)
        elif name.endswith("gamma"):
            value = torch.full(shape, 0.1)
        elif name.endswith("bias") or len(shape) < 1:
            value = torch.zeros(shape)
        elif name == "pos_embed":
            value = torch.randn(shape, generator=generator)
        else:
            fan_in = shape[0] if name.endswith(("proj", "text_projection")) else int(np.prod(shape[1:])) or shape[0]
            value = torch.randn(shape, generator=generator) * fan_in**-0.5
        state[name] = value.half()
    return state


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The three files as they would be downloaded: OpenAI's names in half precision, Facebook's in single."""
    guard_torchvision()
    from open_clip.model import CLIP
    from timm.models.vision_transformer import VisionTransformer

    folder = tmp_path_factory.mktemp("weights")
    generator = torch.Generator().manual_seed(SEED)
    with torch.device("meta"):
        clip = CLIP(
            768,
            {"layers": 24, "width": 1024, "patch_size": 14, "image_size": 336},
            {"layers": 12, "width": 768, "heads": 12},
            quick_gelu=True,
        )
        dino = VisionTransformer(
            img_size=518, patch_size=14, embed_dim=768, depth=12, num_heads=12, init_values=1e-5, reg_tokens=4,
            no_embed_class=True, num_classes=0,
        )  # fmt: skip
    words = drawn(clip, generator)
    table = words["token_embedding.weight"].float()
    made = {"clip": folder / "ViT-L-14-336px.safetensors", "dino": folder / "dinov2_vitb14_reg4_pretrain.pth"}
    save_file(words, made["clip"])
    state = {name: tensor.float() for name, tensor in drawn(dino, generator).items()}
    state["register_tokens"] = state.pop("reg_token")
    state["pos_embed"] = torch.cat([torch.zeros(1, 1, 768), state["pos_embed"]], dim=1)
    torch.save(state | {"mask_token": torch.zeros(1, 768)}, made["dino"])
    made["prompts"] = folder / "prompts.pth"
    torch.save({"prompt_learner": prompts(table, generator)}, made["prompts"])
    return made


def prompts(table: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """The state of a prompt learner in the authors' layout (GOLDEN section 1)."""
    state: dict[str, Tensor] = {}
    for name, words in (("pos", [14115, 269, 49407]), ("neg", [13568, 14115, 269, 49407])):
        ids = torch.zeros(1, 1, 77, dtype=torch.int32)
        ids[0, 0, : 13 + len(words)] = torch.tensor([49406, *[343] * 12, *words], dtype=torch.int32)
        state[f"ctx_{name}"] = torch.randn(1, 1, 12, 768, generator=generator) * 0.02
        state[f"token_prefix_{name}"] = table[ids[0, 0, :1].long()][None, None]
        state[f"token_suffix_{name}"] = table[ids[0, 0, 13:].long()][None, None]
        state[f"tokenized_prompts_{name}"] = ids
    deep = {f"compound_prompts_text.{i}": torch.randn(4, 768, generator=generator) * 0.02 for i in range(8)}
    return state | deep


class Took:
    """Seconds and peak memory of the steps, printed at the end."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        began_s = time.monotonic()
        yield
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        self.steps[step] = {"s": round(time.monotonic() - began_s, 1), "peak_gb": round(peak_gb, 2)}


def test_build_verify_load_score(
    crane: Callable[..., Any], files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    took = Took()
    station = ("--json", "--data-dir", tmp_path / "station")
    out = tmp_path / "full.cranepack"
    given = ("--clip", files["clip"], "--prompts", files["prompts"], "--dino", files["dino"])
    with took("build"):
        done = crane("pack", "build", "--variant", "crane-plus", *given, "-o", out, *station)
    assert (done.code, done.err) == (0, "")
    (told,) = done.objects
    config = told["config"]
    assert (config["vision"]["width"], config["vision"]["layers"], config["dual_from"]) == (1024, 24, 5)
    assert (config["dino"]["width"], config["dino"]["registers"], config["average"]) == (768, 4, "logits")
    # Half precision is kept where it loses nothing: some 390 and 86 million weights at two bytes, and the prompts.
    assert 0.9e9 < out.stat().st_size < 1.1e9
    with took("verify"):
        done = crane("pack", "verify", out, *station)
    assert done.code == 0, done.out
    assert [check["ok"] for check in done.objects[0]["checks"]] == [True, True, True]
    picture = tmp_path / "part.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)).save(picture)
    with took("score"):
        done = crane("score", "--pack", out, picture, "--out", tmp_path / "maps", *station)
    (scored,) = done.objects
    assert 0 <= scored["score"] <= 1
    values = np.load(scored["map"])
    assert values.shape == (518, 518)
    assert 0 <= values.min() < values.max() <= 1
    with capsys.disabled():
        print(json.dumps({"pack_gb": round(out.stat().st_size / 1e9, 3), **took.steps}))
