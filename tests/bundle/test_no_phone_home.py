"""The frozen program phones nobody: the same job as from source, every socket but loopback refused and noted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from network_guard import Guard, Program, build, main_job

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the guard is preloaded, which Windows has no way for")


@pytest.fixture
def frozen(bundle: Path, tmp_path: Path) -> Program:
    """The frozen program under the guard, with its own demo pack."""
    home = tmp_path / "検査員"
    home.mkdir()
    environment = {
        "CRANE_DATA_DIR": str(home / "データ"),
        "CRANE_LANGUAGE": "en",
        "OMP_NUM_THREADS": "1",
        "HOME": str(home),
    }
    guard = Guard(build(tmp_path), tmp_path / "network.log")
    return Program((str(bundle / "crane-inspector"),), (str(bundle / "CraneInspector"),), environment, guard)


def test_the_main_job_reaches_for_nobody(frozen: Program, bundle: Path, tmp_path: Path) -> None:
    main_job(frozen, (), bundle / "_internal" / "genicam" / "viky.cti", tmp_path / "work")
    frozen.run("pack", "verify", "demo")
    assert frozen.guard.attempts == []
    assert len(frozen.guard.guarded) > 18


def test_the_window_reaches_for_nobody(frozen: Program) -> None:
    frozen.show()
    assert frozen.guard.attempts == []
    assert frozen.guard.guarded
