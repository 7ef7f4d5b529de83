"""Baselines on the same weights, so that what Crane adds is measured; a new one is a file and a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from builders import model_pack
from golden_reference import FEATURES, Golden, Reference, far
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.ports import Scorer
from crane_desktop.model.anomalyclip import anomalyclip
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.model.family import FAMILY, load_method, methods
from crane_desktop.model.golden import golden_pictures
from crane_desktop.model.plainclip import plain_clip
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.preprocess.normalise import CLIP_NORMALISATION
from crane_desktop.settings.texts import error_text


@pytest.fixture(scope="module")
def pack(small_crane: Callable[..., Crane], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return model_pack(tmp_path_factory.mktemp("made") / "small.cranepack", small_crane("crane-plus", "guided"))


def pictures(size_px: int, count: int = 1) -> Tensor:
    return torch.randn(count, 3, size_px, size_px, generator=torch.Generator().manual_seed(1))


def map_at_patches(raw: Tensor, grid: int) -> Tensor:
    """A map that was enlarged bilinearly has its patches' own values at an odd patch size's middles."""
    step = raw.shape[-1] // grid
    return raw[..., step // 2 :: step, step // 2 :: step]


@pytest.mark.parametrize("name", ["clip", "anomalyclip", "crane"])
def test_every_method_is_a_scorer(pack: Path, name: str) -> None:
    scorer = load_method(name, pack, device="cpu")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 90, 3), dtype=np.uint8)
    scored = scorer.score(pixels)
    values, place = scored.anomaly_map.values, scored.anomaly_map.placement
    assert 0 <= scored.score <= 1
    assert (values.shape, values.dtype, values.flags.writeable) == ((56, 56), np.float32, False)
    assert 0 <= values.min() < values.max() <= 1
    assert (place.width_px, place.height_px) == (90, 40)
    assert scorer.score(pixels).score == scored.score
    assert scorer.info.variant == ("crane-plus" if name == "crane" else name)
    assert scorer.info.pack_sha256 == load_scorer(pack, device="cpu").info.pack_sha256
    scorer.close()
    scorer.close()
    with pytest.raises(RuntimeError, match="closed"):
        scorer.score(pixels)


def test_methods_differ_in_what_they_say(pack: Path) -> None:
    told = {name: load_method(name, pack, device="cpu").score(golden_pictures()[0]) for name in methods()}
    assert isinstance(load_method("crane", pack, device="cpu"), CraneScorer)
    maps = [scored.anomaly_map.values for scored in told.values()]
    for one in range(3):
        for other in range(one):
            assert np.abs(maps[one] - maps[other]).max() > 1e-4
    # Both baselines score a picture by CLIP's own token.
    assert told["clip"].score == pytest.approx(told["anomalyclip"].score, abs=1e-6)
    assert told["crane"].score != pytest.approx(told["clip"].score, abs=1e-6)


def test_a_method_that_is_not_there(pack: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_method("winclip", pack)
    assert "crane, clip, anomalyclip" in error_text(caught.value, "en")
    assert "crane, clip, anomalyclip" in error_text(caught.value, "ja")


def test_plain_clip_is_the_authors_untouched_stream(golden: Golden) -> None:
    """Against the golden traces: the class token, and the original stream's patches after the last block."""
    reference = Reference(golden)
    seen: list[Tensor] = []
    tower: Any = reference.crane.visual
    hook = tower.ln_post.register_forward_pre_hook(lambda _m, given: seen.append(given[0]))
    with torch.inference_mode():
        score, raw = plain_clip(reference.crane, reference.tensor("A", CLIP_NORMALISATION))
        hook.remove()
        rows = golden.expected["trace.vision.rows"].tolist()
        stream = golden.expected["trace.vision.blocks"][-1, 1]
        assert far(seen[0][0, rows], stream) <= FEATURES
        text = torch.from_numpy(golden.expected["text_features.static"])
        image = F.normalize(torch.from_numpy(golden.expected["A.image_features"]), dim=-1)
        expected = (image @ text.T / 0.07).softmax(-1)[:, 1]
        assert far(score, expected.numpy()) <= FEATURES
        assert raw.shape == (1, 518, 518)


def test_anomalyclip_sums_what_v_v_attention_adds(small_config: Callable[..., Any]) -> None:
    """Written out for a tower whose last block alone has the second path."""
    crane = new_crane(small_config(dual_from=3), seed=4).requires_grad_(False)
    tower: Any = crane.visual
    entered: list[Tensor] = []
    last = tower.transformer.resblocks[-1]
    hook = last.ln_1.register_forward_pre_hook(lambda _m, given: entered.append(given[0]))
    score, raw = anomalyclip(crane, pictures(56))
    hook.remove()
    tokens = entered[0]
    weight, bias = last.attn.in_proj_weight[-48:], last.attn.in_proj_bias[-48:]
    value = (last.ln_1(tokens) @ weight.T + bias).view(1, 17, 3, 16)
    look = torch.einsum("bihd,bjhd->bhij", value, value) / 4
    added = torch.einsum("bhij,bjhd->bihd", look.softmax(-1), value).reshape(1, 17, 48)
    extra = tokens + added @ last.attn.out_proj.weight.T + last.attn.out_proj.bias
    features = F.normalize(tower.ln_post(extra[:, 1:]) @ tower.proj, dim=-1)
    wanted = (features @ crane.encode_text().T / 0.07).softmax(-1)[..., 1].view(1, 4, 4)
    grid = F.interpolate(wanted[None], size=(56, 56), mode="bilinear")[0]
    assert torch.allclose(raw, grid, atol=1e-6)
    assert torch.allclose(score, plain_clip(crane, pictures(56))[0], atol=1e-6)


NEW_METHOD = '''
"""How far a picture's patches are from their mean: no words at all."""

import torch.nn.functional as F


def spread(crane, images):
    features = crane.encode_image(images, images).entries[-1]
    apart = (features - features.mean(1, keepdim=True)).norm(dim=-1) / 2
    side = crane.config.grid
    maps = F.interpolate(apart.view(-1, 1, side, side), scale_factor=crane.config.vision.patch_size_px)[:, 0]
    return apart.amax(1), maps
'''


def test_a_new_method_is_a_file_and_a_line(pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spread.py").write_text(NEW_METHOD)
    monkeypatch.syspath_prepend(tmp_path)
    from spread import spread  # type: ignore[import-not-found]

    monkeypatch.setitem(FAMILY, "spread", spread)
    assert methods() == ["crane", "clip", "anomalyclip", "spread"]
    scorer: Scorer = load_method("spread", pack, device="cpu")
    scored = scorer.score(golden_pictures()[0])
    assert 0 < scored.score <= 1
    assert scored.anomaly_map.values.max() > 0
