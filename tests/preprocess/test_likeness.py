"""Copies of a picture are known whatever was done to the file; two parts are never one, however alike."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from crane_desktop.preprocess.likeness import Likeness, first_of_its_kind, grid
from crane_desktop.simulation import draw_part

Picture = NDArray[np.uint8]


def part(number: int, kind: str = "machined_metal") -> Picture:
    return draw_part(kind, 7000 + number, size_px=256, defect_rate=0.0, design=3).pixels


def noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(0).integers(-4, 5, picture.shape)
    return np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)


def jpeg(picture: Picture) -> Picture:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file))


def brighter(picture: Picture) -> Picture:
    return np.clip(picture.astype(int) + 1, 0, 255).astype(np.uint8)


def smaller(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((width * 3 // 4, height * 3 // 4), Image.Resampling.BOX))


def grey(picture: Picture) -> Picture:
    return np.asarray(Image.fromarray(picture).convert("L"))


@pytest.mark.parametrize("change", [noisy, jpeg, brighter, smaller, grey])
def test_a_changed_file_is_the_same_part(change: Callable[[Picture], Picture]) -> None:
    whole = part(1)
    assert Likeness.of(whole).copies(Likeness.of(change(whole)))


@pytest.mark.parametrize("kind", ["machined_metal", "solar_cell", "woven", "printed_board"])
def test_parts_of_one_design_are_not_one(kind: str) -> None:
    assert first_of_its_kind([Likeness.of(part(n, kind)) for n in range(6)]) == list(range(6))


def test_a_part_is_no_copy_of_itself_with_a_defect() -> None:
    whole = part(2)
    scratched = whole.copy()
    scratched[100:108, 60:140] = 255 - scratched[100:108, 60:140]
    assert not Likeness.of(whole).copies(Likeness.of(scratched))


def test_plain_surfaces_cannot_be_told_apart_and_are_no_copies() -> None:
    draw = np.random.default_rng(0)
    plain = [np.full((256, 256), 90, np.uint8), *draw.integers(85, 95, (2, 256, 256), dtype=np.uint8)]
    assert first_of_its_kind([Likeness.of(picture) for picture in plain]) == [0, 1, 2]


def test_copies_are_told_by_the_first_of_their_kind() -> None:
    one, other = part(3), part(4)
    pictures = [one, other, noisy(one), jpeg(other), part(5), brighter(one)]
    assert first_of_its_kind([Likeness.of(picture) for picture in pictures]) == [0, 1, 0, 1, 4, 0]


def test_a_slow_drift_does_not_make_one_of_many_parts() -> None:
    first, last = part(6).astype(float), part(7).astype(float)
    drift = [Likeness.of((first + (last - first) * t).astype(np.uint8)) for t in np.linspace(0, 1, 41)]
    kinds = first_of_its_kind(drift)
    assert kinds[1] == 0, "each is like the next"
    assert len(set(kinds)) > 5


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_cells_keep_the_pictures_proportions_and_are_few(height: int, width: int) -> None:
    columns, rows = grid(height, width)
    assert 1 <= columns <= 256
    assert 1 <= rows <= 256
    if 1 / 16 < width / height < 16:
        assert columns / rows == pytest.approx(width / height, rel=0.04 * max(columns / rows, rows / columns) + 0.02)


def test_pictures_of_other_proportions_are_other_parts() -> None:
    assert not Likeness.of(part(8)).copies(Likeness.of(part(8)[:, :120]))
