"""What the tests of the log share: a data folder, and parts that were judged."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crane_desktop.domain.frames import Frame, FrameOrigin, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement, Region
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.migrate import prepare_database
from crane_desktop.settings.data_dir import DataDir

BEGIN = datetime(2026, 3, 31, 23, 59, 58, 123456, tzinfo=UTC)
PLACE = Placement(2.0, 1.0, 12.0, 10.0)
LoadedModel = Callable[..., LogEntry]
_REASONS = {
    Verdict.OK: ReasonCode.BELOW_THRESHOLD,
    Verdict.NG: ReasonCode.SCORE_OVER_THRESHOLD,
    Verdict.REVIEW: ReasonCode.REGION_IN_REVIEW_BAND,
    Verdict.NONE: ReasonCode.LATE,
}


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """A prepared data folder whose path is as awkward as paths get."""
    folder = DataDir(tmp_path / "検査 ライン１" / "a%20?b#c")
    folder.prepare()
    return folder


@pytest.fixture(scope="session")
def made_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log without entries, made once: copying it is ten times faster than running the migrations."""
    folder = DataDir(tmp_path_factory.mktemp("log"))
    folder.prepare()
    prepare_database(folder.log_file)
    return folder.log_file


@pytest.fixture
def with_log(data: DataDir, made_log: Path) -> DataDir:
    """The data folder with a log in it that has no entries yet."""
    shutil.copy(made_log, data.log_file)
    return data


@pytest.fixture
def log(data: DataDir, with_log: DataDir) -> Iterator[SqliteInspectionLog]:
    """The log in the data folder, open, which keeps every picture."""
    with closing(SqliteInspectionLog(with_log, keep_images="all")) as opened:
        yield opened


@pytest.fixture
def judged() -> LoadedModel:
    """Make the entry of one judged part: ``judged(number, verdict, pictures=..., original=..., **changes)``."""

    def make(
        number: int = 1,
        verdict: Verdict = Verdict.NG,
        *,
        pictures: bool = True,
        original: Any = None,
        colour: bool = True,
        pixel_format: str = "RGB8",
        **changes: Any,
    ) -> LogEntry:
        random = np.random.default_rng(number)
        moment = BEGIN + timedelta(seconds=number)
        origin = FrameOrigin(number, "folder:ライン", moment, 10**9 + number, file=f"部品{number}.png")
        inspection = Inspection(
            origin=changes.pop("origin", origin),
            verdict=verdict,
            reason=Reason(_REASONS[verdict], "detail"),
            judged_by=JudgedBy("既定", 3, "demo", "1.0", "ab" * 32, "0.1.0", "cpu", True),
            decided_at=changes.pop("decided_at", moment),
            latency_ms=12.5,
            score=0.75 if verdict in (Verdict.NG, Verdict.NONE) else 0.25,
            threshold=0.5,
            regions=(Region(4.0, 0.9, PLACE, ((1.0, 2.0), (3.0, 2.0), (3.0, 4.0))),),
            pixel_format=pixel_format,
            **changes,
        )
        if not pictures:
            return LogEntry(inspection, None, None)
        shape = (16, 20, 3) if colour else (16, 20)
        pixels = sealed_pixels(random.integers(0, 256, shape, dtype=np.uint8))
        values = random.random((5, 6), dtype=np.float32)
        frame = Frame(pixels, origin, pixel_format, original)
        return LogEntry(inspection, frame, AnomalyMap(values, PLACE))

    return make
