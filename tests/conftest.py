"""Fixtures that all rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real images and golden vectors beside the checkout, or a skip."""
    folder = Path(os.environ.get("CRANE_SHARED_DIR", Path(__file__).resolve().parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the shared data folder, absent here: {folder}")
    return folder
