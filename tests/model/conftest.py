"""Small Cranes, and the golden vectors where they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.append(str(Path(__file__).parent))  # the helpers lie beside the tests

from golden_reference import Golden, read_golden

from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, new_crane

SMALL: dict[str, Any] = {
    "variant": "crane",
    "image_size_px": 56,
    "embed_dim": 32,
    "vision": {"width": 48, "layers": 4, "heads": 3, "patch_size_px": 14, "position_grid": 3},
    "text": {"width": 32, "layers": 3, "heads": 2},
    "dual_from": 1,
    "deep_layers": 2,
}
SMALL_DINO = {"width": 48, "layers": 2, "heads": 3, "patch_size_px": 14}


def _small_config(variant: str = "crane", **changes: Any) -> CraneConfig:
    dino = {"dino": SMALL_DINO} if variant == "crane-plus" else {}
    return CraneConfig.model_validate({**SMALL, "variant": variant, **dino, **changes})


@cache
def _small_crane(variant: str = "crane", context: str = "static", seed: int = 3) -> Crane:
    return new_crane(_small_config(variant, context=context), seed).requires_grad_(False).eval()


@pytest.fixture(scope="session")
def small_config() -> Callable[..., CraneConfig]:
    """Make a configuration of a Crane that runs in milliseconds."""
    return _small_config


@pytest.fixture(scope="session")
def small_crane() -> Callable[..., Crane]:
    """Make a frozen Crane of that size, with weights drawn from a seed."""
    return _small_crane


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden(shared_dir: Path) -> Golden:
    return read_golden(shared_dir / "golden")
