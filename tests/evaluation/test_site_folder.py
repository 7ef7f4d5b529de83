"""A site's own two folders, whatever they are called; everything else is left to the layouts of published sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.settings.texts import error_text

Write = Callable[[Path, NDArray[Any]], None]
GREY = np.zeros((20, 30), np.uint8)


@pytest.mark.parametrize(("good", "bad"), [("good", "defective"), ("良品", "不良品"), ("OK", "NG")])
def test_two_folders_are_a_set(tmp_path: Path, write_picture: Write, good: str, bad: str) -> None:
    site = tmp_path / "ねじ"
    write_picture(site / good / "昼" / "1.png", GREY)
    write_picture(site / good / "2.jpg", GREY)
    write_picture(site / bad / "1.png", GREY)
    (site / bad / "Thumbs.db").write_bytes(b"x")
    dataset = read_dataset(site)
    assert dataset.name == "ねじ"
    samples = list(dataset.samples())
    assert sorted((s.file.name, s.is_good) for s in samples) == [("1.png", False), ("1.png", True), ("2.jpg", True)]
    assert [s.mask((20, 30)) is None for s in samples] == [False, False, True]


def test_drawn_defects_are_found(tmp_path: Path, write_picture: Write) -> None:
    for name in ("good/1.png", "defective/1.png", "defective/2.png", "masks/2_mask.png"):
        write_picture(tmp_path / name, GREY)
    samples = list(read_dataset(tmp_path).samples())
    assert [s.mask_file is not None for s in samples] == [False, False, True]
    write_picture(tmp_path / "masks" / "9.png", GREY)
    with pytest.raises(InputError) as caught:
        read_dataset(tmp_path)
    assert caught.value.key == "training.mask_without_image"


@pytest.mark.parametrize("empty", ["good", "defective"])
def test_an_empty_label_is_told(tmp_path: Path, write_picture: Write, empty: str) -> None:
    for name in {"good", "defective"} - {empty}:
        write_picture(tmp_path / name / "1.png", GREY)
    (tmp_path / empty).mkdir()
    with pytest.raises(InputError) as caught:
        read_dataset(tmp_path)
    assert caught.value.key == "training.no_pictures_in"
    assert str(tmp_path / empty) in error_text(caught.value, "en")


def test_other_layouts_are_read_as_ever(tmp_path: Path, write_spots: Callable[..., Path]) -> None:
    assert read_dataset(write_spots(tmp_path / "set")).classes[0].has_masks
    with pytest.raises(InputError) as caught:
        read_dataset(tmp_path / "absent")
    assert caught.value.key == "training.no_dataset"
