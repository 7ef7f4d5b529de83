"""Our Crane gives the numbers of the authors' code on the same weights (GOLDEN.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, CraneOutput, ImageFeatures
from crane_desktop.model.dattn import run_dino
from crane_desktop.model.smoothing import Smoother
from crane_desktop.preprocess.fit import fit
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION, IMAGENET_NORMALISATION, normalise

FEATURES, LOGITS, TEXT, MAP, SCORE = 2e-5, 2e-5, 2e-6, 5e-6, 2e-6
CASES = {
    "crane": ("crane", "softmax"),
    "cranep_meanfirst": ("crane-plus", "logits"),
    "cranep_softfirst": ("crane-plus", "softmax"),
}
PICTURES = ("A", "B", "C")


class Reference:
    """The tiny Crane of the golden vectors, and what it answers, computed once a picture."""

    def __init__(self, golden: Any) -> None:
        self.golden = golden
        clip = {k: v for k, v in golden.state("clip").items() if not k.startswith(("token_embedding", "logit_scale"))}
        state = {k if k.startswith("visual.") else f"text.{k}": v for k, v in clip.items()}
        state |= {f"prompts.{k}": v for k, v in golden.state("prompt").items()}
        self.crane = Crane(self._config("crane"))
        self.crane.load_state_dict(state)
        self.plus = Crane(self._config("crane-plus"))
        self.plus.load_state_dict(state | {f"dino.{k}": v for k, v in golden.state("dino").items()})
        self.raw_features = cache(self._raw_features)

    def _config(self, variant: str) -> CraneConfig:
        made = self.golden.manifest["config"]
        return CraneConfig.model_validate(
            {
                "variant": variant,
                "image_size_px": made["image_size"],
                "embed_dim": made["embed_dim"],
                "vision": {
                    "width": made["vision"]["width"],
                    "layers": made["vision"]["layers"],
                    "heads": made["vision"]["heads"],
                    "patch_size_px": made["vision"]["patch"],
                    "position_grid": made["vision"]["pos_grid"],
                },
                "text": {k: made["text"][k] for k in ("width", "layers", "heads")},
                "dual_from": made["eattn_blocks_0based"][0],
                "dino": {"width": 96, "layers": 2, "heads": 3, "patch_size_px": 14}
                if variant == "crane-plus"
                else None,
            }
        )

    def image(self, picture: str) -> np.ndarray:
        return fit(self.golden.inputs[f"image.{picture}"], 518)

    def _raw_features(self, picture: str) -> ImageFeatures:
        clip, dino = (
            torch.from_numpy(normalise(self.image(picture), n))[None]
            for n in (CLIP_NORMALISATION, IMAGENET_NORMALISATION)
        )
        return self.plus.encode_image(clip, dino)

    def features(self, picture: str, case: str) -> ImageFeatures:
        found: ImageFeatures = self.raw_features(picture)
        return found if case.startswith("cranep") else ImageFeatures(found.image, found.entries[1:])

    def answer(self, picture: str, case: str, context: str) -> CraneOutput:
        found = self.features(picture, case)
        variant, average = CASES[case]
        crane = self.crane if variant == "crane" else self.plus
        crane.config = crane.config.model_copy(update={"average": average})
        return crane.answer(found, crane.encode_text(found.image if context == "guided" else None))


@pytest.fixture(scope="module")
def reference(golden: Any) -> Iterator[Reference]:
    with torch.inference_mode():
        yield Reference(golden)


def far(ours: torch.Tensor, theirs: np.ndarray) -> float:
    """Largest absolute difference."""
    assert ours.numel() == theirs.size
    return float(np.abs(ours.numpy().reshape(theirs.shape).astype(np.float64) - theirs).max())


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows.astype(np.float64), axis=-1, keepdims=True)


@pytest.mark.parametrize("picture", PICTURES)
def test_image_and_patch_features(reference: Reference, picture: str) -> None:
    ours, theirs = reference.features(picture, "cranep"), reference.golden.expected
    assert far(ours.image, unit(theirs[f"{picture}.image_features"])) <= FEATURES
    assert far(ours.entries[0], unit(theirs[f"{picture}.dattn_features"])) <= FEATURES
    assert far(ours.entries[1], unit(theirs[f"{picture}.epath_features"])) <= FEATURES


@pytest.mark.parametrize("picture", PICTURES)
def test_dino_features(reference: Reference, picture: str) -> None:
    dino = torch.from_numpy(normalise(reference.image(picture), IMAGENET_NORMALISATION))[None]
    assert reference.plus.dino is not None
    tokens = run_dino(reference.plus.dino, dino)
    assert far(tokens.transpose(1, 2), reference.golden.expected[f"{picture}.dino_features"]) <= FEATURES


def test_text_features(reference: Reference) -> None:
    theirs = reference.golden.expected
    assert far(reference.crane.encode_text(), theirs["text_features.static"]) <= TEXT
    for picture in PICTURES:
        guided = reference.crane.encode_text(reference.features(picture, "crane").image)
        assert far(guided, theirs[f"text_features.guided.{picture}"]) <= TEXT


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("context", ["static", "guided"])
@pytest.mark.parametrize("picture", PICTURES)
def test_logits_map_and_score(reference: Reference, picture: str, context: str, case: str) -> None:
    ours, theirs = reference.answer(picture, case, context), reference.golden.expected
    head = f"{context}.{picture}"
    entries = ("dattn", "epath") if case.startswith("cranep") else ("epath",)
    for logits, entry in zip(ours.pixel_logits, entries, strict=True):
        assert far(logits, theirs[f"{head}.pixel_logits.{entry}"]) <= LOGITS
    family = case.split("_")[0]
    assert far(ours.image_logits, theirs[f"{head}.{family}.image_logits"]) <= LOGITS
    assert far(ours.score, theirs[f"{head}.{family}.score"]) <= SCORE
    smooth = Smoother(518, 4.0, torch.device("cpu"))(ours.raw_map)
    assert _map_error(ours.raw_map[0], theirs, f"{head}.{case}.map_raw") <= MAP
    assert _map_error(smooth[0], theirs, f"{head}.{case}.map_smooth") <= MAP
    mean, std, low, high, _ = theirs[f"{head}.{case}.map_smooth.stats"]
    measured = [float(f(smooth.double())) for f in (torch.mean, lambda m: m.std(correction=0), torch.min, torch.max)]
    assert np.abs(np.array(measured) - [mean, std, low, high]).max() <= MAP


def _map_error(ours: torch.Tensor, theirs: dict[str, np.ndarray], name: str) -> float:
    if name in theirs:
        return far(ours, theirs[name])
    return far(ours[::7, ::7].contiguous(), theirs[f"{name}.stride7"])


@pytest.mark.slow
@pytest.mark.parametrize("case", ["crane", "cranep_meanfirst"])
def test_the_whole_forward_pass_gives_the_same(reference: Reference, case: str) -> None:
    variant, average = CASES[case]
    crane = reference.crane if variant == "crane" else reference.plus
    crane.config = crane.config.model_copy(update={"average": average})
    clip, dino = (
        torch.from_numpy(normalise(reference.image("C"), n))[None] for n in (CLIP_NORMALISATION, IMAGENET_NORMALISATION)
    )
    output = crane(clip, dino if variant == "crane-plus" else None)
    assert far(output.score, reference.golden.expected[f"static.C.{case.split('_')[0]}.score"]) <= SCORE
    assert _map_error(output.raw_map[0], reference.golden.expected, f"static.C.{case}.map_raw") <= MAP


@pytest.mark.slow
def test_a_second_picture_in_the_batch_changes_nothing(reference: Reference) -> None:
    # The authors' code takes D-Attn's mean over the batch; alone and together must be the same here (fact 9).
    pictures = [reference.image(p) for p in "AB"]
    clip, dino = (
        torch.from_numpy(np.stack([normalise(p, n) for p in pictures]))
        for n in (CLIP_NORMALISATION, IMAGENET_NORMALISATION)
    )
    both = reference.plus(clip, dino)
    alone = torch.cat([reference.answer(p, "cranep_meanfirst", "static").score for p in "AB"])
    assert torch.allclose(both.score, alone, atol=SCORE, rtol=0)


def test_gaussian_alone(golden: Any) -> None:
    given = torch.from_numpy(golden.extra["gaussian.input.u16"].astype(np.float32) / 16384)
    smooth = Smoother(given.shape[0], 4.0, torch.device("cpu"))(given)
    assert far(smooth[::7, ::7].contiguous(), golden.extra["gaussian.output.stride7"]) <= 1e-6
    assert far(smooth[:20, :20].contiguous(), golden.extra["gaussian.output.corner20"]) <= 1e-6
