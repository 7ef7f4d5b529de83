"""What the losses reward, and that nothing in them breaks learning."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from demo_pack.losses import dice_loss, focal_loss, image_loss, patch_loss


def a_mask(size: int = 8) -> Tensor:
    masks = torch.zeros(1, size, size)
    masks[0, :3, :4] = 1
    return masks


def test_focal_loss_by_hand() -> None:
    maps, masks = torch.tensor([[[0.8, 0.3]]]), torch.tensor([[[1.0, 0.0]]])
    by_hand = -(0.2**2 * math.log(0.8) + 0.3**2 * math.log(0.7)) / 2
    assert float(focal_loss(maps, masks)) == pytest.approx(by_hand, rel=1e-5)
    assert float(focal_loss(maps, masks, gamma=0)) == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2, rel=1e-5)


def test_focal_loss_is_finite_at_the_ends() -> None:
    maps = torch.tensor([[[0.0, 1.0]]], requires_grad=True)
    loss = focal_loss(maps, torch.tensor([[[1.0, 0.0]]]))
    loss.backward()
    assert loss.isfinite()
    assert maps.grad is not None
    assert maps.grad.isfinite().all()


def test_dice_loss_rewards_overlap() -> None:
    masks = a_mask()
    losses = [float(dice_loss(maps, masks)) for maps in (masks, 0.5 * masks, torch.zeros_like(masks), 1 - masks)]
    assert losses[0] == pytest.approx(0, abs=1e-6)
    assert losses == sorted(losses)
    assert losses[-1] < 1


def test_dice_loss_is_about_defective_pictures_only() -> None:
    pair, good = torch.cat([a_mask(), torch.zeros(1, 8, 8)]), torch.zeros(1, 8, 8)
    maps = torch.cat([0.7 * a_mask(), torch.rand(1, 8, 8)])
    assert float(dice_loss(maps, pair)) == pytest.approx(float(dice_loss(maps[:1], pair[:1])), rel=1e-6)
    assert float(dice_loss(torch.rand(1, 8, 8), good)) == 0


def test_image_loss_asks_whether_there_is_any_defect() -> None:
    masks = torch.cat([torch.zeros(1, 8, 8), a_mask()])
    right, wrong = torch.tensor([[5.0, -5.0], [-5.0, 5.0]]), torch.tensor([[-5.0, 5.0], [5.0, -5.0]])
    assert float(image_loss(right, masks)) < 0.01
    assert float(image_loss(wrong, masks)) > 9


def test_patches_that_are_hardly_touched_teach_nothing() -> None:
    masks = torch.zeros(1, 64, 64)
    masks[0, :16, :16] = 1  # the first patch of 16, whole
    masks[0, 16, 0] = 1  # one pixel of another
    logits = torch.zeros(1, 16, 2, requires_grad=True)
    patch_loss([logits], masks, 6.0).backward()
    assert logits.grad is not None
    pull = logits.grad[0, :, 1]
    assert pull[0] < 0
    assert pull[4] == 0
    others = [i for i in range(16) if i not in (0, 4)]
    assert (pull[others] > 0).all()
    assert float(-pull[0]) == pytest.approx(6 * float(pull[1]), rel=1e-5)


def test_several_entries_count_alike() -> None:
    masks = a_mask(64)
    one, two = torch.randn(1, 16, 2), torch.randn(1, 16, 2)
    alone = [float(patch_loss([x], masks, 3.0)) for x in (one, two)]
    assert float(patch_loss([one, two], masks, 3.0)) == pytest.approx(sum(alone) / 2, rel=1e-5)
