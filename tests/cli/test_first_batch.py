"""``first-batch``: the odd parts of a folder stand first, in words, as JSON and as pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import grey_parts, picture_folder
from PIL import Image

Crane = Callable[..., Any]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty parts of noise; a bright disc lies on the fourth."""
    parts = grey_parts(20, side=64)
    rows, columns = np.ogrid[:64, :64]
    parts[3][(rows - 24) ** 2 + (columns - 40) ** 2 < 100] = 230
    return picture_folder(tmp_path_factory.mktemp("初回"), parts)


def test_the_odd_part_comes_first_with_its_place_marked(
    crane: Crane, station_dir: Path, batch: Path, tmp_path: Path
) -> None:
    maps = tmp_path / "地図"
    done = crane("first-batch", "--json", batch, "--maps", maps, "--data-dir", station_dir)
    assert done.code == 0
    (told,) = done.objects
    assert told["parts"][0]["file"] == "004.png"
    assert told["suspects"][0] == "004.png"
    names = sorted(file.name for file in maps.iterdir())
    assert names[0] == "001 004.png.png"
    assert len(names) == 20
    marked = np.asarray(Image.open(maps / names[0])).astype(int)
    plain = np.asarray(Image.open(batch / "004.png")).astype(int)
    changed = np.abs(marked - plain[..., None]).max(-1) > 8
    assert marked.shape == (64, 64, 3)
    assert changed[24, 40]
    assert not changed[50:, :16].any()


def test_pictures_of_an_earlier_batch_stay_unless_they_may_go(
    crane: Crane, station_dir: Path, batch: Path, tmp_path: Path
) -> None:
    done = crane("first-batch", batch, "--maps", tmp_path, "--data-dir", station_dir)
    assert done.code == 2
    assert not done.out
    assert not list(tmp_path.glob("*.png"))


def test_for_people_it_is_a_line_a_part_and_a_sentence(crane: Crane, station_dir: Path, batch: Path) -> None:
    done = crane("first-batch", batch, "--data-dir", station_dir)
    lines = done.out.splitlines()
    assert lines[0].split()[:3][0] == "1"
    assert "004.png" in lines[0]
    assert len(lines) >= 21
    assert "004.png" in lines[20]
