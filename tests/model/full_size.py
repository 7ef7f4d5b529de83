"""Weight files of the published size and names, drawn from a seed, and packs of them.

``python tests/model/full_size.py FOLDER`` writes the files and builds ``full.cranepack`` and ``full-plus.cranepack``
from them, which ``crane-inspector bench --against tests/model/published.py`` measures.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from crane_desktop._preload import guard_torchvision
from crane_desktop.model.build import build_pack
from crane_desktop.model.packing import ProfileWish

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


def weight_files(folder: Path) -> dict[str, Path]:
    """The three files as they would be downloaded: OpenAI's names in half precision, Facebook's in single."""
    guard_torchvision()
    from open_clip.model import CLIP
    from timm.models.vision_transformer import VisionTransformer

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


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    files = weight_files(target)
    small = [ProfileWish("small", 336, "bfloat16", 2)]
    build_pack("crane", files["clip"], files["prompts"], None, "softmax", "static", target / "full.cranepack", small)
    plus = target / "full-plus.cranepack"
    build_pack("crane-plus", files["clip"], files["prompts"], files["dino"], "logits", "static", plus, small)
