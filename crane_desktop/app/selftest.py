"""The self-test: every room does its work once, for real, on this station."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crane_desktop import __version__
from crane_desktop.app.judge import load_judge
from crane_desktop.app.workbench import Workbench
from crane_desktop.camera.sources import make_source
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import Frame
from crane_desktop.domain.station import SourceChoice
from crane_desktop.pipeline.line import Line
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import error_text

_CAMERA_WITHIN_S = 20.0
_LINE_WITHIN_S = 60.0
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


class _CheckFailedError(Exception):
    """A check ran and found the station unfit; its text is the detail."""


def run_selftest(bench: Workbench, pack: str | None) -> list[Check]:
    """Try model, camera layer and the whole line with its log; never raises for a failing part."""
    return [
        _check("model", bench, lambda: _model(bench, pack)),
        _check("camera", bench, _camera),
        _check("line", bench, lambda: _line(bench, pack)),
    ]


def _check(name: str, bench: Workbench, trial: Callable[[], str]) -> Check:
    try:
        return Check(name, True, trial())
    except CraneError as error:
        return Check(name, False, error_text(error, bench.language))
    except _CheckFailedError as error:
        return Check(name, False, str(error))


def _model(bench: Workbench, pack: str | None) -> str:
    """The pack is whole and gives its golden scores here."""
    judge = load_judge(bench, pack, None, lambda _key, _fraction: None)
    judge.scorer.close()
    if judge.unfit is not None:
        raise _CheckFailedError(judge.unfit.detail)
    return f"{judge.scorer.info.pack} {judge.scorer.info.pack_version} ({judge.scorer.info.device})"


def _camera() -> str:
    """Harvesters opens a real producer and delivers a frame: the viky test producer of the genicam wheel."""
    from crane_desktop.camera.genicam.discover import bundled_viky

    viky = bundled_viky()
    if viky is None:
        raise _CheckFailedError("viky.cti")
    source = make_source(SourceChoice(kind="genicam", cti=str(viky)))
    try:
        source.open()
        event = source.next_event(_CAMERA_WITHIN_S)
    finally:
        source.close()
    if not isinstance(event, Frame):
        raise _CheckFailedError(f"viky: {event}")
    return f"viky {event.pixels.shape[1]}x{event.pixels.shape[0]} {event.pixel_format}"


def _line(bench: Workbench, pack: str | None) -> str:
    """Simulated parts go the whole way into a log of their own, and are read back."""
    with tempfile.TemporaryDirectory() as folder:
        data = DataDir(Path(folder))
        data.prepare()
        judge = load_judge(bench, pack, None, lambda _key, _fraction: None)
        log = SqliteInspectionLog(data, keep_images="all")
        line = Line(
            make_source(SourceChoice(kind="demo", frames=_PARTS)),
            judge.scorer,
            judge.recipe,
            log,
            software_version=__version__,
            judge_ready=judge.ready,
        )
        try:
            line.start()
            line.join(_LINE_WITHIN_S)
        finally:
            line.stop(timeout_s=_LINE_WITHIN_S)
            judge.scorer.close()
            log.close()
        with RecordReader(data) as reader:
            rows = reader.page(before=None, limit=_PARTS + 1, verdict=None)
            opened = reader.record(rows[0].record_id) if rows else None
        balance = line.snapshot().balance
    if len(rows) != _PARTS or balance.judged != _PARTS or opened is None or opened.pixels is None:
        raise _CheckFailedError(f"{balance.judged}/{_PARTS} verdicts, {len(rows)} records")
    return f"{_PARTS}/{_PARTS}"
