"""Evaluation: figures by class, their mean, and nothing hidden."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.evaluation.evaluate import FIGURES, ClassFigures, Evaluation, evaluate
from crane_desktop.settings.texts import error_text

Spots = Callable[..., Path]


class Wrapped:
    """A scorer whose answers a test bends."""

    def __init__(self, scorer: Scorer, bend: Callable[[Scored, int], Scored]) -> None:
        self.info = scorer.info
        self._scorer = scorer
        self._bend = bend
        self.calls = 0

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        self.calls += 1
        return self._bend(self._scorer.score(pixels), self.calls)

    def close(self) -> None:
        pass


def test_a_scorer_that_sees_everything(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    figures = evaluate(bright, read_dataset(write_spots(tmp_path / "部品", good=4, spotted=5))).as_dict()
    assert set(figures) == {"classes", "mean", "mean_intervals_95"}
    assert figures["mean"] == dict.fromkeys(FIGURES, pytest.approx(1.0))
    nothing_but_auroc = dict.fromkeys(FIGURES) | {"image_auroc": pytest.approx((0.61, 1.0), abs=0.01)}
    assert figures["mean_intervals_95"] == nothing_but_auroc
    row = figures["classes"]["部品"]
    assert {k: row[k] for k in FIGURES} == figures["mean"]
    counts = {"images": 9, "good": 4, "defective": 5, "masks": 5, "unanswered": 0, "blank_masks": 0}
    assert {k: row[k] for k in counts} == counts
    assert row["image_auroc_interval_95"] == pytest.approx((0.61, 1.0), abs=0.01)
    assert row["intervals_missing"] == {
        **dict.fromkeys(FIGURES[1:-1], "too_few_pictures"),
        "pixel_auroc_defective_only": "all_draws_agree",
    }
    json.dumps(figures, allow_nan=False)


def test_a_scorer_that_is_wrong_throughout(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    def upside_down(scored: Scored, _call: int) -> Scored:
        values = 1 - scored.anomaly_map.values
        return Scored(1 - scored.score, replace(scored.anomaly_map, values=values))

    mean = evaluate(Wrapped(bright, upside_down), read_dataset(write_spots(tmp_path))).as_dict()["mean"]
    assert mean["image_auroc"] == 0
    assert mean["pixel_auroc"] == pytest.approx(0, abs=1e-9)
    assert mean["pixel_aupro"] == pytest.approx(0, abs=1e-9)


def test_the_mean_is_over_the_classes_that_have_the_figure(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    write_spots(tmp_path / "a", masks=True)
    write_spots(tmp_path / "b", masks=False, seed=1)
    found = evaluate(bright, read_dataset(tmp_path)).as_dict()
    assert list(found["classes"]) == ["a", "b"]
    assert [found["classes"][c]["pixel_aupro"] for c in "ab"] == [pytest.approx(1.0), None]
    assert found["mean"]["pixel_aupro"] == pytest.approx(1.0)


def test_without_masks_pixel_figures_are_null(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    mean = evaluate(bright, read_dataset(write_spots(tmp_path, masks=False))).as_dict()["mean"]
    assert [mean[k] for k in FIGURES] == [1.0, 1.0, 1.0, None, None, None, None]


def test_the_mean_is_an_arithmetic_mean() -> None:
    row = ClassFigures(0.5, 0.4, None, None, None, None, None, 2, 1, 1, 0, 0)
    both = Evaluation({"a": row, "b": replace(row, image_auroc=1.0, pixel_aupro=0.2)})
    assert both.mean() == {
        "image_auroc": 0.75,
        "image_ap": 0.4,
        "image_f1_max": None,
        "pixel_auroc": None,
        "pixel_aupro": 0.2,
        "pixel_f1_max": None,
        "pixel_auroc_defective_only": None,
    }
    assert both.mean_intervals_95() == dict.fromkeys(FIGURES)


def test_defects_that_nobody_drew_are_left_out_of_the_pixel_figures(
    bright: Scorer, write_spots: Spots, tmp_path: Path
) -> None:
    place = write_spots(tmp_path, good=3, spotted=4)
    for number in (0, 2):
        (place / "ground_truth" / "spot" / f"{number:03d}_mask.png").unlink()
    row = next(iter(evaluate(bright, read_dataset(place)).classes.values()))
    assert (row.images, row.masks) == (7, 2)
    assert row.pixel_auroc == pytest.approx(1.0)


@pytest.mark.parametrize("what", ["score", "map"])
def test_pictures_without_an_answer_are_counted(bright: Scorer, write_spots: Spots, tmp_path: Path, what: str) -> None:
    def silent_once(scored: Scored, call: int) -> Scored:
        if call != 2:
            return scored
        if what == "score":
            return Scored(math.nan, scored.anomaly_map)
        values = scored.anomaly_map.values.copy()
        values[0, 0] = np.nan
        return Scored(scored.score, replace(scored.anomaly_map, values=values))

    row = next(iter(evaluate(Wrapped(bright, silent_once), read_dataset(write_spots(tmp_path))).classes.values()))
    assert (row.images, row.good, row.unanswered) == (11, 5, 1)
    assert row.image_auroc == 1.0


def test_a_model_that_never_answers_has_no_figures(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    mute = Wrapped(bright, lambda scored, _call: Scored(math.nan, scored.anomaly_map))
    row = next(iter(evaluate(mute, read_dataset(write_spots(tmp_path))).classes.values()))
    assert [getattr(row, k) for k in FIGURES] == [None] * len(FIGURES)
    assert (row.images, row.unanswered) == (0, 12)


def test_maps_are_measured_at_the_masks_size(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    def coarse(scored: Scored, _call: int) -> Scored:
        blocks = scored.anomaly_map.values.reshape(8, 7, 8, 7).mean(axis=(1, 3))
        return Scored(scored.score, replace(scored.anomaly_map, values=blocks))

    fine = evaluate(bright, read_dataset(write_spots(tmp_path))).mean()["pixel_auroc"]
    rough = evaluate(Wrapped(bright, coarse), read_dataset(tmp_path)).mean()["pixel_auroc"]
    assert fine is not None
    assert rough is not None
    assert 0.97 < rough < fine


def test_an_unreadable_picture_is_named(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    broken = write_spots(tmp_path / "箱") / "test" / "spot" / "003.png"
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(InputError) as caught:
        evaluate(bright, read_dataset(tmp_path / "箱"))
    assert str(broken) in error_text(caught.value, "ja")


def test_progress_is_told_over_all_classes(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    write_spots(tmp_path / "a", good=1, spotted=2)
    write_spots(tmp_path / "b", good=2, spotted=1)
    told: list[tuple[int, int]] = []
    evaluate(bright, read_dataset(tmp_path), on_progress=lambda done, of: told.append((done, of)))
    assert told == [(n, 6) for n in range(1, 7)]


#: AUROC of the mean brightness on the real sets, from an independent script (BASELINES.md, S0, "mean"; either way up).
BRIGHTNESS = {"deeppcb": 0.50, "elpv_mono": 0.64, "toy_figure": 0.89, "cookie": 0.52}


@pytest.mark.shared
@pytest.mark.parametrize("name", BRIGHTNESS)
def test_real_sets(shared_dir: Path, bright: Scorer, name: str) -> None:
    place = shared_dir / "data" / name
    if not place.is_dir():
        pytest.skip(f"no {place}")
    found: dict[str, Any] = evaluate(bright, read_dataset(place)).as_dict()["classes"][name]
    area = found["image_auroc"]
    assert max(area, 1 - area) == pytest.approx(BRIGHTNESS[name], abs=0.006)
    assert (found["pixel_auroc"] is None) == (name in {"elpv_mono", "toy_figure"})
