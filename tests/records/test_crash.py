"""A program killed at any moment loses no verdict that it acknowledged, and leaves no half-written picture."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from crane_desktop.records.database import connect
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import verify_log
from crane_desktop.settings.data_dir import DataDir

_KILLS = 8
_WRITER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from crane_desktop.domain.frames import Frame, FrameOrigin, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.settings.data_dir import DataDir

data = DataDir(Path(sys.argv[1]))
log = SqliteInspectionLog(data, keep_images="all")
pixels = sealed_pixels(np.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=np.uint8))
values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
number = 0
while True:
    batch = []
    for _ in range(3):
        number += 1
        origin = FrameOrigin(number, "demo:kill", datetime.now(UTC), time.monotonic_ns())
        inspection = Inspection(
            origin, Verdict.NG, Reason(ReasonCode.SCORE_OVER_THRESHOLD),
            JudgedBy("r", 1, "p", "1", "0", "0", "cpu"), datetime.now(UTC), 1.0, score=0.5,
        )
        batch.append(LogEntry(inspection, Frame(pixels, origin), AnomalyMap(values, Placement(0, 0, 160, 120))))
    ids = log.append(batch)
    print(*ids, flush=True)
"""


def _run_and_kill(root: Path, after_s: float) -> list[int]:
    """Let a writer run for `after_s` from its first acknowledgement; return the ids it acknowledged."""
    child = subprocess.Popen([sys.executable, "-c", _WRITER, str(root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(after_s)
    child.kill()
    rest, _ = child.communicate(timeout=60)
    lines = (first + rest).splitlines(keepends=True)
    return [int(word) for line in lines if line.endswith("\n") for word in line.split()]


def _named(data: DataDir) -> set[str]:
    connection = connect(data.log_file, "ro")
    try:
        return {path for row in connection.execute("SELECT image_path, map_path FROM records") for path in row if path}
    finally:
        connection.close()


@pytest.mark.slow
def test_kill_9(data: DataDir) -> None:
    moments = random.Random(20260331)
    acknowledged: list[int] = []
    for _ in range(_KILLS):
        acknowledged += _run_and_kill(data.root, moments.uniform(0.0, 0.15))
    assert len(acknowledged) == len(set(acknowledged)) >= 3 * _KILLS

    SqliteInspectionLog(data, keep_images="all").close()
    with RecordReader(data) as reader:
        found = {row.record_id for row in reader.page(limit=10**6)}
        assert set(acknowledged) <= found
        # At most the batch in flight at each kill is there without having been acknowledged.
        assert len(found) <= len(acknowledged) + 3 * _KILLS
        assert all(reader.record(record_id).pixels is not None for record_id in found)
    files = {p.relative_to(data.records).as_posix() for p in data.images.rglob("*") if p.is_file()}
    assert files == _named(data)
    assert verify_log(data).findings == ()
    whole = [cv2.imdecode(np.frombuffer((data.records / name).read_bytes(), np.uint8), -1) for name in files]
    assert all(picture is not None for picture in whole)
    connection = connect(data.log_file, "ro")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()
