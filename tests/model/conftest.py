"""Small Cranes, and the golden vectors where they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

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


@dataclass(frozen=True)
class Golden:
    """The golden vectors' folder, read."""

    folder: Path
    inputs: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]
    extra: dict[str, np.ndarray]
    manifest: dict[str, Any]

    def state(self, name: str) -> dict[str, torch.Tensor]:
        tensors = load_file(self.folder / f"tiny_{name}.safetensors")
        return {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}


@pytest.fixture(scope="session")
def golden(shared_dir: Path) -> Golden:
    folder = shared_dir / "golden"
    arrays = {n: dict(np.load(folder / f"tiny_{n}.npz", allow_pickle=False)) for n in ("inputs", "expected", "extra")}
    manifest = json.loads((folder / "tiny_manifest.json").read_text(encoding="utf-8"))
    return Golden(folder, arrays["inputs"], arrays["expected"], arrays["extra"], manifest)
