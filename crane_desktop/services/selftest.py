"""The self-test: every room does its work once, for real, on this station."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import EndOfFrames, Frame
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import verify_log
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.run import prepare_run
from crane_desktop.services.sources import make_source
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.texts import error_text, text

_CAMERA_WITHIN_S = 20.0
_FRAME_WITHIN_S = 2.0
_LINE_WITHIN_S = 60.0
_PARTS = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StationCheck:
    """One thing that was tried."""

    name: str
    ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Return the check as JSON."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


class _CheckFailedError(Exception):
    """A check ran and found the station unfit; its text is the detail."""


def run_selftest(workbench: Workbench, pack: str | None) -> list[StationCheck]:
    """Try model, camera layer, the station's log, and the whole line; never raises for a failing part."""
    models: list[LoadedModel] = []
    try:
        return [
            _check("model", workbench, lambda: _model(workbench, pack, models)),
            _check("camera", workbench, _camera),
            _check("log", workbench, lambda: _log_file(workbench)),
            _check("line", workbench, lambda: _line(models)),
        ]
    finally:
        for model in models:
            model.scorer.close()


def _check(name: str, workbench: Workbench, trial: Callable[[], str]) -> StationCheck:
    try:
        return StationCheck(name, True, trial())
    except CraneError as error:
        return StationCheck(name, False, error_text(error, workbench.language))
    except _CheckFailedError as error:
        return StationCheck(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a part of the station does, the other checks are still made
        _log.critical("the self-test's check %s failed unexpectedly", name, exc_info=error)
        return StationCheck(name, False, text("services.check_failed", workbench.language))


def _model(workbench: Workbench, pack: str | None, models: list[LoadedModel]) -> str:
    """The pack is whole and gives its golden scores here."""
    model = load_model(workbench, pack, None, lambda _key, _fraction: None, whole_proof=True)
    models.append(model)
    unfit = model.ready()
    if unfit is not None:
        raise _CheckFailedError(unfit.detail)
    return f"{model.scorer.info.pack} {model.scorer.info.pack_version} ({model.scorer.info.device})"


def _camera() -> str:
    """Harvesters opens a real producer and delivers a frame: the viky test producer of the genicam wheel."""
    from crane_desktop.camera.genicam.discover import bundled_viky

    viky = bundled_viky()
    if viky is None:
        raise _CheckFailedError("viky.cti")
    source = make_source(SourceChoice(kind="genicam", cti=str(viky)))
    until_s = time.monotonic() + _CAMERA_WITHIN_S
    try:
        source.open()
        while not isinstance(event := source.next_event(_FRAME_WITHIN_S), Frame):
            if isinstance(event, EndOfFrames) or time.monotonic() > until_s:
                raise _CheckFailedError(f"viky: {event}")
    finally:
        source.close()
    return f"viky {event.pixels.shape[1]}x{event.pixels.shape[0]} {event.pixel_format}"


def _log_file(workbench: Workbench) -> str:
    """The station's own log opens and can be read."""
    with RecordReader(workbench.data) as reader:
        return str(reader.stats()["records"])


def _line(models: list[LoadedModel]) -> str:
    """Simulated parts go the whole way into a log of their own, which is then proven and read back."""
    if not models:
        raise _CheckFailedError("-")
    with tempfile.TemporaryDirectory() as folder:
        data = DataDir(Path(folder))
        data.prepare()
        balance = _run_parts(models[0], data)
        with RecordReader(data) as reader:
            rows = reader.page(before=None, limit=_PARTS + 1, verdict=None)
            opened = reader.record(rows[0].record_id) if rows else None
        proof = verify_log(data)
    if proof.error is not None:
        raise proof.error
    if {proof.records, len(rows), balance.judged} != {_PARTS} or opened is None or opened.pixels is None:
        raise _CheckFailedError(f"{balance.judged}/{_PARTS} verdicts, {len(rows)} records")
    return f"{_PARTS}/{_PARTS}"


def _run_parts(model: LoadedModel, data: DataDir) -> Balance:
    with closing(SqliteInspectionLog(data, keep_images="all", reserve_mb=0)) as log:
        run = prepare_run(RecipeStore(data), SourceChoice(kind="demo", frames=_PARTS), model, log)
        try:
            run.line.start()
            run.line.join(_LINE_WITHIN_S)
        finally:
            run.stop(timeout_s=_LINE_WITHIN_S)
        return run.line.snapshot().balance
