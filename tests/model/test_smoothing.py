"""Our Gaussian is scipy's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from crane_desktop.model.smoothing import Smoother


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.floats(0.3, 8.0), st.integers(0, 2**16))
def test_like_scipy_even_where_the_kernel_is_wider_than_the_map(size: int, sigma: float, seed: int) -> None:
    given_map = np.random.default_rng(seed).random((size, size), dtype=np.float32)
    ours = Smoother(size, sigma, torch.device("cpu"))(torch.from_numpy(given_map)).numpy()
    assert np.abs(ours - gaussian_filter(given_map, sigma)).max() < 2e-6


def test_batches_and_autocast_change_nothing() -> None:
    maps = torch.rand(3, 20, 20, generator=torch.Generator().manual_seed(0))
    smooth = Smoother(20, 2.0, torch.device("cpu"))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        together = smooth(maps)
    assert torch.allclose(together, torch.stack([smooth(m) for m in maps]), atol=1e-6)
    assert together.sum().item() == pytest.approx(maps.sum().item(), rel=1e-5)
