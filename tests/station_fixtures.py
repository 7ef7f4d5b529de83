"""What tests of whole commands and use cases share: folders of pictures, the log's truth, threads that must be gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path

import cv2
import numpy as np
import pytest
from eventually import eventually

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.app.station.live_station import LiveStation
from crane_desktop.camera.genicam.discover import bundled_viky
from crane_desktop.domain.alarms import head_line
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.station import StationView
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir

__all__ = ["log_of", "no_thread_is_left", "pictures", "station", "viky", "workbench"]

PAGE = 100_000


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Whatever a test does, the program's threads are gone soon after."""
    before = set(threading.enumerate())
    yield

    def left() -> list[str]:
        return [t.name for t in threading.enumerate() if t not in before and t.name.startswith("crane")]

    eventually(lambda: not left(), what=left)


@pytest.fixture(scope="session")
def viky() -> Path:
    """The test producer of the genicam wheel: three simulated cameras."""
    found = bundled_viky()
    assert found is not None
    return found


@pytest.fixture
def workbench(station_dir: Path) -> Iterator[Workbench]:
    """The opened data folder of a station with the tiny pack."""
    yield open_workbench(station_dir)
    stop_logs()


@pytest.fixture
def station(workbench: Workbench) -> Iterator[LiveStation]:
    """The station behind the window, of the real rooms; it leaves no process behind."""
    made = LiveStation(workbench)
    yield made
    made.close()
    assert active_children() == []


@pytest.fixture
def log_of() -> Callable[[Path], list[HistoryRow]]:
    """Read the whole log of a data folder, oldest first."""

    def read(folder: Path) -> list[HistoryRow]:
        data = DataDir(folder)
        data.prepare()
        with RecordReader(data) as reader:
            return reader.page(limit=PAGE)[::-1]

    return read


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Six good pictures of every kind the folder source takes, with Japanese names."""
    folder = tmp_path / "画像 フォルダー"
    folder.mkdir()
    random = np.random.default_rng(5)
    colour = random.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    deep = random.integers(0, 65536, (60, 80), dtype=np.uint16)
    kinds = {
        "01-部品.png": colour,
        "02-部品.jpg": colour,
        "03-部品.bmp": colour[:, :, 0],
        "04-部品.tif": colour,
        "05-深い.png": deep,
        "06-深い.tiff": np.dstack((deep, deep, deep)),
    }
    for name, picture in kinds.items():
        written, data = cv2.imencode(Path(name).suffix, picture)
        assert written
        (folder / name).write_bytes(data.tobytes())
    (folder / "読んで.txt").write_text("no picture", encoding="utf-8")
    return folder


def alarm_of(view: StationView) -> CraneError | None:
    """Return what the alarm bar would say."""
    head = head_line(view.alarms)
    return None if head is None else head.error
