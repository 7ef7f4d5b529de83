"""A cut-off learning goes on where it stopped, or begins anew; it never goes on from something else."""

from __future__ import annotations

import csv
import math
import pickle
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import LANGUAGES, Language, text
from crane_desktop.training.progress import Epoch, Figures, TrainingProgress, learning_curve, write_learning_curve


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


def untouched(saved: Path, prompts: nn.Module, optimiser: torch.optim.Optimizer) -> bool:
    """Whether a checkpoint that is none left everything as it was."""
    before = {name: tensor.clone() for name, tensor in prompts.state_dict().items()}
    progress = TrainingProgress("wish")
    progress.restore(saved, prompts, optimiser)
    same = all(torch.equal(tensor, before[name]) for name, tensor in prompts.state_dict().items())
    return same and progress.epochs == [] and progress.best_prompts == {} and not optimiser.state


def test_a_checkpoint_cut_anywhere_is_none(saved: Path) -> None:
    content = saved.read_bytes()
    for end in (*range(0, len(content), 97), len(content) - 1):
        saved.write_bytes(content[:end])
        assert untouched(saved, *learning(seed=1)), end


@pytest.mark.parametrize("absent", ["wish", "epochs", "best_prompts", "prompts", "optimiser"])
def test_a_checkpoint_that_lacks_something_is_none(saved: Path, absent: str) -> None:
    state = torch.load(saved, weights_only=True)
    del state[absent]
    torch.save(state, saved)
    assert untouched(saved, *learning(seed=1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", "[{}]"),
        ("epochs", "{"),
        ("epochs", 7),
        ("prompts", {"weight": torch.zeros(2, 3)}),
        ("prompts", {"weight": torch.zeros(2, 3), "bias": torch.zeros(9)}),
        ("optimiser", {"state": {}, "param_groups": []}),
    ],
)
def test_a_checkpoint_with_something_wrong_in_it_is_none(saved: Path, name: str, value: object) -> None:
    torch.save({**torch.load(saved, weights_only=True), name: value}, saved)
    assert untouched(saved, *learning(seed=1))


@given(st.lists(st.floats(0, 9) | st.just(math.nan), min_size=1, max_size=12))
def test_the_best_epoch_is_the_first_of_the_lowest_losses(losses: list[float]) -> None:
    prompts = nn.Linear(1, 1)
    progress = TrainingProgress("wish")
    for number, loss in enumerate(losses, start=1):
        nn.init.constant_(prompts.weight, number)
        progress.add(number, 1.0, figures(loss), prompts)
    known = [loss for loss in losses if not math.isnan(loss)]
    expected = 1 + losses.index(min(known)) if known else 1
    assert progress.best.epoch == expected
    assert progress.best_prompts["weight"].item() == expected


def run(losses: list[float]) -> TrainingProgress:
    progress = TrainingProgress("wish")
    for number, loss in enumerate(losses, start=1):
        progress.add(number, loss / 2, Figures(loss, None if number == 1 else 0.9, 0.8), nn.Linear(1, 1))
    return progress


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_learning_curve_lies_beside_the_pack(tmp_path: Path, language: Language) -> None:
    table, picture = write_learning_curve(tmp_path / "ねじ <a>.cranepack", run([0.5, 0.25, 0.75]), language)
    assert (table.name, picture.name) == ("ねじ <a>.learning.csv", "ねじ <a>.learning.svg")
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")  # for spreadsheets that take it for the local code else
    rows = list(csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [float(row["held_out_loss"]) for row in rows] == [0.5, 0.25, 0.75]
    assert rows[0]["held_out_image_auroc"] == ""
    root = ElementTree.fromstring(picture.read_bytes())
    words = {element.text for element in root.iter() if element.text and element.text.strip()}
    assert any("ねじ <a>" in word for word in words)
    assert {
        text(key, language) for key in ("training.curve_kept", "training.curve_epoch", "training.curve_loss")
    } <= words
    assert len([e for e in root.iter() if e.tag.endswith("polyline")]) == 4


def test_a_curve_of_one_epoch_is_drawn(tmp_path: Path) -> None:
    drawn = ElementTree.fromstring(learning_curve("one", run([0.5]), "en"))
    assert drawn.tag.endswith("svg")


def test_a_curve_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_learning_curve(tmp_path / "absent" / "new.cranepack", run([0.5]), "ja")
    assert caught.value.key == "training.cannot_write"
    assert caught.value.params["folder"] == tmp_path / "absent"
