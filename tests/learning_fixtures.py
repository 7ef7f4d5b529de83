"""Small Cranes, small labelled sets, and a scorer whose answers are known: fixtures of the rooms that learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, new_crane
from crane_desktop.model.manifest import About, Licence, Words
from crane_desktop.model.packing import write_pack
from crane_desktop.recipe.thresholds import Thresholds

__all__ = ["_one_thread", "base_pack", "bright", "small_crane", "write_picture", "write_spots"]


def _write_picture(path: Path, pixels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())


def _write_spots(folder: Path, *, good: int = 6, spotted: int = 6, masks: bool = True, seed: int = 0) -> Path:
    """Write a class of grey noise; defective parts have a bright square, which the mask marks."""
    rng = np.random.default_rng(seed)
    for number in range(good):
        _write_picture(folder / "test" / "good" / f"{number:03d}.png", rng.integers(40, 80, (56, 56), dtype=np.uint8))
    for number in range(spotted):
        part, mask = rng.integers(40, 80, (56, 56), dtype=np.uint8), np.zeros((56, 56), np.uint8)
        y, x = rng.integers(0, 28, 2)
        part[y : y + 28, x : x + 28] += 150
        mask[y : y + 28, x : x + 28] = 255
        _write_picture(folder / "test" / "spot" / f"{number:03d}.png", part)
        if masks:
            _write_picture(folder / "ground_truth" / "spot" / f"{number:03d}_mask.png", mask)
    return folder


class _BrightnessScorer:
    """Says that what is bright is odd: perfect on `spots`."""

    info = ScorerInfo("bright", "1", "0" * 64, "crane", "full", 56, "cpu", "float32", False)

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        luma = pixels if pixels.ndim == 2 else pixels @ np.array([0.299, 0.587, 0.114])
        grey = luma.astype(np.float32) / np.float32(255)
        height, width = grey.shape
        return Scored(float(grey.mean()), AnomalyMap(grey, Placement(0, 0, width, height)))

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def small_crane(small_config: Callable[..., CraneConfig]) -> Callable[..., Crane]:
    """Make a frozen Crane of the small size, with weights drawn from a seed."""

    @cache
    def make(variant: str = "crane", context: str = "static", seed: int = 3) -> Crane:
        crane = new_crane(small_config(variant, context=context), seed).requires_grad_(False).eval()
        if crane.dino is not None:
            # Untrained DINOv2 finds all patches of a grey part alike, which is no answer; places tell them apart.
            crane.dino.pos_embed.normal_(generator=torch.Generator().manual_seed(seed))
        return crane

    return make


@pytest.fixture(scope="session")
def base_pack(tmp_path_factory: pytest.TempPathFactory, small_crane: Callable[..., Crane]) -> Callable[..., Path]:
    """Make a pack of such a Crane, with thresholds and a golden picture of its own."""

    @cache
    def make(variant: str = "crane", context: str = "static", precision: Any = "float32") -> Path:
        path = tmp_path_factory.mktemp("base") / "base.cranepack"
        about = About(
            name="base",
            description=Words(en="base", ja="元"),
            backbones={"clip": "drawn from a seed"},
            licences=(Licence(part="all", spdx="MIT", attribution="nobody"),),
            for_demonstration=True,
            thresholds=Thresholds(score_review=0.4, score_ng=0.5, map_review=0.4, map_ng=0.5),
            provenance={"origin": "a seed"},
        )
        golden = [np.random.default_rng(8).integers(0, 256, (40, 60, 3), dtype=np.uint8)]
        write_pack(path, about, small_crane(variant, context), golden, precision=precision)
        return path

    return make


@pytest.fixture(scope="session")
def write_picture() -> Callable[[Path, NDArray[Any]], None]:
    """Write a picture file, whatever its path."""
    return _write_picture


@pytest.fixture(scope="session")
def write_spots() -> Callable[..., Path]:
    """Write a labelled class that is easy to judge."""
    return _write_spots


@pytest.fixture
def bright() -> _BrightnessScorer:
    return _BrightnessScorer()


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
