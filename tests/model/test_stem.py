"""The stem as it answers gives what the stem as it learns gives."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from crane_desktop.model.config import STEMS, CraneConfig, StemShape
from crane_desktop.model.crane import Crane
from crane_desktop.model.stem import STAGES, ConvolutionalStem, Detail

PICTURES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))


def learnt(shape: StemShape) -> ConvolutionalStem:
    """A stem whose batch norms have seen something."""
    torch.manual_seed(6)
    stem = ConvolutionalStem(32, shape)
    with torch.no_grad():
        for _ in range(3):
            stem(PICTURES)
        for name, parameter in stem.named_parameters():
            if name.endswith(".1.weight"):
                parameter.uniform_(0.5, 1.5)
    return stem.eval().requires_grad_(False)


@pytest.mark.parametrize("shape", STEMS.values(), ids=STEMS)
def test_settled_it_gives_the_same(shape: StemShape) -> None:
    stem = learnt(shape)
    before = stem.stages(PICTURES)
    stem.settle()
    for one, other in zip(before, stem.stages(PICTURES), strict=True):
        assert (one - other).norm() < 1e-5 * one.norm()


def test_settled_it_has_no_batch_norm_left() -> None:
    stem = learnt(STEMS["deep"])
    stem.settle()
    assert not [part for part in stem.modules() if isinstance(part, torch.nn.BatchNorm2d)]


def test_detail_puts_what_the_stem_saw_where_it_saw_it() -> None:
    torch.manual_seed(7)
    detail, tokens, middle = Detail(32, 16), torch.randn(1, 4, 32), torch.randn(1, 32, 4, 4)
    fine = torch.randn(1, STAGES[-1], 8, 8)
    other = fine.clone()
    other[0, :, 4, 1] += 1
    with torch.no_grad():
        for one, changed in zip(detail(tokens, middle, fine), detail(tokens, middle, other), strict=True):
            moved = (one - changed).norm(dim=-1)[0].unflatten(0, (8, 8))
            assert torch.nonzero(moved > 1e-6).tolist() == [[4, 1]]


def test_what_the_stem_alone_says_does_not_depend_on_the_tower() -> None:
    torch.manual_seed(7)
    detail, middle, fine = Detail(32, 16), torch.randn(1, 32, 4, 4), torch.randn(1, STAGES[-1], 8, 8)
    with torch.no_grad():
        (one, alone), (other, same) = (detail(torch.randn(1, 4, 32), middle, fine) for _ in range(2))
    assert torch.equal(alone, same)
    assert not torch.allclose(one, other)


def test_standing_by_it_hands_on_the_tokens() -> None:
    detail, tokens = Detail(32, 16), torch.randn(1, 1, 32).expand(2, 4, 32)
    detail.stand_by()
    with torch.no_grad():
        handed_on, _ = detail(tokens, torch.randn(2, 32, 4, 4), torch.randn(2, STAGES[-1], 8, 8))
    assert torch.allclose(handed_on, tokens[:, :1], atol=1e-6)


def test_the_published_tower_has_none() -> None:
    vision = {"width": 32, "layers": 2, "heads": 2, "patch_size_px": 16, "position_grid": 4}
    towers = {"embed_dim": 32, "text": {"width": 32, "layers": 2, "heads": 2}, "deep_layers": 1, "dual_from": 1}
    plain = CraneConfig.model_validate({"variant": "crane", "image_size_px": 64, "vision": vision, **towers})
    assert plain.map_grid == plain.grid == 4
    assert plain.entries == 1
    assert not [name for name in Crane(plain).state_dict() if "detail" in name]
    with pytest.raises(ValidationError, match="as fine as the stem's"):
        CraneConfig.model_validate(
            {
                **plain.model_dump(),
                "variant": "crane-plus",
                "vision": {**vision, "stem": "dense", "patch_size_px": 32},
                "dino": {"width": 32, "layers": 2, "heads": 2, "patch_size_px": 32},
            }
        )
