"""The tiny Crane of the golden vectors, and how far it is from each of their arrays (GOLDEN.md, sections 3 to 5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, CraneOutput, ImageFeatures
from crane_desktop.model.smoothing import Smoother
from crane_desktop.preprocess.fit import fit
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION, IMAGENET_NORMALISATION, Normalisation, normalise

EXACT, FEATURES, LOGITS, TEXT, MAP, SCORE = 0.0, 2e-5, 2e-5, 2e-6, 5e-6, 2e-6
"""Largest absolute differences allowed (GOLDEN section 5)."""
CASES = {
    "crane": ("crane", "softmax"),
    "cranep_meanfirst": ("crane-plus", "logits"),
    "cranep_softfirst": ("crane-plus", "softmax"),
}
PICTURES = ("A", "B", "C")
CONTEXTS = ("static", "guided")
SIZE_PX = 518

GIVEN = {
    "inputs": {"image.A", "image.B", "image.C"},
    "extra": {
        "portrait.input",
        "portrait.resized.pillow_13_0_0.stride7",  # what must not come out (fact 16)
        "mode_L.input",
        "mode_RGBA.input",
        "mode_P.input_indices",
        "mode_P.palette",
        "gaussian.input.u16",
    },
    "expected": {
        "trace.vision.rows",
        "trace.vision.pos_emb_row_ids",
        "trace.text.rows",
        "batch2_AB.cranep_meanfirst.score",  # documents what a batch does to the authors' code (fact 9), no target
        "batch2_AB.cranep_meanfirst.map_smooth.stride7",
    },
}
"""Arrays that nothing is compared with: what goes in, where a trace was taken, and what is no target."""


@dataclass(frozen=True)
class Golden:
    """The golden vectors' folder, read."""

    folder: Path
    inputs: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]
    extra: dict[str, np.ndarray]
    manifest: dict[str, Any]

    def state(self, name: str) -> dict[str, Tensor]:
        tensors = load_file(self.folder / f"tiny_{name}.safetensors")
        return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}


def read_golden(folder: Path) -> Golden:
    arrays = {n: dict(np.load(folder / f"tiny_{n}.npz", allow_pickle=False)) for n in ("inputs", "expected", "extra")}
    manifest = json.loads((folder / "tiny_manifest.json").read_text(encoding="utf-8"))
    return Golden(folder, arrays["inputs"], arrays["expected"], arrays["extra"], manifest)


@dataclass(frozen=True)
class Row:
    """One array of the golden vectors: how far ours may be from it, and how far it is."""

    file: str
    array: str
    tolerance: float
    error: float

    @property
    def holds(self) -> bool:
        return self.error <= self.tolerance


class Reference:
    """The tiny Crane and Crane+, and what they answer, computed once a picture."""

    def __init__(self, golden: Golden) -> None:
        self.golden = golden
        clip = {k: v for k, v in golden.state("clip").items() if not k.startswith(("token_embedding", "logit_scale"))}
        self.state = {k if k.startswith("visual.") else f"text.{k}": v for k, v in clip.items()}
        self.state |= {f"prompts.{k}": v for k, v in golden.state("prompt").items()}
        self.dino_state = {f"dino.{k}": v for k, v in golden.state("dino").items()}
        self.crane = self._loaded(self.config("crane"), self.state)
        self.plus = self._loaded(self.config("crane-plus"), self.state | self.dino_state)
        self.smooth = Smoother(SIZE_PX, 4.0, torch.device("cpu"))
        self.raw_features = lru_cache(maxsize=None)(self._raw_features)

    @staticmethod
    def _loaded(config: CraneConfig, state: dict[str, Tensor]) -> Crane:
        crane = Crane(config).eval()
        crane.load_state_dict(state)
        return crane

    def config(self, variant: str, **changes: Any) -> CraneConfig:
        made = self.golden.manifest["config"]
        vision = made["vision"]
        raw = {
            "variant": variant,
            "image_size_px": made["image_size"],
            "embed_dim": made["embed_dim"],
            "vision": {
                **{k: vision[k] for k in ("width", "layers", "heads")},
                "patch_size_px": vision["patch"],
                "position_grid": vision["pos_grid"],
            },
            "text": {k: made["text"][k] for k in ("width", "layers", "heads")},
            "dual_from": made["eattn_blocks_0based"][0],
            "dino": {"width": 96, "layers": 2, "heads": 3, "patch_size_px": 14} if variant == "crane-plus" else None,
        }
        return CraneConfig.model_validate(raw | changes)

    def shortened(self, blocks: int) -> Crane:
        """The tiny Crane as it would be with so many vision blocks: shows what is right up to there."""
        config = self.config("crane")
        vision = config.vision.model_copy(update={"layers": blocks})
        cut = config.model_copy(update={"vision": vision, "dual_from": min(config.dual_from, blocks - 1)})
        head = "visual.transformer.resblocks."
        beyond = {k for k in self.state if k.startswith(head) and int(k[len(head) :].split(".")[0]) >= blocks}
        kept = {k: v for k, v in self.state.items() if k not in beyond}
        return self._loaded(cut, kept)

    def image(self, picture: str) -> np.ndarray:
        return fit(self.golden.inputs[f"image.{picture}"], SIZE_PX)

    def tensor(self, picture: str, normalisation: Normalisation) -> Tensor:
        return torch.from_numpy(normalise(self.image(picture), normalisation))[None]

    def _raw_features(self, picture: str) -> ImageFeatures:
        clip, dino = (self.tensor(picture, n) for n in (CLIP_NORMALISATION, IMAGENET_NORMALISATION))
        return self.plus.encode_image(clip, dino)

    def features(self, picture: str, case: str) -> ImageFeatures:
        found: ImageFeatures = self.raw_features(picture)
        return found if case.startswith("cranep") else ImageFeatures(found.image, found.entries[1:])

    @cached_property
    def static_text(self) -> Tensor:
        return self.crane.encode_text()

    def text(self, picture: str, context: str) -> Tensor:
        return (
            self.crane.encode_text(self.features(picture, "crane").image) if context == "guided" else self.static_text
        )

    def answer(self, picture: str, case: str, context: str) -> CraneOutput:
        variant, average = CASES[case]
        crane = self.crane if variant == "crane" else self.plus
        crane.config = crane.config.model_copy(update={"average": average})
        return crane.answer(self.features(picture, case), self.text(picture, context))


def far(ours: Tensor | np.ndarray, theirs: np.ndarray) -> float:
    """Largest absolute difference; infinite where one is no number."""
    mine = np.asarray(ours)
    assert mine.size == theirs.size, (mine.shape, theirs.shape)
    worst = float(np.abs(mine.reshape(theirs.shape).astype(np.float64) - theirs.astype(np.float64)).max())
    return worst if np.isfinite(worst) else float("inf")


def scaled(ours: Tensor, theirs: np.ndarray) -> float:
    """How far unit vectors are from vectors that are not: at the length of theirs."""
    lengths = np.linalg.norm(theirs.astype(np.float64), axis=-1, keepdims=True)
    return far(ours.numpy().reshape(theirs.shape) * lengths, theirs)
