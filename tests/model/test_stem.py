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
def test_settled_it_gives_the_same(blocks: tuple[int, int, int]) -> None:
    stem = learnt(blocks)
    before = stem.stages(PICTURES)
    stem.settle()
    for one, other in zip(before, stem.stages(PICTURES), strict=True):
        assert (one - other).norm() < 1e-5 * one.norm()


def test_settled_it_has_no_batch_norm_left() -> None:
    stem = learnt(BLOCKS["deep"])
    stem.settle()
    assert not [part for part in stem.modules() if isinstance(part, torch.nn.BatchNorm2d)]
