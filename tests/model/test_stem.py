"""The stem as it answers gives what the stem as it learns gives."""

from __future__ import annotations

import pytest
import torch

from crane_desktop.model.stem import BLOCKS, ConvolutionalStem

PICTURES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))


def learnt(blocks: tuple[int, int, int]) -> ConvolutionalStem:
    """A stem whose batch norms have seen something."""
    torch.manual_seed(6)
    stem = ConvolutionalStem(32, blocks)
    with torch.no_grad():
        for _ in range(3):
            stem(PICTURES)
        for name, parameter in stem.named_parameters():
            if name.endswith(".1.weight"):
                parameter.uniform_(0.5, 1.5)
    return stem.eval().requires_grad_(False)


@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize(("compute", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
def test_settled_it_gives_the_same(blocks: tuple[int, int, int], compute: torch.dtype, tolerance: float) -> None:
    stem = learnt(blocks)
    before, stages = stem(PICTURES), stem.stages(PICTURES)
    stem.settle(compute)
    after = stem(PICTURES)
    assert after.dtype == before.dtype == torch.float32
    assert (after - before).norm() < tolerance * before.norm()
    for one, other in zip(stages, stem.stages(PICTURES), strict=True):
        assert other.dtype == compute
        assert (one - other.float()).norm() < tolerance * one.norm()


def test_settled_it_has_no_batch_norm_left() -> None:
    stem = learnt(BLOCKS["deep"])
    stem.settle(torch.float32)
    assert not [part for part in stem.modules() if isinstance(part, torch.nn.BatchNorm2d)]
