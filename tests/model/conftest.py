"""Small Cranes, and the golden vectors where they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

sys.path.append(str(Path(__file__).parent))  # the helpers lie beside the tests
sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))  # what made the weights

from builders import model_pack
from golden_reference import Golden, read_golden

from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import Crane, new_crane


@pytest.fixture(scope="session")
def small_crane(small_config: Callable[..., CraneConfig]) -> Callable[..., Crane]:
    """Make a frozen Crane of the small size, with weights drawn from a seed."""

    @cache
    def make(variant: str = "crane", context: str = "static", seed: int = 3) -> Crane:
        return new_crane(small_config(variant, context=context), seed).requires_grad_(False).eval()

    return make


@pytest.fixture(scope="session")
def pack(small_crane: Callable[..., Crane], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack that says nothing of itself but its name."""
    return model_pack(tmp_path_factory.mktemp("made") / "small.cranepack", small_crane())


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def golden(shared_dir: Path) -> Golden:
    return read_golden(shared_dir / "golden")
