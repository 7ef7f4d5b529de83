"""The losses are those of the authors' script, written out anew from the formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crane_desktop.model.crane import CraneOutput
from crane_desktop.training.prompt_losses import dice, focal, map_loss, prompt_loss


def maps_and_masks(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    maps = torch.rand(3, 8, 8, generator=generator)
    masks = (torch.rand(3, 8, 8, generator=generator) > 0.7).float()
    masks[0] = 0
    return maps, masks


def published_focal(both: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Lin et al. with one-hot labels clamped by 1e-5, over channels [normal, abnormal]."""
    one_hot = F.one_hot(target.long(), 2).movedim(-1, 1).float().clamp(1e-5, 1 - 1e-5)
    right = (one_hot * both).sum(1) + 1e-5
    return (-((1 - right) ** 2) * right.log()).mean()


def published_dice(maps: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    each = [(2 * (m * t).sum() + 1) / (m.sum() + t.sum() + 1) for m, t in zip(maps, target, strict=True)]
    return 1 - sum(each) / len(each)


def test_focal_is_over_both_channels() -> None:
    maps, masks = maps_and_masks()
    assert torch.isclose(focal(maps, masks), published_focal(torch.stack([1 - maps, maps], 1), masks), atol=1e-6)


def test_dice_counts_good_pictures_too() -> None:
    maps, masks = maps_and_masks()
    assert torch.isclose(dice(maps, masks), published_dice(maps, masks), atol=1e-6)


def output(seed: int, entries: int = 2) -> CraneOutput:
    generator = torch.Generator().manual_seed(seed)
    logits = tuple(torch.randn(3, 16, 2, generator=generator) for _ in range(entries))
    whole = torch.randn(3, 2, generator=generator)
    return CraneOutput(whole.softmax(-1)[:, 1], whole, logits, torch.zeros(3, 8, 8))


def test_the_whole_loss_is_the_published_sum() -> None:
    _, masks = maps_and_masks()
    out = output(1)
    defective = masks.flatten(1).any(1)
    expected = 0.2 * F.cross_entropy(out.image_logits * 0.07 / 0.01, defective.long())
    for logits in out.pixel_logits:
        grid = logits.softmax(-1).movedim(-1, 1).reshape(3, 2, 4, 4)
        both = F.interpolate(grid, size=(8, 8), mode="bilinear", align_corners=False)
        expected = expected + 2 * published_focal(both, masks)
        expected = expected + 2 * (published_dice(both[:, 1], masks) + published_dice(both[:, 0], 1 - masks))
    loss = prompt_loss(out, defective, masks, torch.ones(3, dtype=torch.bool))
    assert torch.isclose(loss, expected, rtol=1e-5)


def test_without_masks_only_the_score_is_learned() -> None:
    _, masks = maps_and_masks()
    out, defective = output(2), torch.tensor([False, True, True])
    nothing = torch.zeros(3, dtype=torch.bool)
    expected = 0.2 * F.cross_entropy(7 * out.image_logits, defective.long())
    assert torch.isclose(prompt_loss(out, defective, masks, nothing), expected)
    some = prompt_loss(out, defective, masks, torch.tensor([True, False, False]))
    other = masks.clone()
    other[1:] = 1 - other[1:]
    assert torch.equal(some, prompt_loss(out, defective, other, torch.tensor([True, False, False])))


UNIT_MAPS = arrays(np.float32, (2, 5, 5), elements=st.floats(0, 1, width=32))
BIT_MASKS = arrays(np.bool_, (2, 5, 5))


@given(UNIT_MAPS, BIT_MASKS)
def test_every_part_of_the_loss_stays_within_its_bounds(maps: np.ndarray, masks: np.ndarray) -> None:
    abnormal, target = torch.from_numpy(maps), torch.from_numpy(masks).float()
    assert -1e-6 <= float(dice(abnormal, target)) <= 1
    assert float(focal(abnormal, target)) >= 0
    assert float(map_loss(abnormal, target)) >= float(map_loss(target, target)) - 1e-5


@given(BIT_MASKS)
def test_the_mask_itself_is_the_best_map(masks: np.ndarray) -> None:
    target = torch.from_numpy(masks).float()
    assert float(map_loss(target, target)) < 1e-3
    assert float(map_loss(1 - target, target)) > 1


@given(UNIT_MAPS, BIT_MASKS)
def test_pictures_of_a_batch_are_averaged_one_by_one(maps: np.ndarray, masks: np.ndarray) -> None:
    abnormal, target = torch.from_numpy(maps), torch.from_numpy(masks).float()
    alone = [float(map_loss(abnormal[n : n + 1], target[n : n + 1])) for n in range(2)]
    assert float(map_loss(abnormal, target)) == pytest.approx(sum(alone) / 2, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("wrong", [0.0, 1.0])
def test_even_a_certain_mistake_has_a_gradient(wrong: float) -> None:
    """A map at 0 or 1 would have none, or an infinite one, without the smoothing."""
    maps = torch.full((1, 4, 4), wrong, requires_grad=True)
    map_loss(maps, torch.full((1, 4, 4), 1 - wrong)).backward()  # type: ignore[no-untyped-call]
    assert maps.grad is not None
    assert bool(maps.grad.isfinite().all())
    assert bool((maps.grad * (1 if wrong else -1) > 0).all())
