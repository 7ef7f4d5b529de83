"""A sample of the fault campaign, and of stopping in every order. The whole of both: the scripts beside this file."""

from __future__ import annotations

import threading
from multiprocessing import active_children
from pathlib import Path

import pytest
from fault_campaign import FAULTS, STATES, run_cell
from stress_cycles import ORDERS, Leftovers, run_cycle
from virtual_camera import FOLDER_VARIABLE, VirtualCameras

from crane_desktop.camera.genicam import link
from crane_desktop.camera.genicam import source as source_module

SAMPLE = [
    ("lost and back", "streaming free"),
    ("event hangs", "streaming triggered"),
    ("driver crashes", "waiting for trigger"),
    ("access denied", "opening"),
    ("stop hangs", "stopping"),
    ("garbage", "streaming triggered"),
    ("repeated ids", "streaming free"),
]


@pytest.mark.parametrize(("fault", "state"), SAMPLE)
def test_a_fault_in_a_state(
    fault: str, state: str, virtual_cti: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fault in FAULTS
    assert state in STATES
    for module in (source_module, link):
        monkeypatch.setattr(module, "HANG_AFTER_S", 1.0)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cameras"))
    threads = set(threading.enumerate())
    cell = run_cell(fault, state, virtual_cti, tmp_path / "cameras")
    assert cell.good, cell
    if state not in ("opening", "stopping"):
        assert cell.went_on, cell
    assert active_children() == []
    assert set(threading.enumerate()) <= threads


def test_stop_unplug_close_and_quit_in_every_order(virtual_cameras: VirtualCameras) -> None:
    camera = virtual_cameras.add("VC1", {"AcquisitionFrameRate": 60.0}, sensor_width=64, sensor_height=48)
    before = Leftovers.now()
    for order in ORDERS:
        run_cycle(order, virtual_cameras.cti, camera)
    left = Leftovers.now()
    assert (left.threads, left.children, left.memory) == (before.threads, before.children, before.memory)
    assert left.handles <= before.handles + 2
