"""Every fault of the virtual camera in every state of the line: the balance, no false OK, bounded time.

``python tests/fault_campaign.py [--json]`` runs the whole matrix (minutes) and prints the table; needs gcc.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from virtual_camera import FOLDER_VARIABLE, VirtualCamera, VirtualCameras, build
from virtual_scene import View, expected_rows

from crane_desktop.camera.genicam import link
from crane_desktop.camera.genicam import source as source_module
from crane_desktop.camera.genicam.reconnect import ReconnectingSource
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.events import Event
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import LogEntry, ScorerInfo
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.line import Line
from crane_desktop.recipe.model import Recipe, Thresholds

STATES = ("opening", "waiting for trigger", "streaming free", "streaming triggered", "stopping")
FAULTS: dict[str, tuple[str, str | None]] = {
    "dropped ids": ("drop 3", None),
    "repeated ids": ("repeat 2", None),
    "incomplete": ("incomplete 2", None),
    "late": ("late 300 1", None),
    "garbage": ("garbage 2", None),
    "stall": ("stall", "resume"),
    "lost and back": ("lose", "return id=elsewhere"),
    "access denied": ("deny on", "deny off"),
    "in use": ("busy on", "busy off"),
    "payload size": ("payload_size 100", "payload_size off"),
    "slow reads": ("slow GCReadPort 60", "slow GCReadPort 0"),
    "event fails": ("fail EventGetData -1010", "fail EventGetData 0"),
    "start fails": ("fail DSStartAcquisition -1010", "fail DSStartAcquisition 0"),
    "write fails": ("fail GCWritePort -1005", "fail GCWritePort 0"),
    "event hangs": ("hang EventGetData", "hang off"),
    "open hangs": ("hang IFOpenDevice", "hang off"),
    "stop hangs": ("hang DSStopAcquisition", "hang off"),
    "close hangs": ("hang DevClose", "hang off"),
    "enumeration hangs": ("hang IFUpdateDeviceList", "hang off"),
    "driver crashes": ("crash EventGetData", "crash EventGetData off"),
    "crash at start": ("crash DSStartAcquisition", "crash DSStartAcquisition off"),
}
_SIZE = {"sensor_width": 64, "sensor_height": 48}
_FAULT_LASTS_S = 0.5
_HANG_LASTS_S = 3.0  # longer than a hanging driver is borne with
_RECOVERS_WITHIN_S = 20.0
_STOPS_WITHIN_S = 15.0
_RECIPE = Recipe(
    name="campaign", version=1, thresholds=Thresholds(score_review=0.4, score_ng=0.6, map_review=0.8, map_ng=0.9)
)


@dataclass(frozen=True)
class Cell:
    """What came of one fault in one state.

    Attributes
    ----------
    exact
        frames = verdicts + losses, nothing pending, and as many records as verdicts.
    false_oks
        OK verdicts on anything but the exact picture that the camera took.
    went_on
        Whether parts were judged OK after the fault; None where the run ended with it.
    stopped
        Whether all threads ended within their bound.
    """

    fault: str
    state: str
    frames: int
    ok: int
    none: int
    losses: int
    exact: bool
    false_oks: int
    went_on: bool | None
    stopped: bool
    seconds: float

    @property
    def good(self) -> bool:
        """Whether everything is as promised."""
        return self.exact and not self.false_oks and self.stopped


class _AlwaysGood:
    """A model that finds every picture good: an OK is then wrong only where the line let a fault through."""

    @property
    def info(self) -> ScorerInfo:
        return ScorerInfo("good", "1", "ab" * 32, "crane", "full", 64, "cpu", "fp32", for_demonstration=True)

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        height, width = pixels.shape[:2]
        return Scored(0.1, AnomalyMap(np.full((2, 2), 0.1, np.float32), Placement(0, 0, width, height)))

    def close(self) -> None:
        return


class _Log:
    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def append(self, entries: Sequence[LogEntry | Event], timeout_s: float = 10.0) -> list[int]:
        self.entries += [entry for entry in entries if isinstance(entry, LogEntry)]
        return list(range(1, len(entries) + 1))

    def oks(self) -> list[LogEntry]:
        return [entry for entry in self.entries if entry.inspection.verdict is Verdict.OK]

    def false_oks(self) -> int:
        """Count OKs whose picture is not the one of its block id, and pictures that were judged twice."""
        wrong = 0
        seen: set[tuple[int | None, int | None]] = set()
        for entry in self.oks():
            origin, frame = entry.inspection.origin, entry.frame
            mark = (origin.block_id, origin.device_timestamp_ns)
            right = frame is not None and np.array_equal(
                frame.pixels, expected_rows(View(64, 48, sensor_width=64), (origin.block_id or 0) - 1, "Mono8")
            )
            wrong += not right or mark in seen
            seen.add(mark)
        return wrong


def run_cell(fault: str, state: str, cti: Path, folder: Path) -> Cell:
    """Run one cell with a camera of its own in `folder`."""
    os.environ[FOLDER_VARIABLE] = str(folder)
    camera = VirtualCameras(cti, folder).add(
        "VC1", {"AcquisitionFrameRate": 60.0, "ExposureTime": 500.0}, reference_exposure_us=500, **_SIZE
    )
    trigger = {"waiting for trigger": "hardware", "streaming triggered": "software"}.get(state, "free")
    log = _Log()
    source = ReconnectingSource(GenicamSource(str(cti), "VC1", trigger=trigger))
    line = Line(source, _AlwaysGood(), _RECIPE, log, software_version="campaign")
    began_s = time.monotonic()
    went_on = _drive(line, log, camera, state, *FAULTS[fault])
    stopped = line.stop(_STOPS_WITHIN_S)
    balance = line.snapshot().balance
    return Cell(
        fault=fault,
        state=state,
        frames=balance.frames,
        ok=balance.verdicts.get(Verdict.OK, 0),
        none=balance.verdicts.get(Verdict.NONE, 0),
        losses=balance.lost,
        exact=balance.pending == 0 and len(log.entries) == balance.judged,
        false_oks=log.false_oks(),
        went_on=went_on,
        stopped=stopped,
        seconds=round(time.monotonic() - began_s, 2),
    )


def _drive(line: Line, log: _Log, camera: VirtualCamera, state: str, on: str, off: str | None) -> bool | None:
    if state == "opening":
        camera.send(on)
    line.start()
    if state != "opening":
        if state == "waiting for trigger":
            camera.wait_for("acquisition_start", within_s=20.0)
        else:
            _until(lambda: len(log.oks()) >= 3)
        camera.send(on)
    if state == "stopping":
        line.request_stop()
        return None
    time.sleep(_HANG_LASTS_S if on.startswith("hang") else _FAULT_LASTS_S)
    if off is not None:
        camera.send(off)
    before = len(log.oks())

    def went_on() -> bool:
        if state == "waiting for trigger":
            camera.send("pulse Line1 1 2 20")
        return line.snapshot().finished or len(log.oks()) >= before + 3

    return _until(went_on) and len(log.oks()) >= before + 3


def _until(true: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + _RECOVERS_WITHIN_S
    while not true():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


def be_impatient() -> None:
    """Let a hanging driver count as such soon, or the matrix takes hours."""
    for module in (source_module, link):
        module.HANG_AFTER_S = 1.5
    source_module._REOPEN_SILENT_S = 3.0


def main() -> None:
    """Run the whole matrix and print it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--only", default="", help="a word in the faults to run")
    given = options.parse_args()
    be_impatient()
    cells: list[Cell] = []
    with tempfile.TemporaryDirectory() as name:
        cti = build(Path(name) / "producer")
        for fault in (fault for fault in FAULTS if given.only in fault):
            for state in STATES:
                cell = run_cell(fault, state, cti, Path(name) / f"{len(cells)}")
                cells.append(cell)
                words = [str(value) for value in asdict(cell).values()]
                line = json.dumps(asdict(cell)) if given.json else "| " + " | ".join(words) + " |"
                print(line, flush=True)
    bad = [cell for cell in cells if not cell.good]
    print(f"{len(cells)} cells, {len(bad)} not good", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
