"""A cut-off learning goes on where it stopped, or begins anew; it never goes on from something else."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from crane_desktop.domain.errors import InputError
from crane_desktop.training.progress import Epoch, Figures, TrainingProgress


def learning(seed: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    prompts = nn.Linear(3, 2)
    return prompts, torch.optim.Adam(prompts.parameters(), lr=0.1)


def step(prompts: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    prompts(torch.ones(1, 3)).square().sum().backward()
    optimiser.step()


def figures(loss: float) -> Figures:
    return Figures(loss, 0.9, None)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    prompts, optimiser = learning()
    progress = TrainingProgress("wish")
    for number, loss in ((1, 0.5), (2, 0.7)):
        step(prompts, optimiser)
        progress.add(number, 1.0, figures(loss), prompts)
    progress.save(tmp_path / "state.pt", prompts, optimiser)
    return tmp_path / "state.pt"


def test_the_best_epoch_is_kept_with_its_prompts() -> None:
    prompts, optimiser = learning()
    progress = TrainingProgress("wish")
    seen = []
    for number, loss in ((1, 0.6), (2, 0.4), (3, 0.4), (4, 0.5)):
        step(prompts, optimiser)
        progress.add(number, 1.0, figures(loss), prompts)
        seen.append(prompts.weight.detach().clone())
    assert progress.best.epoch == 2
    assert torch.equal(progress.best_prompts["weight"], seen[1])
    assert not torch.equal(seen[1], seen[3])


def test_going_on_is_as_if_nothing_had_happened(saved: Path) -> None:
    whole, whole_optimiser = learning()
    for _ in range(3):
        step(whole, whole_optimiser)
    prompts, optimiser = learning(seed=1)
    progress = TrainingProgress("wish")
    progress.restore(saved, prompts, optimiser)
    assert progress.epochs == [Epoch(1, 1.0, figures(0.5)), Epoch(2, 1.0, figures(0.7))]
    assert progress.best.epoch == 1
    step(prompts, optimiser)
    assert torch.equal(prompts.weight, whole.weight)


class Evil:
    """Runs on unpickling."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return (Path.touch, (self._path,))


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "other wish", "pickle", "other shape"])
def test_what_cannot_be_taken_up_is_left(saved: Path, damage: str) -> None:
    content = saved.read_bytes()
    prompts, optimiser = learning(seed=1)
    if damage == "pickle":
        saved.write_bytes(pickle.dumps({"wish": "wish", "epochs": Evil(saved.with_name("ran"))}, protocol=2))
    elif damage == "other shape":
        prompts = nn.Linear(5, 2)
        optimiser = torch.optim.Adam(prompts.parameters())
    elif damage != "other wish":
        saved.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "text": b"no checkpoint"}[damage])
    before = prompts.weight.detach().clone()
    progress = TrainingProgress("another" if damage == "other wish" else "wish")
    progress.restore(saved, prompts, optimiser)
    assert progress.epochs == []
    assert torch.equal(prompts.weight, before)
    assert not saved.with_name("ran").exists()


def test_without_a_checkpoint_it_begins(tmp_path: Path) -> None:
    prompts, optimiser = learning()
    progress = TrainingProgress("wish")
    progress.restore(tmp_path / "absent.pt", prompts, optimiser)
    assert progress.epochs == []


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    prompts, optimiser = learning()
    with pytest.raises(InputError) as caught:
        TrainingProgress("wish").save(tmp_path / "absent" / "state.pt", prompts, optimiser)
    assert caught.value.key == "training.cannot_write"


def test_an_epoch_as_json() -> None:
    assert Epoch(2, 0.5, Figures(0.4, None, 0.9)).as_dict() == {
        "epoch": 2,
        "loss": 0.5,
        "held_out_loss": 0.4,
        "held_out_image_auroc": None,
        "held_out_pixel_auroc": 0.9,
    }
