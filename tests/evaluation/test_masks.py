"""Masks that cannot be meant are refused before anything is scored, and odd ones are told with their share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.evaluation.datasets.masks import look_at_masks
from crane_desktop.settings.texts import error_text

Write = Callable[[Path, NDArray[Any]], None]
PART = np.random.default_rng(0).integers(40, 80, (40, 40), dtype=np.uint8)


def spot(top: int = 10, bottom: int = 16, value: int = 255) -> NDArray[np.uint8]:
    mask = np.zeros((40, 40), np.uint8)
    mask[top:bottom, 8:14] = value
    return mask


@pytest.fixture
def with_mask(write_picture: Write, tmp_path: Path) -> Callable[..., Path]:
    def write(mask: NDArray[Any], good: NDArray[Any] | None = None, suffix: str = ".png") -> Path:
        for name in ("good/000", "scratch/000", "scratch/001"):
            write_picture(tmp_path / "test" / f"{name}.png", PART)
        write_picture(tmp_path / "ground_truth" / "scratch" / "000_mask.png", spot())
        write_picture(tmp_path / "ground_truth" / "scratch" / f"001_mask{suffix}", mask)
        if good is not None:
            write_picture(tmp_path / "ground_truth" / "good" / "000_mask.png", good)
        return tmp_path

    return write


def refusal(place: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        look_at_masks(read_dataset(place))
    assert all(error_text(caught.value, language) for language in ("en", "ja"))
    return caught.value


def test_an_inverted_mask_is_refused_with_its_share(with_mask: Callable[..., Path]) -> None:
    error = refusal(with_mask(255 - spot()))
    assert (error.key, error.params["share"]) == ("training.mask_nearly_all", "98")
    assert str(error.params["mask"]).endswith("001_mask.png")


def test_so_is_one_whose_defect_is_large(with_mask: Callable[..., Path]) -> None:
    """40 % of the part is defective; what is marked is the ground, with the picture's whole rim."""
    mask = np.full((40, 40), 255, np.uint8)
    mask[8:34, 8:34] = 0
    assert refusal(with_mask(mask)).key == "training.mask_nearly_all"


def test_one_that_marks_more_than_half_is_told(with_mask: Callable[..., Path]) -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[4:36, 4:36] = 255
    (remark,) = look_at_masks(read_dataset(with_mask(mask)))
    (told,) = remark.warnings()
    assert (remark.large, told.params["share"]) == (1, "64")
    assert "64 %" in error_text(told, "en")


def test_an_empty_mask_of_a_defective_part_is_told(with_mask: Callable[..., Path]) -> None:
    (remark,) = look_at_masks(read_dataset(with_mask(np.zeros((40, 40), np.uint8))))
    assert (remark.large, remark.blank, len(list(remark.warnings()))) == (0, 1, 1)


def test_a_mask_of_a_good_part_may_mark_nothing(with_mask: Callable[..., Path]) -> None:
    assert look_at_masks(read_dataset(with_mask(spot(), good=np.zeros((40, 40), np.uint8)))) == []
    error = refusal(with_mask(spot(), good=spot()))
    assert (error.key, error.params["share"]) == ("training.mask_of_good_part", "2.2")


def test_a_grey_picture_is_no_mask(with_mask: Callable[..., Path]) -> None:
    picture = np.zeros((40, 40), np.uint8)
    picture[5:25, 5:25] = np.random.default_rng(1).integers(1, 200, (20, 20))
    assert refusal(with_mask(picture)).key == "training.mask_with_shades"


@pytest.mark.parametrize("values", [(1,), (1, 2, 3), (255, 128, 40)])
def test_a_number_for_each_defect_is_a_mask(with_mask: Callable[..., Path], values: tuple[int, ...]) -> None:
    mask = np.zeros((40, 40), np.uint8)
    for number, value in enumerate(values):
        mask[4 * number : 4 * number + 3, 5:20] = value
    assert look_at_masks(read_dataset(with_mask(mask))) == []


def test_a_soft_edge_is_a_mask(with_mask: Callable[..., Path]) -> None:
    mask = spot(5, 30)
    mask[5:30, 14] = np.linspace(1, 254, 25)
    assert look_at_masks(read_dataset(with_mask(mask))) == []


def test_another_size_is_told_before_anything_is_scored(with_mask: Callable[..., Path]) -> None:
    error = refusal(with_mask(spot()[:, :30]))
    assert (error.key, error.params["found"], error.params["wanted"]) == ("training.mask_size", "30 x 40", "40 x 40")


def test_lists_are_looked_at_too(with_mask: Callable[..., Path]) -> None:
    place = with_mask(255 - spot())
    rows = [
        {"img_path": "test/good/000.png", "mask_path": "nowhere.png", "anomaly": 0},
        {"img_path": "test/scratch/001.png", "mask_path": "ground_truth/scratch/001_mask.png", "anomaly": 1},
    ]
    (place / "meta.json").write_text(json.dumps({"test": {"a": rows}}), "utf-8")
    assert refusal(place).key == "training.mask_nearly_all"
