"""A pack's answers lie on disk picture by picture, and a part of them is what the part alone would have given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning_fixtures import _BrightnessScorer
from numpy.typing import NDArray

from crane_desktop.decision.rule import decide
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import Sample, read_dataset
from crane_desktop.evaluation.pack_scores import PackScores, score_pictures
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.thresholds import Thresholds

LIMITS = Thresholds(score_review=0.25, score_ng=0.3, map_review=2, map_ng=2)


@pytest.fixture(scope="module")
def samples(write_spots: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Six good pictures, six drawn ones, and one that nobody drew."""
    place = write_spots(tmp_path_factory.mktemp("set"), good=6, spotted=7)
    (place / "ground_truth" / "spot" / "006_mask.png").unlink()
    return list(read_dataset(place).samples())


@pytest.fixture(scope="module")
def brightness() -> Scorer:
    return _BrightnessScorer()


def answers(scorer: Scorer, samples: list[Sample], folder: Path, rule: Recipe | None = None) -> PackScores:
    folder.mkdir(exist_ok=True)
    return score_pictures(scorer, samples, folder, rule or Recipe(name="r"), lambda *_: None)


def test_every_picture_is_asked_once_and_told(bright: Scorer, samples: list[Sample], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    found = score_pictures(bright, samples, tmp_path, Recipe(name="r"), lambda done, of: told.append((done, of)))
    assert told[-1] == (13, 13)
    assert [of for _, of in told] == [13] * len(told)
    assert found.scores.tolist() == [bright.score(sample.pixels()).score for sample in samples]
    assert found.masks == 6
    assert [t is None for t in found.tallies].count(True) == 1
    assert found.verdicts is None


def test_verdicts_are_those_of_the_line(bright: Scorer, samples: list[Sample], tmp_path: Path) -> None:
    rule = Recipe(name="r", thresholds=LIMITS)
    found = answers(bright, samples, tmp_path, rule)
    expected = [decide(bright.score(sample.pixels()), rule).verdict.value for sample in samples]
    assert found.verdicts == expected
    assert len(set(expected)) > 1


@settings(max_examples=4, deadline=None)
@given(wanted=st.lists(st.booleans(), min_size=13, max_size=13).map(lambda kept: [*kept[:6], True, *kept[7:]]))
def test_some_of_the_pictures_say_what_they_say_alone(
    brightness: Scorer, samples: list[Sample], tmp_path_factory: pytest.TempPathFactory, wanted: list[bool]
) -> None:
    folder = tmp_path_factory.mktemp("all")
    some = answers(brightness, samples, folder, Recipe(name="r", thresholds=LIMITS)).only(np.array(wanted))
    few = [sample for sample, keep in zip(samples, wanted, strict=True) if keep]
    alone = answers(brightness, few, folder / "alone", Recipe(name="r", thresholds=LIMITS))
    assert some.samples == alone.samples
    assert some.scores.tolist() == alone.scores.tolist()
    assert some.verdicts == alone.verdicts
    assert some.masks == alone.masks
    assert [t is None for t in some.tallies] == [t is None for t in alone.tallies]
    assert np.array_equal(some.pixels.counts.sum(axis=1), alone.pixels.counts.sum(axis=1))


def test_both_packs_see_the_same_drawn_pictures(bright: Scorer, samples: list[Sample], tmp_path: Path) -> None:
    one, other = answers(bright, samples, tmp_path / "1"), answers(bright, samples, tmp_path / "2")
    first, second = one.pixel_draws(7), other.pixel_draws(7)
    assert set(first) >= {"auroc", "aupro", "f1_max"}
    for name, draws in first.items():
        assert np.array_equal(draws, second[name])
    assert not np.array_equal(one.pixel_draws(8)["auroc"], first["auroc"]) or np.ptp(first["auroc"]) == 0


@pytest.mark.parametrize("kept", ["good", "defective"])
def test_one_label_alone_has_no_drawn_figures(bright: Scorer, samples: list[Sample], tmp_path: Path, kept: str) -> None:
    only: NDArray[np.bool_] = np.array([sample.is_good == (kept == "good") for sample in samples])
    assert answers(bright, samples, tmp_path).only(only).pixel_draws(0) == {}
