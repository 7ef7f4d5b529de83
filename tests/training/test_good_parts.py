"""Learning good parts: the self-check decides, and what is learnt finds what zero-shot misses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.model.goodparts.file import read_good_parts, write_good_parts
from crane_desktop.model.goodparts.hybrid import HybridScorer
from crane_desktop.model.runner import PatchFeatures
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.settings.resources import resource_path
from crane_desktop.simulation.painting.dataset import write_dataset
from crane_desktop.simulation.painting.draw import draw_part
from crane_desktop.training.goodparts import learn
from crane_desktop.training.goodparts.damage import damaged
from crane_desktop.training.goodparts.learn import learn_good_parts, steepness
from crane_desktop.training.goodparts.measure import drawn_parts, evaluate_with_good_parts


class _Oracle:
    """Knows every damaged copy: nothing can be better."""

    info = ScorerInfo("oracle", "1", "0" * 64, "crane", "full", 64, "cpu", "float32", for_demonstration=False)

    def __init__(self, good: list[np.ndarray]) -> None:
        self._good = {pixels.tobytes() for pixels in good}

    def score(self, pixels: np.ndarray) -> Scored:
        odd = pixels.tobytes() not in self._good
        return Scored(0.9 if odd else 0.1, AnomalyMap(np.full((8, 8), 0.5, np.float32), Placement(0, 0, 8, 8)))

    def score_with_features(self, pixels: np.ndarray) -> tuple[Scored, PatchFeatures]:
        return self.score(pixels), PatchFeatures(np.zeros((8, 8, 2), np.float32), (2,))

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def demo() -> Iterator[CraneScorer]:
    torch.set_num_threads(1)
    scorer = load_scorer(resource_path("packs", "demo.cranepack"), device="cpu")
    yield scorer
    scorer.close()


def _noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (64, 64), dtype=np.uint8)


def test_damage_is_visible_local_and_repeatable() -> None:
    picture = draw_part("cast_surface", 3, size_px=128).pixels
    for seed in range(12):
        copy = damaged(picture, np.random.default_rng(seed))
        changed = (np.abs(copy.astype(int) - picture) > 8).any(-1)
        assert copy.shape == picture.shape
        assert copy.dtype == np.uint8
        assert 0 < changed.mean() < 0.35
        np.testing.assert_array_equal(copy, damaged(picture, np.random.default_rng(seed)))
    assert damaged(picture[:, :, 0].copy(), np.random.default_rng(0)).ndim == 2


def test_a_memory_that_helps_nothing_is_refused() -> None:
    good = [_noise(seed) for seed in range(8)]  # no two alike: nothing can be learnt; and the model knows it all
    memory = learn_good_parts(_Oracle(good), good, 0)
    assert memory.check.zero_shot == 1.0
    assert not memory.check.better


def test_what_cannot_be_learnt_from_is_told() -> None:
    oracle = _Oracle([])
    for pictures, key in (([], "good_parts_count"), ([_noise(1)] * 2, "good_parts_twice")):
        with pytest.raises(InputError, match=key):
            learn_good_parts(oracle, pictures, 0)


@pytest.mark.parametrize("count", [1, 8])
def test_a_few_good_parts_find_what_zero_shot_misses(demo: CraneScorer, count: int) -> None:
    """One design of a printed board: absent and misplaced structure is odd only to who knows the design."""
    good = [draw_part("printed_board", n, size_px=160, defect_rate=0.0, design=5) for n in range(count + 6)]
    bad = [draw_part("printed_board", 100 + n, size_px=160, defect_rate=1.0, design=5) for n in range(8)]
    memory = learn_good_parts(demo, [part.pixels for part in good[:count]], 0)
    hybrid = HybridScorer(demo, memory)
    truth = [False] * 6 + [True] * 8
    pictures = [part.pixels for part in (*good[count:], *bad)]
    before = roc_auc_score(truth, [demo.score(p).score for p in pictures])
    after = roc_auc_score(truth, [hybrid.score(p).score for p in pictures])
    assert memory.check.better or count == 1
    assert not memory.check.better or after >= before - 0.1
    assert count == 1 or after > max(0.7, before)
    assert hybrid.info.good_parts == count
    strongest = max(memory.score_scale.weight, *(scale.weight for scale in memory.scales.values()))
    assert memory.map_scale.weight == strongest
    again = HybridScorer(demo, learn_good_parts(demo, [part.pixels for part in good[:count]], 0))
    assert again.score(pictures[0]).score == hybrid.score(pictures[0]).score


def test_the_more_parts_the_less_is_heard_of_weaker_members() -> None:
    assert steepness(1) == steepness(4) == 1
    assert 1 < steepness(8) < steepness(64) < 3


@pytest.mark.parametrize("parts", [1, 4, 40, 64])
def test_the_heaviest_weights_fit_into_the_file(parts: int, tmp_path: Path) -> None:
    memory = learn_good_parts(_Oracle([]), [_noise(seed) for seed in range(2)], 0)
    heaviest = learn._MOST_DPRIME ** steepness(parts)
    members = {name: replace(scale, weight=heaviest) for name, scale in memory.scales.items()}
    crane = replace(memory.map_scale, weight=heaviest)
    write_good_parts(tmp_path / "a.goodparts", replace(memory, scales=members, map_scale=crane))
    assert read_good_parts(tmp_path / "a.goodparts").map_scale == crane


def test_parts_are_drawn_by_seed(tmp_path: Path) -> None:
    write_dataset(tmp_path, ["cast_surface"], seed=4, good=2, defective=2, size_px=64, train_good=5)
    labelled = read_dataset(tmp_path / "cast_surface").classes[0]
    assert drawn_parts(labelled, 3, 1) == drawn_parts(labelled, 3, 1)
    assert len(drawn_parts(labelled, None, 0)) == 5
    assert {tuple(drawn_parts(labelled, 2, seed)) for seed in range(20)} != {tuple(drawn_parts(labelled, 2, 0))}
    with pytest.raises(InputError, match="too_few_train_good"):
        drawn_parts(labelled, 6, 0)


def test_evaluate_remembers_each_class(tmp_path: Path, demo: CraneScorer) -> None:
    write_dataset(tmp_path, ["cast_surface", "printed_board"], seed=4, good=2, defective=2, size_px=96, train_good=2)
    data = read_dataset(tmp_path)
    told: list[tuple[int, int]] = []
    found, memories = evaluate_with_good_parts(demo, data, 2, 0, on_progress=lambda n, of: told.append((n, of)))
    assert set(found.classes) == set(memories) == {"cast_surface", "printed_board"}
    assert told[-1] == (8, 8)
    assert all(memory.parts == 2 for memory in memories.values())


@pytest.mark.parametrize(("name", "bar"), [("toy_figure", 0.797)])
def test_real_parts_with_training_normals(shared_dir: Path, demo: CraneScorer, name: str, bar: float) -> None:
    """The quickest of the sets; `hybrid_table.py` measures all of them."""
    labelled = read_dataset(shared_dir / "data" / name).classes[0]
    pictures = [sample.pixels() for sample in labelled.train_good[:6]]
    hybrid = HybridScorer(demo, learn_good_parts(demo, pictures, 0))
    some = labelled.test[::3]
    scores = [hybrid.score(sample.pixels()).score for sample in some]
    assert roc_auc_score([not sample.is_good for sample in some], scores) > bar
