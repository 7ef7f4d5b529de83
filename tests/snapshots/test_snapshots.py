"""The look of what depends on no font, against reference pictures, in this process and in a fresh one.

After a wanted change: ``QT_QPA_PLATFORM=offscreen python tests/snapshots/drawings.py tests/snapshots/reference``,
then look at every picture that git says has changed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import DRAWINGS
from PySide6.QtGui import QImage

REFERENCE = Path(__file__).parent / "reference"
LEVELS, SHARE = 1, 0.995


def colours(image: QImage) -> Any:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def alike(one: QImage, other: QImage) -> float:
    """Return the share of pixels that differ by at most one level; 0 where the sizes differ."""
    a, b = colours(one), colours(other)
    return float(np.mean(np.abs(a - b).max(axis=2) <= LEVELS)) if a.shape == b.shape else 0.0


@pytest.fixture(scope="module")
def drawn_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    script = Path(__file__).with_name("drawings.py")
    subprocess.run([sys.executable, str(script), str(folder)], check=True, timeout=120, env=environment)
    return folder


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_it_looks_as_agreed(qapp: Any, name: str) -> None:
    wanted = QImage(str(REFERENCE / f"{name}.png"))
    assert not wanted.isNull()
    assert alike(DRAWINGS[name](), wanted) >= SHARE


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_it_looks_the_same_in_a_fresh_process(drawn_elsewhere: Path, name: str) -> None:
    drawn = QImage(str(drawn_elsewhere / f"{name}.png"))
    assert alike(drawn, QImage(str(REFERENCE / f"{name}.png"))) >= SHARE


def test_no_reference_is_left_over_and_all_are_small() -> None:
    files = {path.stem: path.stat().st_size for path in REFERENCE.glob("*.png")}
    assert set(files) == set(DRAWINGS)
    assert sum(files.values()) < 300_000


def test_the_comparison_can_fail(qapp: Any) -> None:
    for one, other in (("stage_hot", "stage_cold"), ("stage_cold", "stage_bare"), ("sign_ok_live", "sign_ng_live")):
        assert alike(QImage(str(REFERENCE / f"{one}.png")), QImage(str(REFERENCE / f"{other}.png"))) < SHARE
